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
    do throws(Errno) {
      try output.flushIfFull()
    } catch {
      throw AdapterError(.io, "cannot write the output: \(error.message)", code: error.name)
    }
  }
}
