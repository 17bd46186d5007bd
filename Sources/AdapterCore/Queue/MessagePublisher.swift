/// Publishes many messages to one queue without a wait for the broker after each call.
///
/// Once a call has thrown, it is of no more use but for `takeOutcomes`.
public protocol MessagePublisher: AnyObject {
  /// Sends messages in order; the broker decides on them later. None at all is a question whether the
  /// queue is there.
  ///
  /// Throws what concerns all of them: `notFound` for a queue that is not there, `temporary` for a
  /// connection that broke, when it cannot be known what was accepted.
  func send(_ messages: [Message]) throws(AdapterError)
  /// Waits until the broker has accepted or refused each message that was sent.
  func finish() throws(AdapterError)
  /// What the broker has decided on and was not taken before, in the order of sending.
  func takeOutcomes() -> [Result<PublishReceipt, AdapterError>]
}

/// The publisher of a broker that decides within the call.
public final class ImmediatePublisher: MessagePublisher {
  private let queues: any MessageQueue
  private let queue: String
  private var outcomes: [Result<PublishReceipt, AdapterError>] = []

  public init(_ queues: any MessageQueue, _ queue: String) {
    self.queues = queues
    self.queue = queue
  }

  public func send(_ messages: [Message]) throws(AdapterError) {
    outcomes += try queues.publish(messages, to: queue)
  }

  public func finish() {}

  public func takeOutcomes() -> [Result<PublishReceipt, AdapterError>] {
    defer { outcomes = [] }
    return outcomes
  }
}
