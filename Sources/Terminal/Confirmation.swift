import AdapterCore
import Platform

/// A question that is answered on the terminal itself, whatever the standard streams are.
public enum Confirmation {
  /// Whether the answer begins with "y". Throws what cancelled it; `failed` without a terminal.
  public static func ask(
    _ question: String, _ cancellation: Cancellation
  ) throws(AdapterError) -> Bool {
    do throws(Errno) {
      let terminal = try FileDescriptor.openTerminal()
      let output = OutputBuffer(descriptor: terminal.rawValue, capacity: 1024)
      output.append("\(question) [y/N] ")
      try output.flush()
      let answer = try readLine(terminal.rawValue, cancellation)
      if cancellation.isCancelled { throw .interrupted }
      if answer == nil {
        // Ctrl-D leaves the cursor behind the question.
        output.append("\n")
        try output.flush()
      }
      return answer?.first == UInt8(ascii: "y") || answer?.first == UInt8(ascii: "Y")
    } catch {
      try cancellation.check()
      throw AdapterError(
        .failed, "cannot ask on the terminal: \(error.message)", code: error.name,
        hint: "--yes doesn't ask")
    }
  }

  /// One line in the terminal's own line mode, up to its newline; nil for the end of input.
  private static func readLine(
    _ descriptor: Int32, _ cancellation: Cancellation
  ) throws(Errno) -> [UInt8]? {
    var line: [UInt8] = []
    while !cancellation.isCancelled {
      // A signal wakes another thread, so that the wait is cut into pieces to see it.
      guard try waitUntilReadable(descriptor, timeout: .milliseconds(100)) else { continue }
      var byte: UInt8 = 0
      let count = try withUnsafeMutableBytes(of: &byte) { buffer throws(Errno) in
        try readSome(from: descriptor, into: buffer)
      }
      if count == 0 { return nil }
      if byte == UInt8(ascii: "\n") { break }
      line.append(byte)
    }
    return line
  }
}
