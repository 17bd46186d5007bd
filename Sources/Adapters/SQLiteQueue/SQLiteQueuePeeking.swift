import AdapterCore
import Platform

/// Looking at messages, without a lock and without a trace.
final class SQLiteQueuePeeking: QueuePeeking {
  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  func peek(
    _ queue: String, group: String?, count: Int,
    _ body: (Delivery) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let queue = try owner.require(queue)
    let group = try owner.require(group: group, of: queue)
    try owner.cache.rows(
      """
      SELECT d.message, d.attempts, \(MessageColumns.qualifiedNames)
      FROM nb_queue_delivery d JOIN nb_queue_message m ON m.id = d.message
      WHERE d.consumers = ?1 AND (d.state = 0 OR d.state IN (1, 2) AND d.due <= ?3)
        AND (m.expires_at IS NULL OR m.expires_at > ?3)
      ORDER BY d.priority DESC, d.message LIMIT ?2
      """, [.int(group.id), .int(Int64(count)), .int(millisecondsSince1970())]
    ) { row throws(AdapterError) in
      let (message, publishedAt) = MessageColumns.read(row, from: 2)
      try body(
        Delivery(
          receipt: DeliveryReceipt(id: String(row[0].integer ?? 0), token: ""),
          queue: queue.name, message: message, attempt: Int(row[1].integer ?? 0),
          publishedAt: publishedAt))
    }
  }
}
