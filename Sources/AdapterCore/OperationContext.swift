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

  /// The same operation with a deadline of its own; all else is shared.
  public func ending(by deadline: Deadline) -> OperationContext {
    OperationContext(
      cancellation: cancellation, deadline: deadline, metrics: metrics, note: note)
  }
}
