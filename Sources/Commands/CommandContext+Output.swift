import AdapterCore
import Platform

extension CommandContext {
  /// Writes text to stdout. On a terminal control characters in it are shown escaped, but for line
  /// feeds and tabs.
  ///
  /// Throws `io` when it cannot be written.
  func print(_ text: String) throws(AdapterError) {
    if terminal.isTerminal(.output) {
      output.append(text.escapingControls(but: [.lineFeed, .tab]))
    } else {
      output.append(text)
    }
    try flushIfFull()
  }

  /// Writes what has gathered on stdout when it is much; throws `io` when that fails.
  func flushIfFull() throws(AdapterError) {
    do throws(Errno) {
      try output.flushIfFull()
    } catch {
      throw Self.outputError(error)
    }
  }

  /// Writes what has gathered on stdout; throws `io` when that fails.
  func flush() throws(AdapterError) {
    do throws(Errno) {
      try output.flush()
    } catch {
      throw Self.outputError(error)
    }
  }

  private static func outputError(_ errno: Errno) -> AdapterError {
    AdapterError(.io, "cannot write the output: \(errno.message)", code: errno.name)
  }
}
