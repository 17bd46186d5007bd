import AdapterCore
import Platform

/// The dead letters of the queues in a file.
///
/// They are read and changed a page at a time: nobody waits for long to write, and nothing is being
/// read while the caller prints.
final class SQLiteDeadLetters: DeadLetterStore {
  /// Where a letter stands among those of its queue, the oldest first.
  private struct Key: Comparable {
    var diedAt: Int64
    var message: Int64
    var consumers: Int64

    static let first = Key(diedAt: .min, message: .min, consumers: .min)

    static func < (left: Key, right: Key) -> Bool {
      (left.diedAt, left.message, left.consumers) < (right.diedAt, right.message, right.consumers)
    }
  }

  /// Bytes of bodies that are changed together at most.
  private static let pageBytes: Int64 = 16 << 20

  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  func list(
    of queue: String, _ filter: DeadLetterFilter, count: Int?,
    _ body: (DeadLetter) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let queue = try owner.require(queue)
    var left = count ?? .max
    try pages(of: queue, filter) { keys throws(AdapterError) in
      for key in keys where left > 0 {
        guard let letter = try read(key, of: queue) else { continue }
        left -= 1
        try body(letter)
      }
      return left > 0
    }
  }

  func replay(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    let queue = try owner.require(queue)
    return try change(of: queue, filter) { keys throws(AdapterError) in
      let writer = try MessageWriter(owner.cache, try owner.require(queue.name))
      var count = 0
      for key in keys where try writer.replay(key.message, of: key.consumers) {
        count += try remove(key)
      }
      return count
    }
  }

  func purge(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    try change(of: try owner.require(queue), filter) { keys throws(AdapterError) in
      var count = 0
      for key in keys { count += try remove(key) }
      return count
    }
  }

  /// Calls `body` in a transaction for each page of letters; returns the sum of what it returns.
  private func change(
    of queue: SQLiteMessageQueue.Queue, _ filter: DeadLetterFilter,
    _ body: ([Key]) throws(AdapterError) -> Int
  ) throws(AdapterError) -> Int {
    var count = 0
    try pages(of: queue, filter) { keys throws(AdapterError) in
      count += try owner.database.transaction(.write) { () throws(AdapterError) in
        try body(keys)
      }
      SQLiteMessageQueue.letOthersWrite()
      return true
    }
    return count
  }

  private func remove(_ key: Key) throws(AdapterError) -> Int {
    try owner.cache.run(
      "DELETE FROM nb_queue_dead WHERE message = ?1 AND consumers = ?2",
      [.int(key.message), .int(key.consumers)])
  }

  // MARK: Looking

  private func pages(
    of queue: SQLiteMessageQueue.Queue, _ filter: DeadLetterFilter,
    _ body: ([Key]) throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    // What is replayed may fail again at once: it is not of those that were meant.
    let end = min(filter.diedBefore ?? .max, millisecondsSince1970() + 1)
    guard filter.ids.isEmpty else {
      _ = try body(try named(filter, in: queue, end: end))
      return
    }
    var last = Key.first
    while true {
      let (keys, isLast) = try page(of: queue, filter, after: last, end: end)
      guard let key = keys.last, try body(keys), !isLast else { return }
      last = key
    }
  }

  private func page(
    of queue: SQLiteMessageQueue.Queue, _ filter: DeadLetterFilter, after key: Key, end: Int64
  ) throws(AdapterError) -> (keys: [Key], isLast: Bool) {
    var keys: [Key] = []
    var bytes: Int64 = 0
    var isLast = true
    try owner.cache.rows(
      """
      SELECT died_at, message, consumers, length(body) FROM nb_queue_dead
      WHERE queue = ?1 AND (died_at, message, consumers) > (?2, ?3, ?4) AND died_at < ?5
        AND (?6 IS NULL OR instr(reason, ?6) > 0)
      ORDER BY died_at, message, consumers LIMIT ?7
      """,
      [
        .int(queue.id), .int(key.diedAt), .int(key.message), .int(key.consumers), .int(end),
        Value(filter.reason), .int(Int64(SQLiteDeliveries.batch)),
      ]
    ) { row in
      bytes += row[3].integer ?? 0
      isLast = isLast && (keys.isEmpty || bytes <= Self.pageBytes)
      guard isLast else { return }
      keys.append(
        Key(
          diedAt: row[0].integer ?? 0, message: row[1].integer ?? 0,
          consumers: row[2].integer ?? 0))
    }
    return (keys, isLast && keys.count < SQLiteDeliveries.batch)
  }

  /// The letters of `filter.ids` that are there.
  private func named(
    _ filter: DeadLetterFilter, in queue: SQLiteMessageQueue.Queue, end: Int64
  ) throws(AdapterError) -> [Key] {
    var keys: [Key] = []
    for id in filter.ids {
      let parts = id.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let group = parts.count > 1 ? String(parts[1]) : ""
      guard let message = parts.first.flatMap({ Int64($0) }),
        let consumers = queue.groups.first(where: { $0.name == group })?.id
      else { continue }
      let row = try owner.cache.first(
        """
        SELECT died_at FROM nb_queue_dead WHERE message = ?1 AND consumers = ?2 AND died_at < ?3
          AND (?4 IS NULL OR instr(reason, ?4) > 0)
        """, [.int(message), .int(consumers), .int(end), Value(filter.reason)])
      guard let diedAt = row?.first?.integer else { continue }
      keys.append(Key(diedAt: diedAt, message: message, consumers: consumers))
    }
    return keys.sorted()
  }

  private func read(
    _ key: Key, of queue: SQLiteMessageQueue.Queue
  ) throws(AdapterError) -> DeadLetter? {
    let row = try owner.cache.first(
      """
      SELECT attempts, reason, output, \(MessageColumns.names) FROM nb_queue_dead
      WHERE message = ?1 AND consumers = ?2
      """, [.int(key.message), .int(key.consumers)])
    guard let row else { return nil }
    let (message, publishedAt) = MessageColumns.read(row, from: 3)
    let group = queue.groups.first { $0.id == key.consumers }?.name ?? ""
    // The group is named where the queue's own consumers did not give the message up.
    return DeadLetter(
      id: group.isEmpty ? String(key.message) : "\(key.message)/\(group)", queue: queue.name,
      group: group.isEmpty ? nil : group, message: message, attempts: Int(row[0].integer ?? 0),
      reason: row[1].string ?? "", output: row[2].string, publishedAt: publishedAt,
      diedAt: key.diedAt)
  }
}
