import AdapterCore

/// What becomes of a message whose work failed.
public struct FailurePolicy: Equatable, Sendable {
  /// How often a message is tried at most, and the waits between; it has no budget.
  public var retry: Retry.Policy
  /// Where messages go that were given up; nil: to the dead letters of their queue.
  public var deadLetterQueue: String?

  public init() {
    retry = Retry.Policy(
      attempts: 5, firstDelay: .seconds(1), maximumDelay: .seconds(300), budget: nil)
  }

  /// Whether the message was handed out too often already: those who had it ended without a word.
  public func isUsedUp(_ delivery: Delivery) -> Bool { delivery.attempt > retry.attempts }

  /// The outcome of an attempt that failed: another one after a wait, or a dead letter.
  public func outcome(
    ofAttempt attempt: Int, reason: String, output: String?
  ) -> Settlement.Outcome {
    guard attempt < retry.attempts else { return .deadLetter(reason: reason, output: output) }
    return .retry(after: retry.delay(after: attempt, chance: Double.random(in: 0...1)))
  }

  /// Of a message that `isUsedUp`.
  public var outcomeOfUsedUp: Settlement.Outcome {
    .deadLetter(
      reason: "\(retry.attempts) attempts ended without a word: a crash, or longer than the lease")
  }
}
