import AdapterCore
import Platform

/// Takes deliveries away, and what hangs on them; within a transaction.
struct SQLiteDeliveries {
  /// How much one transaction takes away at most: nobody else can write meanwhile.
  static let batch = 1000

  /// Deliveries in some state: the condition of an index, without which it is not used.
  enum Part: String {
    case blocked = "state = 3"
    case ready = "state = 0"
    case delayed = "state IN (1, 2) AND +state = 1"
    case waiting = "state IN (1, 2)"

    /// All but those in flight. What is blocked comes first, so that none is unblocked in vain.
    static let idle: [Part] = [.blocked, .ready, .delayed]
    static let all: [Part] = [.blocked, .ready, .waiting]
  }

  private let cache: StatementCache

  init(_ cache: StatementCache) { self.cache = cache }

  /// Takes at most `count` deliveries of a group away, of messages up to the number `last`, and the
  /// messages that no other group has to settle; returns how many deliveries.
  func removeSome(
    _ part: Part, of consumers: Int64, upTo last: Int64 = .max, count: Int = batch
  ) throws(AdapterError) -> Int {
    var removed: [Int64] = []
    var fifoGroups: Set<String> = []
    try cache.rows(
      """
      DELETE FROM nb_queue_delivery WHERE consumers = ?1 AND message IN (
        SELECT message FROM nb_queue_delivery
        WHERE consumers = ?1 AND \(part.rawValue) AND message <= ?2 LIMIT ?3)
      RETURNING message, fifo_group
      """, [.int(consumers), .int(last), .int(Int64(count))]
    ) { row in
      removed.append(row[0].integer ?? 0)
      if let group = row[1].string { fifoGroups.insert(group) }
    }
    for message in removed { try removeIfSettled(message) }
    let now = millisecondsSince1970()
    for group in fifoGroups { try unblock(group, of: consumers, now: now) }
    return removed.count
  }

  /// Takes a part of a tap away, and the tap when nothing is left of it; returns whether it is gone.
  func removeSome(
    ofTap group: Int64, count: Int = batch
  ) throws(AdapterError) -> Bool {
    for part in Part.all {
      if try removeSome(part, of: group, count: count) == count { return false }
    }
    try cache.run("DELETE FROM nb_queue_group WHERE id = ?1", [.int(group)])
    return true
  }

  /// Takes a message away that no group has left to settle, and lets the next of its group of
  /// messages be handed out to `consumers`.
  func cleanUp(
    behind message: Int64, of consumers: Int64, fifoGroup: String?, now: Int64
  ) throws(AdapterError) {
    try removeIfSettled(message)
    if let fifoGroup { try unblock(fifoGroup, of: consumers, now: now) }
  }

  private func removeIfSettled(_ message: Int64) throws(AdapterError) {
    try cache.run(
      """
      DELETE FROM nb_queue_message WHERE id = ?1
        AND NOT EXISTS (SELECT 1 FROM nb_queue_delivery WHERE message = ?1)
      """, [.int(message)])
  }

  private func unblock(
    _ fifoGroup: String, of consumers: Int64, now: Int64
  ) throws(AdapterError) {
    try cache.run(
      """
      UPDATE nb_queue_delivery SET state = CASE WHEN due > ?3 THEN 1 ELSE 0 END
      WHERE consumers = ?1 AND state = 3 AND message = (
        SELECT min(message) FROM nb_queue_delivery WHERE consumers = ?1 AND fifo_group = ?2)
      """, [.int(consumers), .text(fifoGroup), .int(now)])
  }
}
