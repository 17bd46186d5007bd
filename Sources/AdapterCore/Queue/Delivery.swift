import Platform

/// A message that was handed to a consumer, who has it until it is settled or the lease ends.
public struct Delivery: Equatable, Sendable {
  public var receipt: DeliveryReceipt
  /// The queue that it was taken from.
  public var queue: String
  public var message: Message
  /// How often it was handed out, this time included.
  public var attempt: Int
  /// Milliseconds since 1970; nil where the broker keeps no time.
  public var publishedAt: Int64?
  /// When it is handed out again unless the lease is extended; nil: with the connection's end.
  public var leaseEnd: MonotonicInstant?

  public init(
    receipt: DeliveryReceipt, queue: String, message: Message, attempt: Int,
    publishedAt: Int64? = nil, leaseEnd: MonotonicInstant? = nil
  ) {
    self.receipt = receipt
    self.queue = queue
    self.message = message
    self.attempt = attempt
    self.publishedAt = publishedAt
    self.leaseEnd = leaseEnd
  }
}

/// What settles a delivery: the message's name alone would let somebody whose lease ended settle
/// what another one works on.
public struct DeliveryReceipt: Hashable, Sendable {
  public var id: String
  /// The broker's proof that the lease is this consumer's.
  public var token: String

  public init(id: String, token: String) {
    self.id = id
    self.token = token
  }
}

/// What becomes of a delivery.
public struct Settlement: Equatable, Sendable {
  public enum Outcome: Equatable, Sendable {
    /// The work is done: the message goes.
    case acknowledge
    /// Handed out again after a wait; counts as an attempt.
    case retry(after: Duration)
    /// Handed out again at once, as if it had not been.
    case release
    /// To the dead letters, with the reason and the end of what the work printed on stderr.
    case deadLetter(reason: String, output: String? = nil)
  }

  public var receipt: DeliveryReceipt
  public var outcome: Outcome

  public init(_ receipt: DeliveryReceipt, _ outcome: Outcome) {
    self.receipt = receipt
    self.outcome = outcome
  }
}
