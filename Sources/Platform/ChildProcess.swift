import CPosix
import Glibc
import Synchronization

/// A program that nb has started (posix_spawn(3)).
///
/// It inherits stdin, stdout and stderr as asked, no other descriptor but those that it is given,
/// and no ignored SIGPIPE.
public final class ChildProcess: Sendable {
  /// How a program ended.
  public enum End: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// What the program has for stdin, stdout or stderr.
  public enum Stream: Sendable {
    /// nb's own.
    case inherited
    case devNull
    /// This descriptor of nb's.
    case descriptor(Int32)
  }

  /// The process's number; its own group's too when it was started with `ownGroup`.
  public let identifier: pid_t
  private let ownsGroup: Bool
  /// nil while the process has not been waited for, so that its number is still its own.
  private let end = Mutex<End?>(nil)

  /// Starts `arguments[0]`, searched in PATH, with nb's environment.
  ///
  /// - Parameters:
  ///   - further: a descriptor of nb's that the program has as number 3.
  ///   - variables: `NAME=value`, in place of nb's own of these names.
  ///   - ownGroup: a process group of its own: the terminal's Ctrl-C does not reach it, and `send`
  ///     reaches all that it starts.
  public init(
    _ arguments: [String], input: Stream = .inherited, output: Stream = .inherited,
    errors: Stream = .inherited, further: Int32? = nil, variables: [String] = [],
    ownGroup: Bool = false
  ) throws(Errno) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    addAction(&actions, input, to: STDIN_FILENO)
    addAction(&actions, output, to: STDOUT_FILENO)
    addAction(&actions, errors, to: STDERR_FILENO)
    if let further { addAction(&actions, .descriptor(further), to: STDERR_FILENO + 1) }
    nb_close_from(&actions, STDERR_FILENO + (further == nil ? 1 : 2))
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setSignals(&attributes, ownGroup: ownGroup)
    var started: pid_t = 0
    let status = withCStrings(arguments) { words in
      withEnvironment(adding: variables) {
        posix_spawnp(&started, arguments[0], &actions, &attributes, words, $0)
      }
    }
    guard status == 0 else { throw Errno(rawValue: status) }
    identifier = started
    ownsGroup = ownGroup
  }

  /// Sends a signal, to its whole group if it has its own; nothing once it was waited for.
  public func send(signal: Int32) {
    end.withLock { end in
      guard end == nil else { return }
      _ = kill(ownsGroup ? -identifier : identifier, signal)
    }
  }

  /// Has its whole group killed when nb dies by a signal; returns what `spareOnDeath` takes.
  public func killOnDeath() -> Int32 { nb_kill_on_death(identifier) }

  /// To be called once the program has ended: its number may become another one's.
  public static func spareOnDeath(_ slot: Int32) { nb_spare_on_death(slot) }

  /// Waits for its end at most until `instant`; nil when it still runs then.
  public func wait(until instant: MonotonicInstant? = nil) throws(Errno) -> End? {
    // Looks ever less often: a short program is noticed soon, a long one costs nothing.
    var pause: UInt32 = 500
    while true {
      if let end = try poll() { return end }
      if let instant, instant <= .now { return nil }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// How it ended; nil while it runs.
  public func poll() throws(Errno) -> End? {
    let result = end.withLock { end -> Result<End?, Errno> in
      if let end { return .success(end) }
      var status: Int32 = 0
      let waited = waitpid(identifier, &status, WNOHANG)
      if waited == -1 && Errno.current != .interrupted { return .failure(.current) }
      if waited == identifier { end = End(waitStatus: status) }
      return .success(end)
    }
    return try result.get()
  }
}

extension ChildProcess.End {
  /// Reads what wait(2) gives.
  fileprivate init(waitStatus status: Int32) {
    self =
      nb_wait_signaled(status) != 0
      ? .signalled(nb_wait_term_signal(status)) : .exited(nb_wait_exit_status(status))
  }
}

private func addAction(
  _ actions: inout posix_spawn_file_actions_t, _ stream: ChildProcess.Stream, to target: Int32
) {
  switch stream {
  case .inherited: break
  case .devNull:
    let flags = target == STDIN_FILENO ? O_RDONLY : O_WRONLY
    posix_spawn_file_actions_addopen(&actions, target, "/dev/null", flags, 0)
  case .descriptor(let descriptor):
    posix_spawn_file_actions_adddup2(&actions, descriptor, target)
  }
}

/// Signals start as a shell's command expects them: none blocked, those that nb ignores at
/// their default.
private func setSignals(_ attributes: inout posix_spawnattr_t, ownGroup: Bool) {
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigaddset(&signals, SIGPIPE)
  sigaddset(&signals, SIGXFSZ)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  if ownGroup { flags |= POSIX_SPAWN_SETPGROUP }
  posix_spawnattr_setflags(&attributes, Int16(flags))
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return body(pointers)
}

/// Calls `body` with nb's environment and some variables more, or in place of those of the same
/// name.
private func withEnvironment<Result>(
  adding variables: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var entries: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) }
  let added = entries.count
  defer { for entry in entries[..<added] { free(entry) } }
  let prefixes = variables.map { $0.prefix { $0 != "=" } + "=" }
  var next = environ
  while let entry = next.pointee {
    if !prefixes.contains(where: { strncmp(entry, String($0), $0.utf8.count) == 0 }) {
      entries.append(entry)
    }
    next += 1
  }
  entries.append(nil)
  return body(entries)
}
