import Synchronization

/// Tells running work to stop, from another thread: on SIGINT or SIGTERM, or past the deadline.
///
/// An adapter registers how to stop what it runs (`sqlite3_interrupt`, `PQcancel`); loops of nb's
/// own call `check()`.
public final class Cancellation: Sendable {
  public enum Reason: Equatable, Sendable {
    /// The signal's number.
    case signal(Int32)
    /// `--timeout` passed.
    case timeout
  }

  /// Keeps a handler registered; `Cancellation.removeHandler` ends it.
  public struct Registration: Equatable, Sendable {
    let number: Int
  }

  private struct State {
    var reason: Reason?
    var handlers: [Int: @Sendable () -> Void] = [:]
    var nextNumber = 0
  }

  private let isSet = Atomic<Bool>(false)
  private let state = Mutex(State())

  public init() {}

  /// Why work must stop; nil while it may go on.
  public var reason: Reason? { isSet.load(ordering: .acquiring) ? state.withLock(\.reason) : nil }

  /// Cheap enough for a loop over rows.
  public var isCancelled: Bool { isSet.load(ordering: .relaxed) }

  /// Cancels once; later calls change nothing. Runs the handlers on the calling thread.
  public func cancel(_ reason: Reason) {
    let handlers = state.withLock { state -> [@Sendable () -> Void] in
      guard state.reason == nil else { return [] }
      state.reason = reason
      return Array(state.handlers.values)
    }
    isSet.store(true, ordering: .releasing)
    for handler in handlers { handler() }
  }

  /// Calls `handler` when work is cancelled; at once if it already is.
  public func addHandler(_ handler: @escaping @Sendable () -> Void) -> Registration {
    let (registration, runNow) = state.withLock { state in
      let number = state.nextNumber
      state.nextNumber += 1
      state.handlers[number] = handler
      return (Registration(number: number), state.reason != nil)
    }
    if runNow { handler() }
    return registration
  }

  public func removeHandler(_ registration: Registration) {
    state.withLock { _ = $0.handlers.removeValue(forKey: registration.number) }
  }

  /// Throws `timeout` or `cancelled` when work must stop.
  public func check() throws(AdapterError) {
    guard isCancelled, let error else { return }
    throw error
  }

  /// The error that stopped work ends with; nil while it may go on.
  public var error: AdapterError? {
    switch reason {
    case nil: nil
    case .timeout: AdapterError(.timeout, "timed out", hint: "raise --timeout")
    case .signal: AdapterError(.cancelled, "interrupted")
    }
  }
}
