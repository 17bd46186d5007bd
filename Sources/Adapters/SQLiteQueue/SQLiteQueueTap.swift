import AdapterCore
import Platform

/// Makes taps on the queues of a file.
final class SQLiteQueueTapping: QueueTapping {
  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  func makeTap(of queue: String) throws(AdapterError) -> any MessageConsumer {
    try owner.database.transaction(.write) { () throws(AdapterError) in
      let queue = try owner.require(queue)
      let name = "tap-" + String(UInt64.random(in: .min ... .max), radix: 36)
      let row = try owner.cache.first(
        """
        INSERT INTO nb_queue_group (queue, name, expires_at) VALUES (?1, ?2, ?3) RETURNING id
        """, [.int(queue.id), .text(name), .int(SQLiteQueueTap.expiry)])
      let group = SQLiteMessageQueue.Queue.Group(id: row?.first?.integer ?? 0, name: name)
      return SQLiteQueueTap(owner, queue, group)
    }
  }
}

/// A group of consumers that goes with its listener, or soon after he died.
final class SQLiteQueueTap: MessageConsumer {
  /// How long a tap stays without a word from its listener, and when he says one.
  private static let patience = Duration.seconds(60)
  private static let renewal = Duration.seconds(15)

  /// The tap was taken for one whose listener died.
  static let lost = AdapterError(
    .temporary, "the tap was silent for too long and has missed messages",
    hint: "what reads its output must keep up; begin anew")

  static var expiry: Int64 { millisecondsSince1970() + patience.inMilliseconds }

  private let owner: SQLiteMessageQueue
  private let queue: SQLiteMessageQueue.Queue
  private let group: SQLiteMessageQueue.Queue.Group
  private let consumer: SQLiteMessageConsumer
  private var nextRenewal = MonotonicInstant.now.advanced(by: renewal)

  init(
    _ owner: SQLiteMessageQueue, _ queue: SQLiteMessageQueue.Queue,
    _ group: SQLiteMessageQueue.Queue.Group
  ) {
    self.owner = owner
    self.queue = queue
    self.group = group
    consumer = SQLiteMessageConsumer(owner, queue, group, ConsumerOptions(), isTap: true)
  }

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    while true {
      if nextRenewal <= .now { try renew() }
      let deliveries = try consumer.receive(
        count, until: limit.earlier(of: Deadline(instant: nextRenewal)))
      if !deliveries.isEmpty || limit.isPassed { return deliveries }
    }
  }

  private func renew() throws(AdapterError) {
    let changed = try owner.cache.run(
      "UPDATE nb_queue_group SET expires_at = ?2 WHERE id = ?1",
      [.int(group.id), .int(Self.expiry)])
    guard changed == 1 else { throw Self.lost }
    nextRenewal = MonotonicInstant.now.advanced(by: Self.renewal)
  }

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    try consumer.settle(settlements)
  }

  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    try consumer.extend(receipts)
  }

  func close() {
    // Where it fails the tap expires.
    _ = try? owner.database.transaction(.write) { () throws(AdapterError) in
      try Self.remove(group.id, of: queue, owner.cache)
    }
  }

  /// Takes a tap away, and the messages that only it still had; within a transaction.
  static func remove(
    _ group: Int64, of queue: SQLiteMessageQueue.Queue, _ cache: StatementCache
  ) throws(AdapterError) {
    try cache.run("DELETE FROM nb_queue_group WHERE id = ?1", [.int(group)])
    try cache.run(
      """
      DELETE FROM nb_queue_message WHERE queue = ?1 AND NOT EXISTS (
        SELECT 1 FROM nb_queue_delivery WHERE message = nb_queue_message.id)
      """, [.int(queue.id)])
  }
}
