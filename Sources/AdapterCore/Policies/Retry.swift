import Platform

/// Runs work again that failed in a way that may pass: the one place where nb retries.
///
/// Between attempts it waits a random time up to a bound that doubles ("full jitter"), so that many
/// clients that failed together do not come back together.
public struct Retry: Sendable {
  public struct Policy: Equatable, Sendable {
    /// How often the work is tried at most, the first time included.
    public var attempts: Int
    /// The bound of the first wait; it doubles from one to the next.
    public var firstDelay: Duration
    /// The bound never grows beyond this.
    public var maximumDelay: Duration
    /// No attempt begins later than this after the first one; nil: no such limit.
    public var budget: Duration?

    public init(
      attempts: Int = 5, firstDelay: Duration = .milliseconds(50),
      maximumDelay: Duration = .seconds(5), budget: Duration? = .seconds(30)
    ) {
      self.attempts = attempts
      self.firstDelay = firstDelay
      self.maximumDelay = maximumDelay
      self.budget = budget
    }

    /// One attempt.
    public static let never = Policy(attempts: 1)

    /// The wait behind the attempt of this number, from 1: a share of a bound that doubles.
    ///
    /// - Parameter chance: from 0 up to 1; what share of the bound is waited.
    public func delay(after attempt: Int, chance: Double) -> Duration {
      // 2^30 times the first delay is beyond every maximum, and does not overflow.
      let bound = min(maximumDelay, firstDelay * (1 << min(attempt - 1, 30)))
      return .nanoseconds(Int64(Double(bound.inNanoseconds) * chance))
    }
  }

  /// Where time and chance come from; tests have their own.
  struct Timing: Sendable {
    var now: @Sendable () -> MonotonicInstant = { .now }
    var sleep: @Sendable (Duration, OperationContext) throws(AdapterError) -> Void = {
      (duration, operation) throws(AdapterError) in try operation.sleep(for: duration)
    }
    /// From 0 up to 1.
    var random: @Sendable () -> Double = { Double.random(in: 0...1) }
  }

  public let policy: Policy
  private let operation: OperationContext
  private let timing: Timing

  public init(_ policy: Policy, _ operation: OperationContext) {
    self.init(policy, operation, timing: Timing())
  }

  init(_ policy: Policy, _ operation: OperationContext, timing: Timing) {
    self.policy = policy
    self.operation = operation
    self.timing = timing
  }

  /// Returns what `body` returns; after an error that is retryable, waits and runs it again.
  ///
  /// Throws the last error when attempts or the budget run out, with what was tried in its details;
  /// `timeout` when the deadline leaves no time for another attempt; `cancelled` at once.
  ///
  /// - Parameters:
  ///   - isRetryable: whether it may be run again after an error, where the error alone does not say.
  ///   - note: what a person is told is done again, behind the error: "running the transaction again".
  ///   - willWait: hears of each wait: the error, how long, which retry of how many it is before.
  public func run<Result>(
    if isRetryable: (AdapterError) -> Bool = { $0.isRetryable }, note: String? = nil,
    willWait: (AdapterError, Duration, Int, Int) -> Void = { _, _, _, _ in },
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    var schedule = RetrySchedule(policy, start: timing.now())
    while true {
      do throws(AdapterError) {
        return try body()
      } catch {
        // The body's own error of being stopped may say what was done by then.
        if error.kind != .cancelled, error.kind != .timeout {
          try operation.cancellation.check()
        }
        guard isRetryable(error) else { throw error }
        let delay = try schedule.delay(
          after: error, now: timing.now(), deadline: operation.deadline, chance: timing.random())
        willWait(error, delay, schedule.attempt - 1, policy.attempts - 1)
        try timing.sleep(delay, operation)
        operation.metrics.recordRetry()
        if let note { operation.note("\(error.message); \(note)") }
      }
    }
  }
}
