import CPosix
import Glibc

/// Signals as data: a handler writes each one's number into a pipe, a thread reads it (the
/// self-pipe trick). One per process.
///
/// A signal that was ignored when nb started (nohup(1)) stays ignored. The second time the same
/// signal arrives nb dies by it at once, whatever it does, with the terminal restored and
/// unfinished files removed.
public struct SignalPipe: ~Copyable, Sendable {
  /// What ended a wait.
  public enum Event: Equatable, Sendable {
    /// The signal's number.
    case signal(Int32)
    case timeout
  }

  private let reader: FileDescriptor
  /// Kept open for the handler, which has only its number.
  private let writer: FileDescriptor

  /// Catches `signals`; throws what pipe2(2) reports.
  public init(catching signals: [Int32]) throws(Errno) {
    let ends = try makePipe(flags: O_CLOEXEC | O_NONBLOCK)
    reader = FileDescriptor(owning: ends.reader)
    writer = FileDescriptor(owning: ends.writer)
    for signal in signals where nb_signal_is_ignored(signal) == 0 {
      nb_signal_to_pipe(signal, writer.rawValue)
    }
  }

  /// The first signal that arrived, known before the pipe's reader wakes up; nil for none.
  public static var firstCaught: Int32? {
    let number = nb_first_caught_signal()
    return number == 0 ? nil : number
  }

  /// Waits for the next signal, at most until `instant`; nil waits without end.
  public func next(until instant: MonotonicInstant?) -> Event {
    while true {
      var number: UInt8 = 0
      if read(reader.rawValue, &number, 1) == 1 { return .signal(Int32(number)) }
      var request = pollfd(fd: reader.rawValue, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, pollTimeout(until: instant)) == 0, let instant, instant <= .now {
        return .timeout
      }
    }
  }
}

/// Work done within the signal handler itself, for as long as the value lives.
///
/// For C functions that are async-signal-safe, as `sqlite3_interrupt` and `PQcancel` are: they need
/// no thread that waits for the signal.
public struct SignalAction: ~Copyable {
  private let slot: Int32

  /// nil when all slots are taken; only to be called on the main thread.
  public init?(
    _ function: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    _ argument: UnsafeMutableRawPointer?
  ) {
    slot = nb_add_signal_action(function, argument)
    if slot < 0 { return nil }
  }

  deinit { nb_remove_signal_action(slot) }
}

/// How nb treats signals as a process.
public enum SignalDisposition {
  /// Makes a write to a closed pipe or socket fail with EPIPE, and one beyond the limit of a file's
  /// size with EFBIG (setrlimit(2)), instead of ending nb, so that it can clean up first; for a
  /// closed pipe it then dies by SIGPIPE itself.
  public static func ignoreFailedWrites() {
    nb_signal_ignore(SIGPIPE)
    nb_signal_ignore(SIGXFSZ)
  }
}

extension SignalNumber {
  /// The terminal was closed.
  public static let hangUp: Int32 = SIGHUP
}

/// A pipe, both ends close-on-exec; reading from it never waits.
public func openPipe() throws(Errno) -> (reader: Int32, writer: Int32) {
  let ends = try makePipe(flags: O_CLOEXEC)
  _ = nb_fcntl(ends.reader, F_SETFL, O_NONBLOCK)
  return ends
}

/// A pipe's two ends, with the flags of pipe2(2).
func makePipe(flags: Int32) throws(Errno) -> (reader: Int32, writer: Int32) {
  var ends: (Int32, Int32) = (-1, -1)
  try valueOrErrno {
    withUnsafeMutableBytes(of: &ends) { bytes in
      nb_pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress, flags)
    }
  }
  return (reader: ends.0, writer: ends.1)
}

/// The time left until `instant` in poll(2)'s milliseconds, rounded up so that a wait never ends
/// early and spins; -1, without end, for nil.
public func pollTimeout(until instant: MonotonicInstant?) -> Int32 {
  guard let instant else { return -1 }
  let left = instant.since(.now).inNanoseconds
  return left <= 0 ? 0 : Int32(clamping: left / 1_000_000 + 1)
}
