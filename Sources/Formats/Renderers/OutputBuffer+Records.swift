import AdapterCore
import Platform

extension OutputBuffer {
  /// Ends a record: writes out when the buffer is full, or at once.
  func endRecord(flush flushNow: Bool) throws(AdapterError) {
    do throws(Errno) {
      if flushNow { try flush() } else { try flushIfFull() }
    } catch {
      throw OutputBuffer.writeError(error)
    }
  }

  /// Ends a result: writes everything out, unless it may yet be taken back.
  func finishRecords() throws(AdapterError) { try endRecord(flush: !holdsBack) }

  private static func writeError(_ errno: Errno) -> AdapterError {
    AdapterError(
      .io, "cannot write the output: \(errno.message)", code: errno.name, hint: errno.hint)
  }
}
