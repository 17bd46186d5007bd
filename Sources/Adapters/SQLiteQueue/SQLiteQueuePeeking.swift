import AdapterCore
import Platform

/// Looking at messages, without a lock and without a trace.
///
/// Messages are read one by one, in the order of a page of keys: nothing is being read while the
/// caller prints, which would keep the log of the file from being emptied.
final class SQLiteQueuePeeking: QueuePeeking {
  private static let pageSize = 256

  /// Where a message stands in the order in which they are handed out.
  private struct Key: Comparable {
    var rank: Int64
    var message: Int64

    init(_ row: [Value]) {
      rank = row[0].integer ?? 0
      message = row[1].integer ?? 0
    }

    static func < (left: Key, right: Key) -> Bool {
      (left.rank, left.message) < (right.rank, right.message)
    }
  }

  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  func peek(
    _ queue: String, group: String?, count: Int,
    _ body: (Delivery) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let queue = try owner.require(queue)
    let group = try owner.require(group: group, of: queue)
    let now = millisecondsSince1970()
    var due = try dueKeys(of: group.id, count: count, now: now)[...]
    var page = try readyKeys(of: group.id, after: nil, now: now)[...]
    var left = count
    while left > 0 {
      let ready = page.first
      guard let key = [ready, due.first].compactMap({ $0 }).min() else { return }
      // Somebody may have made it ready meanwhile.
      if due.first == key { due.removeFirst() }
      if ready == key {
        page.removeFirst()
        if page.isEmpty { page = try readyKeys(of: group.id, after: key, now: now)[...] }
      }
      guard let delivery = try read(key.message, of: queue, group.id) else { continue }
      left -= 1
      try body(delivery)
    }
  }

  private func readyKeys(
    of group: Int64, after key: Key?, now: Int64
  ) throws(AdapterError) -> [Key] {
    var keys: [Key] = []
    try owner.cache.rows(
      """
      SELECT rank, message FROM nb_queue_delivery
      WHERE consumers = ?1 AND state = 0 AND (rank, message) > (?2, ?3)
        AND (expires_at IS NULL OR expires_at > ?4)
      ORDER BY rank, message LIMIT ?5
      """,
      [
        .int(group), .int(key?.rank ?? .min), .int(key?.message ?? .min), .int(now),
        .int(Int64(Self.pageSize)),
      ]
    ) { row in keys.append(Key(row)) }
    return keys
  }

  /// Those that nobody has made ready although their time has come: few while somebody consumes.
  private func dueKeys(
    of group: Int64, count: Int, now: Int64
  ) throws(AdapterError) -> [Key] {
    var keys: [Key] = []
    try owner.cache.rows(
      """
      SELECT rank, message FROM nb_queue_delivery
      WHERE consumers = ?1 AND state IN (1, 2) AND due <= ?2
        AND (expires_at IS NULL OR expires_at > ?2)
      ORDER BY rank, message LIMIT ?3
      """, [.int(group), .int(now), .int(Int64(count))]
    ) { row in keys.append(Key(row)) }
    return keys
  }

  private func read(
    _ message: Int64, of queue: SQLiteMessageQueue.Queue, _ group: Int64
  ) throws(AdapterError) -> Delivery? {
    let row = try owner.cache.first(
      """
      SELECT d.attempts, \(MessageColumns.qualifiedNames)
      FROM nb_queue_delivery d JOIN nb_queue_message m ON m.id = d.message
      WHERE d.message = ?1 AND d.consumers = ?2
      """, [.int(message), .int(group)])
    guard let row else { return nil }
    let (content, publishedAt) = MessageColumns.read(row, from: 1)
    return Delivery(
      receipt: DeliveryReceipt(id: String(message), token: ""), queue: queue.name,
      message: content, attempt: Int(row[0].integer ?? 0), publishedAt: publishedAt)
  }
}
