import Platform

/// What every operation of a command shares: when it must end, how it is stopped, what is counted,
/// and how a person is told something.
public final class OperationContext: Sendable {
  public let cancellation: Cancellation
  public let deadline: Deadline
  public let metrics: Metrics
  /// Prints one line for a person (stderr); a no-op under `--quiet`.
  public let note: @Sendable (String) -> Void

  public init(
    cancellation: Cancellation = Cancellation(), deadline: Deadline = .never,
    metrics: Metrics = Metrics(), note: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.cancellation = cancellation
    self.deadline = deadline
    self.metrics = metrics
    self.note = note
  }

  /// Throws when the work must stop, looked at once more before it is made lasting (COMMIT, rename).
  ///
  /// Ctrl-C ends the whole pipeline: the program that feeds nb dies, nb reads the end of its input,
  /// and must not take that for the end of the data. The signal came first, but the thread that
  /// cancels may not have run yet.
  public func checkBeforeLastStep() throws(AdapterError) {
    if let number = SignalPipe.firstCaught { cancellation.cancel(.signal(number)) }
    try cancellation.check()
  }
}
