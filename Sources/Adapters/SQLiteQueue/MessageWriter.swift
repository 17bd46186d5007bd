import AdapterCore
import Platform

/// Writes messages into a queue, within a transaction.
struct MessageWriter {
  private let cache: StatementCache
  private let queue: SQLiteMessageQueue.Queue
  /// The groups that get the messages.
  private var groups: [Int64]
  /// Milliseconds since 1970.
  private let now: Int64

  /// Takes taps away whose listeners are gone.
  init(_ cache: StatementCache, _ queue: SQLiteMessageQueue.Queue) throws(AdapterError) {
    self.cache = cache
    self.queue = queue
    now = millisecondsSince1970()
    groups = queue.groups.map(\.id)
    for tap in queue.taps {
      if tap.expiresAt > now {
        groups.append(tap.id)
      } else {
        try SQLiteQueueTap.remove(tap.id, of: queue, cache)
      }
    }
  }

  /// For one group alone.
  init(_ cache: StatementCache, _ queue: SQLiteMessageQueue.Queue, group: Int64) {
    self.cache = cache
    self.queue = queue
    groups = [group]
    now = millisecondsSince1970()
  }

  func publish(_ message: Message) throws(AdapterError) -> PublishReceipt {
    if let key = message.deduplicationKey, let known = try remembered(key) {
      return PublishReceipt(id: String(known), isDuplicate: true)
    }
    let id = try insert(message)
    if let key = message.deduplicationKey { try remember(key, id) }
    for group in groups { try hand(message, id, to: group) }
    return PublishReceipt(id: String(id))
  }

  private func insert(_ message: Message) throws(AdapterError) -> Int64 {
    let timeToLive = message.timeToLive?.inMilliseconds ?? queue.timeToLive
    let row = try cache.first(
      """
      INSERT INTO nb_queue_message (
        queue, published_at, expires_at, priority, fifo_group, dedupe_key, content_type, headers,
        body)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id
      """,
      [
        .int(queue.id), .int(now), timeToLive.map { .int(now + $0) } ?? .null,
        .int(Int64(message.priority)), Value(message.group), Value(message.deduplicationKey),
        Value(message.contentType), Value(MessageHeader.json(message.headers)),
        .bytes(message.body),
      ])
    guard let id = row?.first?.integer else {
      throw AdapterError(.bug, "a message was inserted and has no number")
    }
    return id
  }

  /// Makes the message one that the group's consumers get.
  private func hand(
    _ message: Message, _ id: Int64, to group: Int64
  ) throws(AdapterError) {
    let due = message.delay.map { now + $0.inMilliseconds } ?? now
    var state = due > now ? SQLiteQueueSchema.State.delayed : SQLiteQueueSchema.State.ready
    if let fifoGroup = message.group {
      let earlier = try cache.first(
        "SELECT 1 FROM nb_queue_delivery WHERE consumers = ?1 AND fifo_group = ?2 LIMIT 1",
        [.int(group), .text(fifoGroup)])
      if earlier != nil { state = SQLiteQueueSchema.State.blocked }
    }
    try cache.run(
      """
      INSERT INTO nb_queue_delivery (
        message, consumers, state, due, priority, attempts, fifo_group)
      VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
      """,
      [
        .int(id), .int(group), .int(Int64(state)), .int(due), .int(Int64(message.priority)),
        Value(message.group),
      ])
  }

  // MARK: Deduplication

  /// Forgets the keys whose time is over: once before messages with keys are published.
  func forgetOldKeys() throws(AdapterError) {
    try cache.run(
      "DELETE FROM nb_queue_key WHERE queue = ?1 AND until <= ?2", [.int(queue.id), .int(now)])
  }

  private func remembered(_ key: String) throws(AdapterError) -> Int64? {
    try cache.first(
      "SELECT message FROM nb_queue_key WHERE queue = ?1 AND key = ?2",
      [.int(queue.id), .text(key)])?.first?.integer
  }

  private func remember(_ key: String, _ id: Int64) throws(AdapterError) {
    try cache.run(
      "INSERT INTO nb_queue_key (queue, key, message, until) VALUES (?1, ?2, ?3, ?4)",
      [.int(queue.id), .text(key), .int(id), .int(now + queue.deduplicationWindow)])
  }
}
