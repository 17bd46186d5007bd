import AdapterCore

/// Publishes to one queue or exchange; the broker confirms while other messages are sent.
final class RabbitMQQueuePublisher: MessagePublisher {
  private let owner: RabbitMQMessageQueue
  private let queue: String
  private var publisher: RabbitMQPublisher
  private let isStoppable: Bool

  /// - Parameter isStoppable: whether waits end with the operation.
  init(
    _ owner: RabbitMQMessageQueue, _ queue: String, over publisher: RabbitMQPublisher,
    isStoppable: Bool = true
  ) {
    self.isStoppable = isStoppable
    self.owner = owner
    self.queue = queue
    self.publisher = publisher
  }

  func send(_ messages: [Message]) throws(AdapterError) {
    if !publisher.isUsable {
      // Throws unless nothing was on its way when the connection broke: nothing is lost then.
      try finish()
      if publisher.isEmpty { publisher = try owner.makeChannelPublisher() }
    }
    try owner.send(messages, to: queue, over: publisher, isStoppable: isStoppable)
  }

  func finish() throws(AdapterError) { try publisher.finish(isStoppable: isStoppable) }

  func takeOutcomes() -> [Result<PublishReceipt, AdapterError>] {
    publisher.takeOutcomes().map { outcome in
      outcome.refusal.map { .failure($0) } ?? .success(PublishReceipt(id: outcome.id))
    }
  }
}
