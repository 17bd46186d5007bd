/// A message that was given up.
public struct DeadLetter: Equatable, Sendable {
  /// Names it among the dead letters of its queue.
  public var id: String
  /// Where it was published.
  public var queue: String
  /// The group of consumers that gave it up; nil: the queue's own.
  public var group: String?
  public var message: Message
  /// How often it was handed out.
  public var attempts: Int
  /// Why: what the last attempt failed with, or `expired`.
  public var reason: String
  /// The end of what the last attempt printed on stderr.
  public var output: String?
  /// Milliseconds since 1970.
  public var publishedAt: Int64?
  public var diedAt: Int64?

  public init(
    id: String, queue: String, group: String? = nil, message: Message, attempts: Int,
    reason: String, output: String? = nil, publishedAt: Int64? = nil, diedAt: Int64? = nil
  ) {
    self.id = id
    self.queue = queue
    self.group = group
    self.message = message
    self.attempts = attempts
    self.reason = reason
    self.output = output
    self.publishedAt = publishedAt
    self.diedAt = diedAt
  }
}

/// Which dead letters are meant.
public struct DeadLetterFilter: Equatable, Sendable {
  /// These; empty: all.
  public var ids: [String]
  /// Those that died before this, in milliseconds since 1970.
  public var diedBefore: Int64?
  /// Those whose reason holds this text.
  public var reason: String?

  public init(ids: [String] = [], diedBefore: Int64? = nil, reason: String? = nil) {
    self.ids = ids
    self.diedBefore = diedBefore
    self.reason = reason
  }
}
