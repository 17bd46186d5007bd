import Platform

extension OperationContext {
  /// Runs work that cannot be interrupted on a thread of its own, and waits for it; when the operation
  /// must stop first, the thread is left to itself.
  ///
  /// Throws `cancelled`, `timeout`, and `unavailable` when the system has no thread left.
  public func runApart<Outcome: Sendable>(
    _ name: String, _ work: @escaping @Sendable () -> Outcome
  ) throws(AdapterError) -> Outcome {
    try cancellation.check()
    let meeting = Meeting<Outcome>()
    let registration = cancellation.addHandler { meeting.wake() }
    defer { cancellation.removeHandler(registration) }
    do throws(Errno) {
      _ = try Thread(name: name) { meeting.end(with: work()) }
    } catch {
      throw AdapterError(
        .unavailable, "cannot start a thread to connect with: \(error.message)", code: error.name)
    }
    guard let outcome = meeting.wait(until: deadline, cancellation) else { throw stopError }
    return outcome
  }
}

/// What the thread that works and the one that waits for it share.
private final class Meeting<Outcome: Sendable>: @unchecked Sendable {
  private let condition = Condition()
  /// Guarded by the condition.
  private var outcome: Outcome?

  func end(with outcome: Outcome) {
    condition.withLock {
      self.outcome = outcome
      condition.wakeAll()
    }
  }

  func wake() { condition.withLock { condition.wakeAll() } }

  /// nil when the operation must stop.
  func wait(until deadline: Deadline, _ cancellation: Cancellation) -> Outcome? {
    condition.withLock {
      while outcome == nil, !cancellation.isCancelled, !deadline.isPassed {
        condition.wait(until: deadline.instant)
      }
      return outcome
    }
  }
}
