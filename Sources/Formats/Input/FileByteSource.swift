import AdapterCore
import Platform

/// Bytes of an open file, pipe or terminal.
public final class FileByteSource: ByteSource {
  /// How long one wait for a pipe lasts before the check for cancellation comes round.
  private static let waitSlice = Duration.milliseconds(100)

  private let descriptor: FileDescriptor?
  private let rawDescriptor: Int32
  private let name: String
  private let check: () throws(AdapterError) -> Void

  /// Reads from `descriptor`, which stays the caller's (stdin).
  ///
  /// `name` is for messages. `check` runs between reads and throws when work must stop.
  public init(
    borrowing descriptor: Int32, name: String,
    check: @escaping () throws(AdapterError) -> Void = { () throws(AdapterError) in }
  ) {
    self.descriptor = nil
    rawDescriptor = descriptor
    self.name = name
    self.check = check
  }

  /// Opens a file; throws `notFound`, `denied` or `io`, the latter for a directory.
  public init(
    path: String, check: @escaping () throws(AdapterError) -> Void = { () throws(AdapterError) in }
  ) throws(AdapterError) {
    do throws(Errno) {
      let opened = try FileDescriptor.openForReading(path)
      rawDescriptor = opened.rawValue
      descriptor = consume opened
    } catch {
      let hint = error == .noSuchFile ? "check the path; - is standard input" : nil
      throw AdapterError(error, doing: "open", path: path, hint: hint)
    }
    name = path
    self.check = check
  }

  /// Whether `read` would return at once.
  public func isReady() throws(AdapterError) -> Bool { try isReadable(within: .zero) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    repeat { try check() } while try !isReadable(within: Self.waitSlice)
    do throws(Errno) {
      return try readSome(from: rawDescriptor, into: buffer)
    } catch {
      throw AdapterError(error, reading: name)
    }
  }

  private func isReadable(within timeout: Duration) throws(AdapterError) -> Bool {
    do throws(Errno) {
      return try waitUntilReadable(rawDescriptor, timeout: timeout)
    } catch {
      throw AdapterError(error, reading: name)
    }
  }
}
