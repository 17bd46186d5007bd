import CPosix
import Glibc

/// Ends the process with `status`, running no atexit handlers: nb has flushed what it wrote.
public func exitProcess(_ status: Int32) -> Never { _exit(status) }

/// Ends the process by a signal's default action, so that the parent sees which signal it was.
public func dieBySignal(_ number: Int32) -> Never {
  nb_die_by_signal(number)
  // Reached only for a signal whose default action does not end a process.
  _exit(128 + number)
}

/// Numbers of the signals that end nb (signal(7)).
public enum SignalNumber {
  public static let interrupt: Int32 = SIGINT
  public static let brokenPipe: Int32 = SIGPIPE
  public static let terminate: Int32 = SIGTERM
  public static let kill: Int32 = SIGKILL
}

/// Ends the process with status 0 when `duration` has passed, whatever it is doing (setitimer(2)).
/// Only for work that leaves nothing half done.
public func exitSilently(after duration: Duration) {
  signal(SIGALRM) { _ in _exit(0) }
  // A parent that starts programs from a thread pool may hand its blocked signals down.
  var set = sigset_t()
  sigemptyset(&set)
  sigaddset(&set, SIGALRM)
  pthread_sigmask(SIG_UNBLOCK, &set, nil)
  let microseconds = duration.inNanoseconds / 1000
  var timer = itimerval()
  timer.it_value.tv_sec = Int(microseconds / 1_000_000)
  timer.it_value.tv_usec = Int(microseconds % 1_000_000)
  setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
}
