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
    RabbitMQTap(owner, queue, try makeListener(of: queue))
  }

  /// The name of a queue that gets a copy of what is published to another one.
  func makeListener(of queue: String) throws(AdapterError) -> String {
    let input = RabbitMQNames.input(queue)
    guard try owner.exists(exchange: input) else {
      guard try owner.exists(queue: queue) else { throw owner.missing(queue) }
      throw AdapterError(
        .unavailable, "queue '\(queue)' was not created by nb and does not support tap",
        hint: "nb queue create \(owner.displayName) \(queue) puts an exchange before it")
    }
    // Exclusive to the connection, and gone with it.
    return try owner.administer { channel throws(AdapterError) in
      let name = try channel.declare(queue: "", isExclusive: true) { arena in
        [
          arena.entry("x-max-length-bytes", Self.heldBytes),
          arena.entry("x-message-ttl", Self.heldTime),
        ]
      }
      try channel.bind(queue: name, to: input, "#")
      return name
    }
  }
}

/// Listens by a queue of its own.
final class RabbitMQTap: MessageConsumer {
  /// How often an idle tap looks whether its queue is still there.
  private static let lookInterval = Duration.seconds(2)

  private let owner: RabbitMQMessageQueue
  private let queue: String
  private var consumer: RabbitMQConsumer
  private var name: String

  init(_ owner: RabbitMQMessageQueue, _ queue: String, _ name: String) {
    self.owner = owner
    self.queue = queue
    self.name = name
    consumer = Self.consumer(owner, queue, name)
  }

  private static func consumer(
    _ owner: RabbitMQMessageQueue, _ queue: String, _ name: String
  ) -> RabbitMQConsumer {
    RabbitMQConsumer(owner, queue, name, prefetch: 1000, isTap: true)
  }

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    while true {
      do throws(AdapterError) {
        let look = limit.earlier(of: .after(Self.lookInterval))
        let deliveries = try consumer.receive(count, until: look)
        if !deliveries.isEmpty || limit.isPassed { return deliveries }
        // Nothing tells a listener that the exchange before it went with its queue.
        guard try owner.exists(exchange: RabbitMQNames.input(queue)) else {
          throw .deletedQueue(queue)
        }
      } catch {
        try listenAgain(after: error)
      }
    }
  }

  /// Makes a new queue to listen by, for the old one went with its connection.
  private func listenAgain(after error: AdapterError) throws(AdapterError) {
    guard error.isRetryable else { throw error }
    owner.operation.note(
      "\(error.message); connecting again, and what is published meanwhile is missed")
    name = try Retry(RabbitMQConsumer.reconnecting, owner.operation).run {
      () throws(AdapterError) in try RabbitMQTapping(owner).makeListener(of: queue)
    }
    consumer = Self.consumer(owner, queue, name)
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
