import AdapterCore
import Platform

/// Takes messages from one queue of a file.
///
/// Whoever claims messages writes a number of his own beside them; only who has that number can
/// settle them. A claim is one transaction, and so is a settlement.
final class SQLiteMessageConsumer: MessageConsumer {
  /// How often an idle consumer looks whether the file has changed: first and at last.
  private static let shortPause = Duration.milliseconds(5)
  private static let longPause = Duration.milliseconds(50)

  /// How often it looks whether the file is still the one that its path names.
  private static let fileCheck = Duration.seconds(1)

  /// Bytes of bodies that are claimed together at most.
  private static let claimBytes: Int64 = 4 << 20

  private let owner: SQLiteMessageQueue
  private let cache: StatementCache
  private let queue: SQLiteMessageQueue.Queue
  private let group: SQLiteMessageQueue.Queue.Group
  /// In milliseconds.
  private let lease: Int64
  /// Whether it listens only: nothing is given up on its account.
  private let isTap: Bool
  /// Where it is known by its row: nil for the usual consumer.
  private let presence: SQLitePresence?
  /// The messages that are not settled, with the number of their claim.
  private var held: [Int64: Int64] = [:]
  private var nextFileCheck = MonotonicInstant.now.advanced(by: fileCheck)

  init(
    _ owner: SQLiteMessageQueue, _ queue: SQLiteMessageQueue.Queue,
    _ group: SQLiteMessageQueue.Queue.Group, _ options: ConsumerOptions, isTap: Bool = false,
    _ presence: SQLitePresence? = nil
  ) {
    self.owner = owner
    self.queue = queue
    self.group = group
    self.isTap = isTap
    self.presence = presence
    cache = owner.cache
    lease = options.lease?.inMilliseconds ?? queue.lease
  }

  /// Gives back what was not settled.
  func close() {
    let settlements = held.map { message, token in
      Settlement(
        DeliveryReceipt(id: String(message), token: String(token, radix: 36)), .release)
    }
    // Where it fails the leases end by themselves.
    _ = try? settle(settlements)
    held = [:]
  }

  // MARK: Taking

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    // Who does not wait is told the truth, however long it takes.
    let mayEnd = !limit.isPassed
    while true {
      try owner.operation.cancellation.check()
      try presence?.renewIfDue(cache)
      let version = try dataVersion()
      let claim = try isSomethingDue() ? self.claim(count) : Claim()
      if !claim.deliveries.isEmpty { return claim.deliveries }
      if limit.isPassed && (mayEnd || !claim.isCutShort) { return [] }
      if claim.isCutShort {
        SQLiteMessageQueue.letOthersWrite()
      } else {
        let renewal = Deadline(instant: presence?.nextRenewal)
        try waitForChange(since: version, until: limit.earlier(of: renewal))
      }
    }
  }

  /// Looks without a lock for writing, so that idle consumers are in nobody's way.
  private func isSomethingDue() throws(AdapterError) -> Bool {
    let found = try cache.first(
      """
      SELECT EXISTS (SELECT 1 FROM nb_queue_delivery WHERE consumers = ?1 AND state = 0)
        OR EXISTS (
          SELECT 1 FROM nb_queue_delivery WHERE consumers = ?1 AND state IN (1, 2) AND due <= ?2)
        OR EXISTS (
          SELECT 1 FROM nb_queue_delivery WHERE consumers = ?1
            AND expires_at IS NOT NULL AND state <> 2 AND expires_at <= ?2)
      """, [.int(group.id), .int(millisecondsSince1970())])
    if found?.first?.integer == 1 { return true }
    // A queue that is deleted under its consumers must not look like an empty one.
    guard
      try cache.first("SELECT 1 FROM nb_queue_group WHERE id = ?1", [.int(group.id)]) != nil
    else {
      if isTap, try isQueueThere() { throw .lostTap }
      throw .deletedQueue(queue.name)
    }
    return false
  }

  private func isQueueThere() throws(AdapterError) -> Bool {
    try cache.first("SELECT 1 FROM nb_queue WHERE id = ?1", [.int(queue.id)]) != nil
  }

  /// What came of a transaction.
  private struct Claim {
    var deliveries: [Delivery] = []
    /// Whether there was so much to put in order that nothing was claimed yet.
    var isCutShort = false
  }

  private func claim(_ count: Int) throws(AdapterError) -> Claim {
    let claim = try owner.database.transaction(.write) { () throws(AdapterError) in
      let now = millisecondsSince1970()
      guard try makeDueReady(now: now), try buryExpired(now: now) else {
        return Claim(isCutShort: true)
      }
      let token = Int64.random(in: 0..<(1 << 60))
      return Claim(
        deliveries: try nextMessages(count).map { message throws(AdapterError) in
          try self.claim(message, token: token, now: now)
        })
    }
    for delivery in claim.deliveries {
      guard let (message, token) = Self.numbers(of: delivery.receipt) else { continue }
      held[message] = token
    }
    return claim
  }

  /// What was delayed, or handed out and forgotten; false when there may be more of it.
  private func makeDueReady(now: Int64) throws(AdapterError) -> Bool {
    try cache.run(
      """
      UPDATE nb_queue_delivery SET state = 0, token = NULL
      WHERE consumers = ?1 AND message IN (
        SELECT message FROM nb_queue_delivery
        WHERE consumers = ?1 AND state IN (1, 2) AND due <= ?2 ORDER BY due LIMIT ?3)
      """, [.int(group.id), .int(now), .int(Int64(SQLiteDeliveries.batch))])
      < SQLiteDeliveries.batch
  }

  /// The messages that are to be handed out next: at most `count`, and no more than fit in memory well,
  /// but one at least.
  private func nextMessages(_ count: Int) throws(AdapterError) -> [Int64] {
    var messages: [Int64] = []
    var bytes: Int64 = 0
    // SQLite knows a body's length without reading it.
    try cache.rows(
      """
      SELECT d.message, length(m.body)
      FROM nb_queue_delivery d JOIN nb_queue_message m ON m.id = d.message
      WHERE d.consumers = ?1 AND d.state = 0 ORDER BY d.rank, d.message LIMIT ?2
      """, [.int(group.id), .int(Int64(count))]
    ) { row in
      bytes += row[1].integer ?? 0
      guard messages.isEmpty || bytes <= Self.claimBytes else { return }
      messages.append(row[0].integer ?? 0)
    }
    return messages
  }

  private func claim(
    _ message: Int64, token: Int64, now: Int64
  ) throws(AdapterError) -> Delivery {
    try cache.run(
      """
      UPDATE nb_queue_delivery SET state = 2, attempts = attempts + 1, token = ?3, due = ?4
      WHERE message = ?1 AND consumers = ?2
      """, [.int(message), .int(group.id), .int(token), .int(now + lease)])
    let row = try cache.first(
      """
      SELECT d.attempts, \(MessageColumns.qualifiedNames)
      FROM nb_queue_message m JOIN nb_queue_delivery d ON d.message = m.id AND d.consumers = ?2
      WHERE m.id = ?1
      """, [.int(message), .int(group.id)])
    guard let row else {
      throw AdapterError(.bug, "message \(message) is gone while it is claimed")
    }
    let (content, publishedAt) = MessageColumns.read(row, from: 1)
    return Delivery(
      receipt: DeliveryReceipt(id: String(message), token: String(token, radix: 36)),
      queue: queue.name, message: content, attempt: Int(row[0].integer ?? 0),
      publishedAt: publishedAt,
      leaseEnd: MonotonicInstant.now.advanced(by: .milliseconds(lease)))
  }

  /// False when there may be more of them.
  private func buryExpired(now: Int64) throws(AdapterError) -> Bool {
    var expired: [Int64] = []
    try cache.rows(
      """
      SELECT message FROM nb_queue_delivery
      WHERE consumers = ?1 AND expires_at IS NOT NULL AND state <> 2 AND expires_at <= ?2
      ORDER BY expires_at LIMIT ?3
      """, [.int(group.id), .int(now), .int(Int64(SQLiteDeliveries.batch))]
    ) { row in expired.append(row[0].integer ?? 0) }
    for message in expired { try bury(message, reason: "expired", output: nil, now: now) }
    return expired.count < SQLiteDeliveries.batch
  }

  // MARK: Waiting

  /// Changes whenever another connection has written to the file; costs no lock.
  private func dataVersion() throws(AdapterError) -> Int64 {
    try cache.first("PRAGMA data_version")?.first?.integer ?? 0
  }

  /// Waits until the file has changed, a message's time has come, or `limit` passed.
  private func waitForChange(since version: Int64, until limit: Deadline) throws(AdapterError) {
    let due = try cache.first(
      "SELECT min(due) FROM nb_queue_delivery WHERE consumers = ?1 AND state IN (1, 2)",
      [.int(group.id)])?.first?.integer
    var pause = Self.shortPause
    while true {
      var wait = min(pause, limit.remaining ?? pause)
      if let due {
        let left = due - millisecondsSince1970()
        guard left > 0 else { return }
        wait = min(wait, .milliseconds(left))
      }
      try owner.operation.sleep(for: wait)
      if limit.isPassed { return }
      if nextFileCheck <= .now {
        try owner.checkFile()
        nextFileCheck = MonotonicInstant.now.advanced(by: Self.fileCheck)
      }
      if try dataVersion() != version { return }
      pause = min(pause * 2, Self.longPause)
    }
  }

  // MARK: Settling

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    guard !settlements.isEmpty else { return [] }
    let isOwn = try write { () throws(AdapterError) in
      let now = millisecondsSince1970()
      var isOwn: [Bool] = []
      isOwn.reserveCapacity(settlements.count)
      for settlement in settlements { isOwn.append(try settle(settlement, now: now)) }
      return isOwn
    }
    for settlement in settlements {
      guard let (message, token) = Self.numbers(of: settlement.receipt) else { continue }
      if held[message] == token { held[message] = nil }
    }
    return isOwn
  }

  /// A transaction that a signal does not end: what was taken is put in order after one too.
  private func write<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try owner.unstoppably { () throws(AdapterError) in
      try owner.database.transaction(.write, body)
    }
  }

  private static func numbers(of receipt: DeliveryReceipt) -> (message: Int64, token: Int64)? {
    guard let message = Int64(receipt.id), let token = Int64(receipt.token, radix: 36) else {
      return nil
    }
    return (message, token)
  }

  private func settle(_ settlement: Settlement, now: Int64) throws(AdapterError) -> Bool {
    guard let (message, token) = Self.numbers(of: settlement.receipt) else { return false }
    let own: [Value] = [.int(message), .int(group.id), .int(token)]
    switch settlement.outcome {
    case .acknowledge: return try remove(message, own: own, now: now)
    case .retry(let wait):
      return try hand(back: own, due: now + wait.inMilliseconds, now: now, uncounted: 0)
    case .release: return try hand(back: own, due: now, now: now, uncounted: 1)
    case .deadLetter(let reason, let output):
      guard try isHeld(own) else { return false }
      try bury(message, reason: reason, output: output, now: now)
      return true
    }
  }

  private static let isOwn = "message = ?1 AND consumers = ?2 AND token = ?3 AND state = 2"

  private func isHeld(_ own: [Value]) throws(AdapterError) -> Bool {
    try cache.first("SELECT 1 FROM nb_queue_delivery WHERE \(Self.isOwn)", own) != nil
  }

  private func hand(
    back own: [Value], due: Int64, now: Int64, uncounted: Int64
  ) throws(AdapterError) -> Bool {
    let state = due > now ? SQLiteQueueSchema.State.delayed : SQLiteQueueSchema.State.ready
    return try cache.run(
      """
      UPDATE nb_queue_delivery
      SET state = ?4, due = ?5, token = NULL, attempts = attempts - ?6 WHERE \(Self.isOwn)
      """, own + [.int(Int64(state)), .int(due), .int(uncounted)]) == 1
  }

  private func remove(_ message: Int64, own: [Value], now: Int64) throws(AdapterError) -> Bool {
    guard
      let row = try cache.first(
        "DELETE FROM nb_queue_delivery WHERE \(Self.isOwn) RETURNING fifo_group", own)
    else { return false }
    try deliveries.cleanUp(
      behind: message, of: group.id, fifoGroup: row[0].string, now: now)
    return true
  }

  private var deliveries: SQLiteDeliveries { SQLiteDeliveries(cache) }

  /// Makes a message a dead letter.
  private func bury(
    _ message: Int64, reason: String, output: String?, now: Int64
  ) throws(AdapterError) {
    try cache.run(
      """
      INSERT INTO nb_queue_dead (
        message, queue, consumers, died_at, attempts, reason, output, \(MessageColumns.names))
      SELECT d.message, m.queue, d.consumers, ?3, d.attempts, ?4, ?5,
        \(MessageColumns.qualifiedNames)
      FROM nb_queue_delivery d JOIN nb_queue_message m ON m.id = d.message
      WHERE d.message = ?1 AND d.consumers = ?2
      """, [.int(message), .int(group.id), .int(now), .text(reason), Value(output)])
    let row = try cache.first(
      "DELETE FROM nb_queue_delivery WHERE message = ?1 AND consumers = ?2 RETURNING fifo_group",
      [.int(message), .int(group.id)])
    try deliveries.cleanUp(
      behind: message, of: group.id, fifoGroup: row?[0].string, now: now)
  }

  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    guard !receipts.isEmpty else { return [] }
    return try write { () throws(AdapterError) in
      let now = millisecondsSince1970()
      let end = MonotonicInstant.now.advanced(by: .milliseconds(lease))
      var ends: [MonotonicInstant?] = []
      for receipt in receipts {
        let changed = try cache.run(
          "UPDATE nb_queue_delivery SET due = ?4 WHERE \(Self.isOwn)",
          [
            .int(Int64(receipt.id) ?? 0), .int(group.id),
            .int(Int64(receipt.token, radix: 36) ?? 0), .int(now + lease),
          ])
        ends.append(changed == 1 ? end : nil)
      }
      return ends
    }
  }
}
