import Platform

/// The port of message queues: one connection to a broker, used by one thread.
///
/// The promise is at least once: what was published stays until a consumer settled it, and who
/// settles proves that the message is still his. What a broker cannot do is `unavailable` and names
/// the feature; `support(for:)` tells beforehand.
public protocol MessageQueue: AnyObject {
  /// The target without secrets, for messages.
  var displayName: String { get }
  func support(for feature: QueueFeature) -> FeatureSupport

  /// Throws unless the broker answers a trivial request.
  func ping() throws(AdapterError)

  // MARK: Queues

  /// In the order of their names; throws `unavailable` where the broker cannot tell.
  func queues() throws(AdapterError) -> [String]
  /// Makes a queue, or adds groups of consumers to it. Throws `conflict` when it is there with
  /// other settings.
  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError)
  /// Takes the queue and all of its messages away; throws `notFound`.
  func delete(_ queue: String) throws(AdapterError)
  /// Takes the messages away that are not in flight; returns how many, each counted once for every
  /// group it was waiting for.
  func purge(_ queue: String) throws(AdapterError) -> Int
  /// The queue's own figures first, then those of each group of consumers.
  func statistics(of queue: String) throws(AdapterError) -> [QueueStatistics]

  // MARK: Messages

  /// Publishes messages in order and returns when the broker has accepted or refused each.
  ///
  /// Throws what concerns all of them: `notFound` for a queue that is not there, `temporary` for a
  /// connection that broke, when it cannot be known what was accepted.
  ///
  /// - Parameter isStoppable: whether it ends with the operation; not so what completes work that is
  ///   done already.
  func publish(
    _ messages: [Message], to queue: String, isStoppable: Bool
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>]
  /// For many messages, of which the broker decides on some while others are on their way.
  func makePublisher(to queue: String) throws(AdapterError) -> any MessagePublisher
  func makeConsumer(
    of queue: String, _ options: ConsumerOptions
  ) throws(AdapterError) -> any MessageConsumer

  var peeking: (any QueuePeeking)? { get }
  var tapping: (any QueueTapping)? { get }
  var deadLetters: (any DeadLetterStore)? { get }
  func close()
}

extension MessageQueue {
  public var peeking: (any QueuePeeking)? { nil }
  public var tapping: (any QueueTapping)? { nil }
  public var deadLetters: (any DeadLetterStore)? { nil }

  public func publish(
    _ messages: [Message], to queue: String
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    try publish(messages, to: queue, isStoppable: true)
  }

  /// Throws `unavailable` with the feature's name unless the broker has it.
  public func require(_ feature: QueueFeature) throws(AdapterError) {
    guard support(for: feature).level == .unsupported else { return }
    throw unsupported(feature)
  }

  /// Throws `unavailable` for the first thing that a message asks for and the broker does not have.
  public func requireFeatures(of message: Message) throws(AdapterError) {
    if message.delay != nil { try require(.delay) }
    if message.priority != 0 { try require(.priority) }
    if message.timeToLive != nil { try require(.ttl) }
    if message.deduplicationKey != nil { try require(.dedupe) }
    if message.group != nil { try require(.fifoGroups) }
    if message.routingKey != nil { try require(.routing) }
  }

  public func unsupported(_ feature: QueueFeature) -> AdapterError {
    AdapterError(
      .unavailable, "\(displayName) does not support \(feature.rawValue): \(feature.summary)",
      hint: "nb queue caps shows what it can do")
  }
}

/// Takes messages from one queue.
///
/// What is neither settled nor released when it is closed is handed out again, when the lease ends
/// at the latest.
public protocol MessageConsumer: AnyObject {
  /// At most `count` messages; waits until there is one, and returns none once `limit` has passed.
  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery]
  /// Says what becomes of deliveries: of each, whether it was still this consumer's. What is not
  /// has been, or will be, handed to another one.
  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool]
  /// Gives deliveries a whole lease from now: of each, when it ends, or nil when it was lost.
  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?]
  func close()
}

/// Looking at messages that stay where they are.
public protocol QueuePeeking: AnyObject {
  /// Hands messages over that could be received now, in the order they would be, at most `count`.
  func peek(
    _ queue: String, group: String?, count: Int,
    _ body: (Delivery) throws(AdapterError) -> Void
  ) throws(AdapterError)
}

/// Listening to what is published.
public protocol QueueTapping: AnyObject {
  /// A consumer beside all others that gets a copy of each message published from now on, until it
  /// is closed. What it does not take soon is kept for a while, and no longer.
  func makeTap(of queue: String) throws(AdapterError) -> any MessageConsumer
}

/// The messages that were given up.
public protocol DeadLetterStore: AnyObject {
  /// Hands them over, the oldest first, at most `count`.
  func list(
    of queue: String, _ filter: DeadLetterFilter, count: Int?,
    _ body: (DeadLetter) throws(AdapterError) -> Void
  ) throws(AdapterError)
  /// Makes them messages again that were never tried; returns how many.
  func replay(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int
  func purge(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int
}
