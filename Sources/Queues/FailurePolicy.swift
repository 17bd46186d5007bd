import AdapterCore
import Platform

/// What becomes of a message whose work failed.
public struct FailurePolicy: Equatable, Sendable {
  /// How often a message is tried at most.
  public var maximumAttempts: Int
  /// The bound of the first wait; it doubles from one attempt to the next.
  public var firstDelay: Duration
  public var maximumDelay: Duration

  public init(
    maximumAttempts: Int = 5, firstDelay: Duration = .seconds(1),
    maximumDelay: Duration = .seconds(300)
  ) {
    self.maximumAttempts = maximumAttempts
    self.firstDelay = firstDelay
    self.maximumDelay = maximumDelay
  }

  /// Whether the message was handed out too often already: those who had it ended without a word.
  public func isUsedUp(_ delivery: Delivery) -> Bool { delivery.attempt > maximumAttempts }

  /// The outcome of an attempt that failed: a random wait up to a bound that doubles, or a dead
  /// letter.
  ///
  /// - Parameter chance: from 0 up to 1; what share of the bound is waited.
  public func outcome(
    ofAttempt attempt: Int, reason: String, output: String?,
    chance: Double = Double.random(in: 0...1)
  ) -> Settlement.Outcome {
    guard attempt < maximumAttempts else {
      return .deadLetter(reason: reason, output: output)
    }
    let bound = min(maximumDelay, firstDelay * (1 << min(attempt - 1, 30)))
    return .retry(after: .nanoseconds(Int64(Double(bound.inNanoseconds) * chance)))
  }

  /// Of a message that `isUsedUp`.
  public func outcomeOfUsedUp(_ delivery: Delivery) -> Settlement.Outcome {
    .deadLetter(
      reason: "\(maximumAttempts) attempts ended without a word: a crash, or longer than the lease")
  }
}
