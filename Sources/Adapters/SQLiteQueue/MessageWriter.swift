import AdapterCore
import Platform

/// Writes messages into a queue, within a transaction.
struct MessageWriter {
  /// How many copies of a tap whose listener died go with each publishing, which is not to blame.
  private static let copiesOfTheDead = 100

  private let cache: StatementCache
  private let queue: SQLiteMessageQueue.Queue
  /// The groups that get the messages.
  private let groups: [Int64]
  private let taps: [Int64]
  /// Milliseconds since 1970.
  private let now: Int64

  /// Takes a part of a tap away whose listener is gone.
  init(_ cache: StatementCache, _ queue: SQLiteMessageQueue.Queue) throws(AdapterError) {
    self.cache = cache
    self.queue = queue
    let now = millisecondsSince1970()
    self.now = now
    groups = queue.groups.map(\.id)
    taps = queue.taps.filter { $0.expiresAt > now }.map(\.id)
    if let dead = queue.taps.first(where: { $0.expiresAt <= now }) {
      _ = try SQLiteDeliveries(cache).removeSome(ofTap: dead.id, count: Self.copiesOfTheDead)
    }
  }

  func publish(_ message: Message) throws(AdapterError) -> PublishReceipt {
    if let key = message.deduplicationKey, let known = try remembered(key) {
      return PublishReceipt(id: String(known), isDuplicate: true)
    }
    let id = try insert(message)
    if let key = message.deduplicationKey { try remember(key, id) }
    var delivery = NewDelivery(
      message: id, due: message.delay.map { now + $0.inMilliseconds } ?? now,
      priority: Int64(message.priority), fifoGroup: message.group,
      expiresAt: (message.timeToLive?.inMilliseconds ?? queue.timeToLive).map { now + $0 })
    for group in groups { try hand(delivery, to: group) }
    // A tap hears of messages whatever becomes of them.
    delivery.expiresAt = nil
    for tap in taps { try hand(delivery, to: tap) }
    return PublishReceipt(id: String(id))
  }

  private func insert(_ message: Message) throws(AdapterError) -> Int64 {
    let row = try cache.first(
      """
      INSERT INTO nb_queue_message (
        queue, published_at, priority, fifo_group, dedupe_key, content_type, headers, body)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id
      """,
      [
        .int(queue.id), .int(now), .int(Int64(message.priority)), Value(message.group),
        Value(message.deduplicationKey), Value(message.contentType),
        Value(MessageHeader.json(message.headers)),
      ], last: message.body)
    guard let id = row?.first?.integer else {
      throw AdapterError(.bug, "a message was inserted and has no number")
    }
    return id
  }

  /// Makes a dead letter a message again, for the group that gave it up; false when it is gone.
  ///
  /// Its key is left out: it is this message that is wanted again, whatever was published meanwhile.
  func replay(_ letter: Int64, of consumers: Int64) throws(AdapterError) -> Bool {
    let row = try cache.first(
      """
      INSERT INTO nb_queue_message (
        queue, published_at, priority, fifo_group, content_type, headers, body)
      SELECT queue, ?3, priority, fifo_group, content_type, headers, body
      FROM nb_queue_dead WHERE message = ?1 AND consumers = ?2 RETURNING id, priority, fifo_group
      """, [.int(letter), .int(consumers), .int(now)])
    guard let row, let id = row[0].integer else { return false }
    try hand(
      NewDelivery(
        message: id, due: now, priority: row[1].integer ?? 0, fifoGroup: row[2].string,
        expiresAt: queue.timeToLive.map { now + $0 }), to: consumers)
    return true
  }

  /// What is to be handed out, once.
  private struct NewDelivery {
    var message: Int64
    var due: Int64
    var priority: Int64
    var fifoGroup: String?
    var expiresAt: Int64?
  }

  /// Makes the message one that the group's consumers get.
  private func hand(_ delivery: NewDelivery, to group: Int64) throws(AdapterError) {
    var state = delivery.due > now ? SQLiteQueueSchema.State.delayed : SQLiteQueueSchema.State.ready
    if let fifoGroup = delivery.fifoGroup {
      let earlier = try cache.first(
        "SELECT 1 FROM nb_queue_delivery WHERE consumers = ?1 AND fifo_group = ?2 LIMIT 1",
        [.int(group), .text(fifoGroup)])
      if earlier != nil { state = SQLiteQueueSchema.State.blocked }
    }
    try cache.run(
      """
      INSERT INTO nb_queue_delivery (
        message, consumers, state, due, rank, attempts, fifo_group, expires_at)
      VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)
      """,
      [
        .int(delivery.message), .int(group), .int(Int64(state)), .int(delivery.due),
        .int(-delivery.priority), Value(delivery.fifoGroup),
        delivery.expiresAt.map { .int($0) } ?? .null,
      ])
  }

  // MARK: Deduplication

  /// Forgets keys whose time is over: once before messages with keys are published.
  func forgetOldKeys() throws(AdapterError) {
    try cache.run(
      """
      DELETE FROM nb_queue_key WHERE queue = ?1 AND key IN (
        SELECT key FROM nb_queue_key WHERE queue = ?1 AND until <= ?2 LIMIT ?3)
      """, [.int(queue.id), .int(now), .int(Int64(SQLiteDeliveries.batch))])
  }

  private func remembered(_ key: String) throws(AdapterError) -> Int64? {
    try cache.first(
      "SELECT message FROM nb_queue_key WHERE queue = ?1 AND key = ?2 AND until > ?3",
      [.int(queue.id), .text(key), .int(now)])?.first?.integer
  }

  private func remember(_ key: String, _ id: Int64) throws(AdapterError) {
    try cache.run(
      "INSERT OR REPLACE INTO nb_queue_key (queue, key, message, until) VALUES (?1, ?2, ?3, ?4)",
      [.int(queue.id), .text(key), .int(id), .int(now + queue.deduplicationWindow)])
  }
}
