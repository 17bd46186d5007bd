import AdapterCore
import Platform

/// A file as content, read while it is sent; "-" is stdin.
public final class FileBody: HTTPBody {
  private let path: String
  private let operation: OperationContext
  private let file: FileDescriptor
  /// Where the content begins: stdin may have been read before.
  private let start: Int
  private var left: Int?
  public let byteCount: Int?
  public let isRepeatable: Bool

  /// Opens the file; throws as opening it does.
  public init(path: String, _ operation: OperationContext) throws(AdapterError) {
    self.path = path == "-" ? "standard input" : path
    self.operation = operation
    do throws(Errno) {
      let opened =
        path == "-"
        ? try FileDescriptor.duplicate(0) : try FileDescriptor.openForReading(path)
      let descriptor = opened.rawValue
      let status = try FileStatus(descriptor: descriptor)
      if status.kind == .directory { throw .isDirectory }
      isRepeatable = status.kind == .regular
      start = isRepeatable ? try FileSystem.offset(of: descriptor) : 0
      byteCount = isRepeatable ? max(0, status.size - start) : nil
      left = byteCount
      file = opened
    } catch {
      throw AdapterError(error, reading: path)
    }
  }

  private var descriptor: Int32 { file.rawValue }

  public func rewind() throws(AdapterError) {
    do throws(Errno) {
      try FileSystem.seek(descriptor, to: start)
      left = byteCount
    } catch {
      throw AdapterError(error, doing: "read again", path: path)
    }
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    // A file that grows meanwhile is sent as long as was announced.
    let limit = left.map { min($0, buffer.count) } ?? buffer.count
    guard limit > 0 else { return 0 }
    let count = try operation.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]), from: descriptor,
      named: path)
    left? -= count
    if count == 0, let left, left > 0 {
      throw AdapterError(
        .io, "\(path) ended \(left) bytes before its end", hint: "was it cut meanwhile?")
    }
    return count
  }
}
