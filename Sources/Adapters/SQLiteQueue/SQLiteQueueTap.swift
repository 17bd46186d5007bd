import AdapterCore
import Platform

/// Makes taps on the queues of a file.
final class SQLiteQueueTapping: QueueTapping {
  private let owner: SQLiteMessageQueue

  init(_ owner: SQLiteMessageQueue) { self.owner = owner }

  func makeTap(of queue: String) throws(AdapterError) -> any MessageConsumer {
    try owner.database.transaction(.write) { () throws(AdapterError) in
      let queue = try owner.require(queue)
      let name = "tap-" + makeUniqueName()
      let row = try owner.cache.first(
        """
        INSERT INTO nb_queue_group (queue, name, expires_at) VALUES (?1, ?2, ?3) RETURNING id
        """, [.int(queue.id), .text(name), .int(SQLitePresence.expiry)])
      let group = SQLiteMessageQueue.Queue.Group(id: row?.first?.integer ?? 0, name: name)
      return SQLiteQueueTap(owner, queue, group)
    }
  }
}

/// A group of consumers that goes with its listener, or soon after he died.
final class SQLiteQueueTap: MessageConsumer {
  private let owner: SQLiteMessageQueue
  private let group: SQLiteMessageQueue.Queue.Group
  private let consumer: SQLiteMessageConsumer

  init(
    _ owner: SQLiteMessageQueue, _ queue: SQLiteMessageQueue.Queue,
    _ group: SQLiteMessageQueue.Queue.Group
  ) {
    self.owner = owner
    self.group = group
    consumer = SQLiteMessageConsumer(
      owner, queue, group, ConsumerOptions(), isTap: true,
      SQLitePresence(.group, group.id, lost: .lostTap))
  }

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    try consumer.receive(count, until: limit)
  }

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    try consumer.settle(settlements)
  }

  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    try consumer.extend(receipts)
  }

  func close() {
    // Where it fails, or is stopped, publishers take away what is left of it.
    let isGone = try? owner.unstoppably { () throws(AdapterError) in
      try owner.database.transaction(.write) { () throws(AdapterError) in
        try owner.cache.run(
          "UPDATE nb_queue_group SET expires_at = 0 WHERE id = ?1", [.int(group.id)])
        return try SQLiteDeliveries(owner.cache).removeSome(ofTap: group.id)
      }
    }
    if isGone == false { try? removeRest() }
  }

  private func removeRest() throws(AdapterError) {
    var isGone = false
    while !isGone {
      SQLiteMessageQueue.letOthersWrite()
      isGone = try owner.database.transaction(.write) { () throws(AdapterError) in
        try SQLiteDeliveries(owner.cache).removeSome(ofTap: group.id)
      }
    }
  }
}
