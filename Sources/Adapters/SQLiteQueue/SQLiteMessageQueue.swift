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

    struct Tap {
      var id: Int64
      /// Milliseconds since 1970.
      var expiresAt: Int64
    }
  }

  let database: any SQLDatabase
  let cache: StatementCache
  /// Ends the waits; the database's own is not stopped by signals.
  let operation: OperationContext

  init(_ database: any SQLDatabase, _ operation: OperationContext) {
    self.database = database
    self.operation = operation
    cache = StatementCache(database)
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
    case .consumerGroups: FeatureSupport(.native, "those that the queue was made with")
    case .routing: FeatureSupport(.unsupported, "messages are routed by the queue's name")
    }
  }

  func ping() throws(AdapterError) { try database.ping() }

  func close() { database.close() }

  // MARK: Queues

  func queues() throws(AdapterError) -> [String] {
    guard try SQLiteQueueSchema.exists(in: database) else { return [] }
    var names: [String] = []
    try cache.rows("SELECT name FROM nb_queue ORDER BY name") { row in
      names.append(row[0].string ?? "")
    }
    return names
  }

  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError) {
    try database.transaction(.write) { () throws(AdapterError) in
      if try !SQLiteQueueSchema.exists(in: database) {
        try SQLiteQueueSchema.create(in: database)
      }
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
      INSERT INTO nb_queue (name, lease, ttl, dedupe_window, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
      """,
      [
        .text(name), .int((settings.lease ?? .seconds(60)).inMilliseconds),
        settings.timeToLive.map { .int($0.inMilliseconds) } ?? .null,
        .int((settings.deduplicationWindow ?? .seconds(300)).inMilliseconds),
        .int(millisecondsSince1970()),
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
    guard !differs else {
      throw AdapterError(
        .conflict, "queue '\(queue.name)' is there with other settings",
        hint: "leave the settings out, or delete the queue first")
    }
    for group in settings.groups where !queue.groups.contains(where: { $0.name == group }) {
      try insert(group: group, of: queue.name)
    }
  }

  func delete(_ queue: String) throws(AdapterError) {
    try database.transaction(.write) { () throws(AdapterError) in
      let queue = try require(queue)
      try cache.run("DELETE FROM nb_queue WHERE id = ?1", [.int(queue.id)])
    }
  }

  func purge(_ queue: String) throws(AdapterError) -> Int {
    try database.transaction(.write) { () throws(AdapterError) in
      let queue = try require(queue)
      // Those in flight stay, in every group.
      return try cache.run(
        """
        DELETE FROM nb_queue_message WHERE queue = ?1 AND NOT EXISTS (
          SELECT 1 FROM nb_queue_delivery WHERE message = nb_queue_message.id AND state = 2)
        """, [.int(queue.id)])
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
    // A lease that has ended, a delay that has passed: ready for whoever asks next.
    try cache.rows(
      """
      SELECT CASE WHEN state = 3 THEN 1 WHEN state <> 0 AND due <= ?2 THEN 0 ELSE state END,
        count(*), min(m.published_at)
      FROM nb_queue_delivery d JOIN nb_queue_message m ON m.id = d.message
      WHERE d.consumers = ?1 GROUP BY 1
      """, [.int(group.id), .int(now)]
    ) { row in
      let count = Int(row[1].integer ?? 0)
      switch row[0].integer {
      case 0: figures.ready = count
      case 1: figures.delayed = count
      default: figures.inFlight = count
      }
      let age = Duration.milliseconds(max(0, now - (row[2].integer ?? now)))
      figures.oldestAge = max(age, figures.oldestAge ?? .zero)
    }
    let dead = try cache.first(
      "SELECT count(*) FROM nb_queue_dead WHERE queue = ?1 AND consumers = ?2",
      [.int(queue.id), .int(group.id)])
    figures.dead = Int(dead?.first?.integer ?? 0)
    return figures
  }

  /// Throws `notFound` for a queue that is not there, with the nearest name.
  func require(_ name: String) throws(AdapterError) -> Queue {
    if try SQLiteQueueSchema.exists(in: database), let queue = try find(name) { return queue }
    let guess = closestMatch(to: name, in: try queues())
    throw AdapterError(
      .notFound, "there is no queue '\(name)' in \(displayName)",
      hint: guess.map { "did you mean '\($0)'?" }
        ?? "nb queue create \(displayName) \(name) makes it")
  }

  private func find(_ name: String) throws(AdapterError) -> Queue? {
    guard
      let row = try cache.first(
        "SELECT id, lease, ttl, dedupe_window FROM nb_queue WHERE name = ?1", [.text(name)]),
      let id = row[0].integer
    else { return nil }
    var queue = Queue(
      id: id, name: name, lease: row[1].integer ?? 0, timeToLive: row[2].integer,
      deduplicationWindow: row[3].integer ?? 0, groups: [], taps: [])
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
    guard let group else {
      throw AdapterError(
        .usage, "queue '\(queue.name)' has groups of consumers, and none is named",
        hint: "--group takes one of \(names.joined(separator: ", "))")
    }
    throw AdapterError(
      .notFound, "queue '\(queue.name)' has no group '\(group)'",
      hint: closestMatch(to: group, in: names).map { "did you mean '\($0)'?" }
        ?? "nb queue create \(displayName) \(queue.name) --group \(group) adds it")
  }

  // MARK: Messages

  func publish(
    _ messages: [Message], to queue: String
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    try operation.cancellation.check()
    return try database.transaction(.write) { () throws(AdapterError) in
      let writer = try MessageWriter(cache, try require(queue))
      if messages.contains(where: { $0.deduplicationKey != nil }) { try writer.forgetOldKeys() }
      var receipts: [Result<PublishReceipt, AdapterError>] = []
      receipts.reserveCapacity(messages.count)
      for message in messages { receipts.append(.success(try writer.publish(message))) }
      return receipts
    }
  }

  func makeConsumer(
    of queue: String, _ options: ConsumerOptions
  ) throws(AdapterError) -> any MessageConsumer {
    let queue = try require(queue)
    return SQLiteMessageConsumer(
      self, queue, try require(group: options.group, of: queue), options)
  }

  var peeking: (any QueuePeeking)? { SQLiteQueuePeeking(self) }
  var tapping: (any QueueTapping)? { SQLiteQueueTapping(self) }
  var deadLetters: (any DeadLetterStore)? { SQLiteDeadLetters(self) }
}
