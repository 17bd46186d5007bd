import Platform
import Synchronization

/// Tells running work to stop: on SIGINT, SIGTERM or SIGHUP, or past the deadline.
///
/// Loops of nb's own call `check()`. An adapter registers how to stop what it runs; that starts the
/// watching thread, unless it can be done within a signal handler (`addQuickHandler`).
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

  private struct Handler {
    var number: Int
    var run: @Sendable () -> Void
  }

  private struct State {
    var reason: Reason?
    /// Few, and an array starts sooner than a dictionary.
    var handlers: [Handler] = []
    var nextNumber = 0
  }

  private struct Alarm {
    let instant: MonotonicInstant
    let action: @Sendable () -> Void
  }

  private let isSet = Atomic<Bool>(false)
  private let state = Mutex(State())
  /// Held while handlers run, so that `removeHandler` can wait for them.
  private let running = Mutex(())
  /// Readable once work must stop: what poll(2) loops watch beside their own descriptors. They call
  /// `watch` first.
  public let wakeEvent = WakeEvent()
  private let hasAlarm = Atomic<Bool>(false)
  private let alarm = Mutex<Alarm?>(nil)
  /// Starts the thread that waits for signals and the deadline; taken when it is first needed.
  private let startWatching: Mutex<(@Sendable () -> Void)?>

  /// Whether a signal that was caught stops the work.
  public let heedsSignals: Bool

  /// What this one follows; nil: it is cancelled on its own.
  private let leader: Cancellation?
  private let isShielded = Atomic<Bool>(false)

  /// One that is cancelled with `leader` but while it shields what must be put in order. It calls
  /// no handlers.
  public init(following leader: Cancellation) {
    self.leader = leader
    heedsSignals = false
    startWatching = Mutex(nil)
  }

  /// Runs `body` to its end: this one is not cancelled meanwhile. For one thread at a time.
  public func shielding<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    let wasShielded = isShielded.exchange(true, ordering: .relaxed)
    defer { isShielded.store(wasShielded, ordering: .relaxed) }
    return try body()
  }

  /// - Parameters:
  ///   - heedsSignals: false for what puts things in order after a signal.
  ///   - startWatching: what makes signals and a deadline reach the handlers; called once, when the
  ///     first of them is there.
  public init(heedsSignals: Bool = true, startWatching: (@Sendable () -> Void)? = nil) {
    self.heedsSignals = heedsSignals
    leader = nil
    self.startWatching = Mutex(startWatching)
  }

  /// Starts the watching thread unless it runs. A thread costs 0.4 ms at a command's start and end, so
  /// a quick command never has one.
  public func watch() {
    let start = startWatching.withLock { $0.take() }
    start?()
  }

  /// Why work must stop; nil while it may go on.
  public var reason: Reason? {
    if let leader { return isShielded.load(ordering: .relaxed) ? nil : leader.reason }
    if heedsSignals, let number = SignalPipe.firstCaught { cancel(.signal(number)) }
    return isSet.load(ordering: .acquiring) ? state.withLock(\.reason) : nil
  }

  /// Cheap enough for a loop over rows.
  public var isCancelled: Bool {
    if let leader { return !isShielded.load(ordering: .relaxed) && leader.isCancelled }
    if hasAlarm.load(ordering: .relaxed) { ringIfDue() }
    return isSet.load(ordering: .relaxed) || heedsSignals && SignalPipe.firstCaught != nil
  }

  // MARK: Alarm

  /// Calls `action` once, by the first loop or wait that looks at the cancellation after `instant`:
  /// what is due only in long work needs no thread that waits for it. Replaces an earlier alarm.
  public func setAlarm(at instant: MonotonicInstant, _ action: @escaping @Sendable () -> Void) {
    alarm.withLock { $0 = Alarm(instant: instant, action: action) }
    hasAlarm.store(true, ordering: .relaxed)
  }

  public func clearAlarm() {
    hasAlarm.store(false, ordering: .relaxed)
    alarm.withLock { $0 = nil }
  }

  /// When the alarm is due; waits end then, to look.
  var alarmInstant: MonotonicInstant? {
    hasAlarm.load(ordering: .relaxed) ? alarm.withLock { $0?.instant } : nil
  }

  func ringIfDue() {
    let due = alarm.withLock { alarm -> Alarm? in
      guard let set = alarm, set.instant <= .now else { return nil }
      alarm = nil
      return set
    }
    guard let due else { return }
    hasAlarm.store(false, ordering: .relaxed)
    due.action()
  }

  // MARK: Cancelling

  /// Cancels once; later calls change nothing. Runs the handlers on the calling thread.
  public func cancel(_ reason: Reason) {
    let isFirst = state.withLock { state in
      guard state.reason == nil else { return false }
      state.reason = reason
      return true
    }
    guard isFirst else { return }
    isSet.store(true, ordering: .releasing)
    wakeEvent.set()
    running.withLock { _ in
      for handler in state.withLock({ $0.handlers }) { handler.run() }
    }
  }

  /// Calls `handler` when work is cancelled; at once if it already is.
  public func addHandler(_ handler: @escaping @Sendable () -> Void) -> Registration {
    watch()
    return addQuickHandler(handler)
  }

  /// As `addHandler`, for work that also has a `SignalAction`: no thread is needed for a signal.
  public func addQuickHandler(_ handler: @escaping @Sendable () -> Void) -> Registration {
    let (registration, runNow) = state.withLock { state in
      let number = state.nextNumber
      state.nextNumber += 1
      state.handlers.append(Handler(number: number, run: handler))
      return (Registration(number: number), state.reason != nil)
    }
    if runNow { handler() }
    return registration
  }

  /// Forgets a handler; when this returns it does not run and will not, so that what it stops may
  /// be closed. Not to be called by a handler.
  public func removeHandler(_ registration: Registration) {
    state.withLock { $0.handlers.removeAll { $0.number == registration.number } }
    running.withLock { _ in }
  }

  /// Throws `timeout` or `cancelled` when work must stop.
  public func check() throws(AdapterError) {
    guard isCancelled, let error else { return }
    throw error
  }

  /// The error that stopped work ends with; nil while it may go on.
  public var error: AdapterError? { reason.map(Self.error(for:)) }

  static func error(for reason: Reason) -> AdapterError {
    switch reason {
    case .timeout: AdapterError(.timeout, "timed out", hint: "raise --timeout")
    case .signal: AdapterError(.cancelled, "interrupted")
    }
  }
}
