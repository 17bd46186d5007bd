/// How long a connection waits for a lock of another process, and what the user changes to wait
/// longer.
struct LockTimeout {
  let duration: Duration
  /// Whether it is the caller's and not the setting busy_timeout.
  let isCallers: Bool

  /// The shorter one of those that are given; 5 s without any.
  init(_ setting: Duration?, _ callers: Duration?) {
    duration = min(setting ?? callers ?? .seconds(5), callers ?? setting ?? .seconds(5))
    isCallers = callers == duration
  }
}
