import AdapterCore
import Platform

/// The queues of one SQLite file.
final class SQLiteMessageQueue: MessageQueue {
  /// A queue with its groups of consumers.
  struct Queue {
    struct Group {
      var id: Int64
      /// Empty: the queue's own consumers.
      var name: String
    }

    var id: Int64
    var name: String
    /// In milliseconds.
    var lease: Int64
    var timeToLive: Int64?
    var deduplicationWindow: Int64
    var groups: [Group]
    /// Groups that listen to what is published, until they expire.
    var taps: [Tap]
    /// Whether it goes with its consumer.
    var isTemporary: Bool

    struct Tap {
      var id: Int64
      /// Milliseconds since 1970.
      var expiresAt: Int64
    }
  }

  let database: any SQLDatabase
  let cache: StatementCache
  let operation: OperationContext
  /// The database's own, which follows the operation's but for what must be put in order.
  private let cancellation: Cancellation
  /// What the path led to.
  private let file: FileStatus.Identity?
  private var isKnownToHoldQueues = false

  init(
    _ database: any SQLDatabase, _ operation: OperationContext, _ cancellation: Cancellation
  ) {
    self.database = database
    self.operation = operation
    self.cancellation = cancellation
    cache = StatementCache(database)
    file = Self.identity(of: database)
  }

  /// Runs `body` to its end, whatever signal comes.
  func unstoppably<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try cancellation.shielding(body)
  }

  /// Between transactions that follow one another: who waits for the lock looks every few
  /// milliseconds whether it is free.
  static func letOthersWrite() { sleepFor(.milliseconds(2)) }

  // MARK: The file

  /// Throws `data` for tables of another layout.
  func hasQueues() throws(AdapterError) -> Bool {
    if !isKnownToHoldQueues { isKnownToHoldQueues = try SQLiteQueueSchema.exists(in: database) }
    return isKnownToHoldQueues
  }

  /// What is committed is on the disk.
  func makeDurable() throws(AdapterError) {
    if try database.rows("PRAGMA journal_mode").first?.first != .text("wal") {
      try database.execute("PRAGMA journal_mode=wal")
    }
    try database.execute("PRAGMA synchronous=full")
  }

  /// Throws `notFound` when the path does not lead to the file any more that is open: what others
  /// publish would never arrive.
  func checkFile() throws(AdapterError) {
    guard file == nil || Self.identity(of: database) != file else { return }
    throw AdapterError(
      .notFound, "\(displayName) was removed, or another file has taken its place",
      hint: "begin anew with the file that is there now")
  }

  private static func identity(of database: any SQLDatabase) -> FileStatus.Identity? {
    database.localFiles.first.flatMap { try? FileStatus(path: $0).identity }
  }

  var displayName: String { database.displayName }

  func support(for feature: QueueFeature) -> FeatureSupport {
    switch feature {
    case .delay, .fifoGroups, .deadLetters, .peek, .tap, .lease, .leaseExtension, .release,
      .list:
      FeatureSupport(.native)
    case .priority: FeatureSupport(.native, "any number, whatever a queue was created with")
    case .ttl: FeatureSupport(.native, "what expired is a dead letter")
    case .dedupe: FeatureSupport(.native, "within the queue's window")
    case .consumerGroups: FeatureSupport(.native, "each gets what is published after it was made")
    case .durability: FeatureSupport(.native, "journal_mode=wal, synchronous=full")
    case .routing: FeatureSupport(.unsupported, "messages are routed by the queue's name")
    }
  }

  func ping() throws(AdapterError) { try database.ping() }

  func close() { database.close() }

  // MARK: Queues

  func queues() throws(AdapterError) -> [String] {
    guard try hasQueues() else { return [] }
    var names: [String] = []
    try cache.rows(
      "SELECT name FROM nb_queue WHERE expires_at IS NULL OR expires_at > ?1 ORDER BY name",
      [.int(millisecondsSince1970())]
    ) { row in names.append(row[0].string ?? "") }
    return names
  }

  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError) {
    if try hasQueues() {
      try deleteExpired()
    } else {
      try makeDurable()
    }
    try database.transaction(.write) { () throws(AdapterError) in
      // Somebody else may have made the tables meanwhile.
      if try !hasQueues() { try SQLiteQueueSchema.create(in: database) }
      if let known = try find(queue) {
        try extend(known, settings)
      } else {
        try insert(queue, settings)
      }
    }
  }

  private func insert(_ name: String, _ settings: QueueSettings) throws(AdapterError) {
    try cache.run(
      """
      INSERT INTO nb_queue (name, lease, ttl, dedupe_window, created_at, expires_at)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """,
      [
        .text(name), .int((settings.lease ?? .seconds(60)).inMilliseconds),
        settings.timeToLive.map { .int($0.inMilliseconds) } ?? .null,
        .int((settings.deduplicationWindow ?? .seconds(300)).inMilliseconds),
        .int(millisecondsSince1970()),
        settings.isTemporary ? .int(SQLitePresence.expiry) : .null,
      ])
    let groups = settings.groups.isEmpty ? [""] : settings.groups
    for group in groups { try insert(group: group, of: name) }
  }

  private func insert(group: String, of queue: String) throws(AdapterError) {
    try cache.run(
      "INSERT INTO nb_queue_group (queue, name) SELECT id, ?2 FROM nb_queue WHERE name = ?1",
      [.text(queue), .text(group)])
  }

  /// Adds groups; other settings must be what the queue has.
  private func extend(_ queue: Queue, _ settings: QueueSettings) throws(AdapterError) {
    let differs =
      settings.lease.map { $0.inMilliseconds != queue.lease } ?? false
      || settings.timeToLive.map { $0.inMilliseconds != queue.timeToLive } ?? false
      || settings.deduplicationWindow.map { $0.inMilliseconds != queue.deduplicationWindow }
        ?? false
    guard !differs else { throw otherSettings(of: queue.name) }
    for group in settings.groups where !queue.groups.contains(where: { $0.name == group }) {
      try insert(group: group, of: queue.name)
    }
  }

  func statistics(of queue: String) throws(AdapterError) -> [QueueStatistics] {
    let queue = try require(queue)
    let now = millisecondsSince1970()
    var figures: [QueueStatistics] = []
    for group in queue.groups { figures.append(try statistics(of: queue, group, now: now)) }
    return figures
  }

  private func statistics(
    of queue: Queue, _ group: Queue.Group, now: Int64
  ) throws(AdapterError) -> QueueStatistics {
    var figures = QueueStatistics(
      queue: queue.name, group: group.name.isEmpty ? nil : group.name)
    // Each part by its own index. A lease that has ended, a delay that has passed: ready for whoever
    // asks next. What has expired is nobody's any more, unless somebody works on it.
    try cache.rows(
      """
      SELECT 0, count(*), min(due) FROM nb_queue_delivery
        WHERE consumers = ?1 AND state = 0 AND (expires_at IS NULL OR expires_at > ?2)
      UNION ALL
      SELECT iif(due <= ?2, 0, state), count(*), min(due) FROM nb_queue_delivery
        WHERE consumers = ?1 AND state IN (1, 2)
          AND (expires_at IS NULL OR expires_at > ?2 OR +state = 2 AND due > ?2) GROUP BY 1
      UNION ALL
      SELECT 1, count(*), NULL FROM nb_queue_delivery
        WHERE consumers = ?1 AND state = 3 AND (expires_at IS NULL OR expires_at > ?2)
      """, [.int(group.id), .int(now)]
    ) { row in
      let count = Int(row[1].integer ?? 0)
      switch row[0].integer {
      case 0:
        figures.ready += count
        guard let due = row[2].integer else { return }
        figures.oldestAge = max(.milliseconds(max(0, now - due)), figures.oldestAge ?? .zero)
      case 1: figures.delayed = count + (figures.delayed ?? 0)
      default: figures.inFlight = count
      }
    }
    let dead = try cache.first(
      "SELECT count(*) FROM nb_queue_dead WHERE queue = ?1 AND consumers = ?2",
      [.int(queue.id), .int(group.id)])
    figures.dead = Int(dead?.first?.integer ?? 0)
    return figures
  }

  /// Throws `notFound` for a queue that is not there, with the nearest name.
  func require(_ name: String) throws(AdapterError) -> Queue {
    if try hasQueues(), let queue = try find(name) { return queue }
    throw missingQueue(name, among: try queues())
  }

  /// The queue of this name; nil without one, or when it has expired and that counts.
  func find(_ name: String, expired: Bool = false) throws(AdapterError) -> Queue? {
    guard
      let row = try cache.first(
        "SELECT id, lease, ttl, dedupe_window, expires_at FROM nb_queue WHERE name = ?1",
        [.text(name)]),
      let id = row[0].integer, expired || row[4].integer ?? .max > millisecondsSince1970()
    else { return nil }
    var queue = Queue(
      id: id, name: name, lease: row[1].integer ?? 0, timeToLive: row[2].integer,
      deduplicationWindow: row[3].integer ?? 0, groups: [], taps: [],
      isTemporary: row[4].integer != nil)
    try cache.rows(
      "SELECT id, name, expires_at FROM nb_queue_group WHERE queue = ?1 ORDER BY name", [.int(id)]
    ) { row in
      let id = row[0].integer ?? 0
      if let expiresAt = row[2].integer {
        queue.taps.append(.init(id: id, expiresAt: expiresAt))
      } else {
        queue.groups.append(.init(id: id, name: row[1].string ?? ""))
      }
    }
    return queue
  }

  /// The group of consumers of this name; throws `notFound`, or `usage` for a queue that has none
  /// of its own.
  func require(group: String?, of queue: Queue) throws(AdapterError) -> Queue.Group {
    if let found = queue.groups.first(where: { $0.name == group ?? "" }) { return found }
    let names = queue.groups.map(\.name).filter { !$0.isEmpty }
    throw missingGroup(group, of: queue.name, among: names)
  }

  // MARK: Messages

  func publish(
    _ messages: [Message], to queue: String, isStoppable: Bool
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    guard isStoppable else {
      return try unstoppably { () throws(AdapterError) in try publishAll(messages, to: queue) }
    }
    try operation.cancellation.check()
    return try publishAll(messages, to: queue)
  }

  private func publishAll(
    _ messages: [Message], to queue: String
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    try database.transaction(.write) { () throws(AdapterError) in
      let writer = try MessageWriter(cache, try require(queue))
      if messages.contains(where: { $0.deduplicationKey != nil }) { try writer.forgetOldKeys() }
      var receipts: [Result<PublishReceipt, AdapterError>] = []
      receipts.reserveCapacity(messages.count)
      for message in messages { receipts.append(.success(try writer.publish(message))) }
      return receipts
    }
  }

  func makePublisher(to queue: String) -> any MessagePublisher { ImmediatePublisher(self, queue) }

  func makeConsumer(
    of queue: String, _ options: ConsumerOptions
  ) throws(AdapterError) -> any MessageConsumer {
    let queue = try require(queue)
    let group = try require(group: options.group, of: queue)
    let presence =
      queue.isTemporary
      ? SQLitePresence(.queue, queue.id, lost: .deletedQueue(queue.name)) : nil
    return SQLiteMessageConsumer(self, queue, group, options, presence)
  }

  var peeking: (any QueuePeeking)? { SQLiteQueuePeeking(self) }
  var tapping: (any QueueTapping)? { SQLiteQueueTapping(self) }
  var deadLetters: (any DeadLetterStore)? { SQLiteDeadLetters(self) }
}
