import AdapterCore
import Platform

/// Makes taps on queues that nb created.
final class RabbitMQTapping: QueueTapping {
  /// What a listener that does not keep up may have waiting: bytes, and milliseconds.
  private static let heldBytes: Int64 = 64 << 20
  private static let heldTime: Int64 = 60_000

  private let owner: RabbitMQMessageQueue

  init(_ owner: RabbitMQMessageQueue) { self.owner = owner }

  func makeTap(of queue: String) throws(AdapterError) -> any MessageConsumer {
    let input = RabbitMQNames.input(queue)
    guard try owner.exists(exchange: input) else {
      guard try owner.exists(queue: queue) else { throw owner.missing(queue) }
      throw AdapterError(
        .unavailable, "queue '\(queue)' was not created by nb and does not support tap",
        hint: "nb queue create \(owner.displayName) \(queue) puts an exchange before it")
    }
    // Exclusive to the connection, and gone with it.
    let name = try owner.administer { channel throws(AdapterError) in
      let name = try channel.declare(queue: "", isExclusive: true) { arena in
        [
          arena.entry("x-max-length-bytes", Self.heldBytes),
          arena.entry("x-message-ttl", Self.heldTime),
        ]
      }
      try channel.bind(queue: name, to: input, "#")
      return name
    }
    return RabbitMQTap(owner, queue, name)
  }
}

/// Listens by a queue of its own.
final class RabbitMQTap: MessageConsumer {
  private let owner: RabbitMQMessageQueue
  private let consumer: RabbitMQConsumer
  private let name: String

  init(_ owner: RabbitMQMessageQueue, _ queue: String, _ name: String) {
    self.owner = owner
    self.name = name
    consumer = RabbitMQConsumer(owner, queue, name, prefetch: 1000, isTap: true)
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
    consumer.close()
    // Where it fails it goes with the connection.
    _ = try? owner.administer { channel throws(AdapterError) in try channel.delete(queue: name) }
  }
}
