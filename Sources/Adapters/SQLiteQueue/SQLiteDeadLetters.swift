import AdapterCore
import Platform

/// The dead letters of the queues in a file.
final class SQLiteDeadLetters: DeadLetterStore {
  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  /// A filter as a condition, its values numbered from 2; the first is the queue.
  private static func condition(
    _ filter: DeadLetterFilter, _ queue: SQLiteMessageQueue.Queue
  ) -> (sql: String, values: [Value]) {
    var sql = "x.queue = ?1"
    var values: [Value] = [.int(queue.id)]
    if let instant = filter.diedBefore {
      values.append(.int(instant))
      sql += " AND x.died_at < ?\(values.count)"
    }
    if let reason = filter.reason {
      values.append(.text(reason))
      sql += " AND instr(x.reason, ?\(values.count)) > 0"
    }
    if !filter.ids.isEmpty {
      var marks: [String] = []
      for id in filter.ids {
        values.append(.text(id))
        marks.append("?\(values.count)")
      }
      sql += " AND \(Self.id) IN (\(marks.joined(separator: ", ")))"
    }
    return (sql, values)
  }

  /// The message's number, and the group's behind it where the queue's own consumers did not give
  /// the message up.
  private static let id = """
    (SELECT x.message || CASE g.name WHEN '' THEN '' ELSE '/' || g.name END
     FROM nb_queue_group g WHERE g.id = x.consumers)
    """

  func list(
    of queue: String, _ filter: DeadLetterFilter, count: Int?,
    _ body: (DeadLetter) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let queue = try owner.require(queue)
    var (condition, values) = Self.condition(filter, queue)
    values.append(.int(Int64(count ?? -1)))
    try owner.cache.rows(
      """
      SELECT \(Self.id), x.consumers, x.died_at, x.attempts, x.reason, x.output,
        \(MessageColumns.names)
      FROM nb_queue_dead x WHERE \(condition)
      ORDER BY x.died_at, x.message LIMIT ?\(values.count)
      """, values
    ) { row throws(AdapterError) in
      let (message, publishedAt) = MessageColumns.read(row, from: 6)
      let group = queue.groups.first { $0.id == row[1].integer }?.name ?? ""
      try body(
        DeadLetter(
          id: row[0].string ?? "", queue: queue.name, group: group.isEmpty ? nil : group,
          message: message, attempts: Int(row[3].integer ?? 0), reason: row[4].string ?? "",
          output: row[5].string, publishedAt: publishedAt, diedAt: row[2].integer))
    }
  }

  func replay(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    try owner.database.transaction(.write) { () throws(AdapterError) in
      let queue = try owner.require(queue)
      let (condition, values) = Self.condition(filter, queue)
      // The names alone are held: bodies may be large.
      var letters: [(message: Int64, consumers: Int64)] = []
      try owner.cache.rows(
        """
        SELECT x.message, x.consumers FROM nb_queue_dead x WHERE \(condition)
        ORDER BY x.died_at, x.message
        """, values
      ) { row in letters.append((row[0].integer ?? 0, row[1].integer ?? 0)) }
      for letter in letters { try replay(letter.message, of: letter.consumers, queue) }
      return try remove(condition, values)
    }
  }

  private func replay(
    _ id: Int64, of consumers: Int64, _ queue: SQLiteMessageQueue.Queue
  ) throws(AdapterError) {
    let row = try owner.cache.first(
      """
      SELECT \(MessageColumns.names) FROM nb_queue_dead WHERE message = ?1 AND consumers = ?2
      """, [.int(id), .int(consumers)])
    guard let row else { return }
    var (message, _) = MessageColumns.read(row, from: 0)
    // It is this message that is wanted again, whatever was published meanwhile.
    message.deduplicationKey = nil
    _ = try MessageWriter(owner.cache, queue, group: consumers).publish(message)
  }

  func purge(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    try owner.database.transaction(.write) { () throws(AdapterError) in
      let (condition, values) = Self.condition(filter, try owner.require(queue))
      return try remove(condition, values)
    }
  }

  private func remove(_ condition: String, _ values: [Value]) throws(AdapterError) -> Int {
    try owner.cache.run("DELETE FROM nb_queue_dead AS x WHERE \(condition)", values)
  }
}
