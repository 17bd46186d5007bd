import Glibc

/// A shell command run for what it prints.
public enum ShellCommand {
  /// What `capture` ends with.
  public enum Outcome: Equatable, Sendable {
    /// How the command ended, and its stdout.
    case ended(ChildProcess.End, output: [UInt8])
    /// The deadline passed; the command was killed.
    case timedOut
    /// `wake` was set; the command was killed.
    case woken
    /// More than the limit was printed; the command was killed.
    case tooLong
  }

  /// Runs `/bin/sh -c command` with stdin from /dev/null and nb's stderr, and collects its stdout.
  ///
  /// The command stays in nb's process group, so that it may ask on the terminal and Ctrl-C ends it
  /// too. Throws what starting it or reading from it reports.
  ///
  /// - Parameters:
  ///   - limit: the most bytes of output.
  ///   - wake: ends the wait early, for cancellation.
  public static func capture(
    _ command: String, limit: Int, until deadline: MonotonicInstant?, wake: borrowing WakeEvent
  ) throws(Errno) -> Outcome {
    let ends = try makePipe(flags: O_CLOEXEC)
    let reader = FileDescriptor(owning: ends.reader)
    let child = try start(command, output: FileDescriptor(owning: ends.writer))
    var output: [UInt8] = []
    let stopped: Outcome?
    do throws(Errno) {
      stopped = try collect(
        from: reader.rawValue, into: &output, limit: limit, until: deadline, wake: wake)
    } catch {
      try stop(child)
      throw error
    }
    if let stopped {
      try stop(child)
      return stopped
    }
    guard let end = try child.wait(until: deadline) else {
      try stop(child)
      return .timedOut
    }
    return .ended(end, output: output)
  }

  /// nb's copy of the pipe's writing end is closed when this returns: only the command holds it.
  private static func start(
    _ command: String, output: consuming FileDescriptor
  ) throws(Errno) -> ChildProcess {
    try ChildProcess(
      ["/bin/sh", "-c", command], input: .devNull, output: .descriptor(output.rawValue))
  }

  /// Reads to the end of the output; returns why it stopped before that.
  private static func collect(
    from descriptor: Int32, into output: inout [UInt8], limit: Int,
    until deadline: MonotonicInstant?, wake: borrowing WakeEvent
  ) throws(Errno) -> Outcome? {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { chunk.deallocate() }
    while true {
      switch try readWhenReady(into: chunk, from: descriptor, wake: wake, until: deadline) {
      case .timeout: return .timedOut
      case .woken: return .woken
      case .bytes(0): return nil
      case .bytes(let count): output += chunk[..<count]
      }
      if output.count > limit { return .tooLong }
    }
  }

  private static func stop(_ child: ChildProcess) throws(Errno) {
    child.send(signal: SIGKILL)
    _ = try child.wait()
  }
}
