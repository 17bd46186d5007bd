import AdapterCore
import JSON
import Platform

/// A file of exchanges in the format HAR 1.2, which appears when it is complete. Entries go to the disk
/// as they come, so that a long run takes no memory.
final class HARFile {
  private let path: String
  private var file: AtomicFile?
  private let output: OutputBuffer
  private var isEmpty = true
  private var failure: Errno?

  init(_ settings: HARSettings) throws(AdapterError) {
    path = settings.path
    do throws(Errno) {
      let file = try AtomicFile(settings.path, mode: 0o600)
      output = OutputBuffer(descriptor: file.descriptor)
      self.file = consume file
    } catch {
      throw AdapterError(error, doing: "write", path: settings.path)
    }
    output.append(#"{"log":{"version":"1.2","creator":{"name":"nb","version":"#)
    output.appendJSONString(settings.creatorVersion)
    output.append(#"},"entries":["#)
  }

  func append(_ entry: JSONValue) {
    guard failure == nil, file != nil else { return }
    output.append(isEmpty ? "\n" : ",\n")
    isEmpty = false
    output.appendJSON(entry)
    do throws(Errno) {
      try output.flushIfFull()
    } catch {
      failure = error
    }
  }

  /// Completes the file and gives it its name; once. Throws `io` when it could not be written.
  func finish() throws(AdapterError) {
    guard let file = file.take() else { return }
    do throws(Errno) {
      if let failure { throw failure }
      output.append("\n]}}\n")
      try output.flush()
      try file.commit(isDurable: false)
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
  }
}
