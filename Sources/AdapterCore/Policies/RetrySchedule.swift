import Platform

/// How long to wait before each further attempt of one piece of work, and when to give up.
public struct RetrySchedule: Sendable {
  private let policy: Retry.Policy
  private let start: MonotonicInstant
  /// Attempts made, from 1.
  public private(set) var attempt = 1

  public init(_ policy: Retry.Policy, start: MonotonicInstant) {
    self.policy = policy
    self.start = start
  }

  /// The wait before the next attempt, which counts as begun.
  ///
  /// Throws the error when attempts or the budget run out, with what was tried in its details;
  /// `timeout` when the deadline leaves no time for another attempt.
  ///
  /// - Parameter chance: from 0 up to 1; what share of the bound is waited.
  public mutating func delay(
    after error: AdapterError, now: MonotonicInstant, deadline: Deadline, chance: Double
  ) throws(AdapterError) -> Duration {
    let elapsed = now.since(start)
    let delay = max(
      policy.delay(after: attempt, chance: chance), error.retryAfter ?? .zero)
    guard attempt < policy.attempts, policy.budget.map({ elapsed + delay <= $0 }) ?? true else {
      throw gaveUp(error, after: elapsed)
    }
    if let instant = deadline.instant, now.advanced(by: delay) >= instant {
      var timeout = Cancellation.error(for: .timeout)
      timeout.details = ["no time was left to try again after: \(error.message)"]
      throw timeout
    }
    attempt += 1
    return delay
  }

  private func gaveUp(_ error: AdapterError, after elapsed: Duration) -> AdapterError {
    guard attempt > 1 else { return error }
    var error = error
    let tenths = (elapsed.inNanoseconds + 50_000_000) / 100_000_000
    error.details.append("gave up after \(attempt) attempts in \(tenths / 10).\(tenths % 10) s")
    return error
  }
}
