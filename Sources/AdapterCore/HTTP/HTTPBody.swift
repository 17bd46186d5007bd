import Platform

/// The content of a request, which can be read anew for another attempt.
public protocol HTTPBody: AnyObject {
  /// nil: not known before the end.
  var byteCount: Int? { get }
  /// Whether `rewind` works.
  var isRepeatable: Bool { get }
  /// To the beginning, for another attempt.
  func rewind() throws(AdapterError)
  /// Reads up to `buffer.count` bytes; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int
}

/// A body in memory.
public final class HTTPBytesBody: HTTPBody {
  public let bytes: [UInt8]
  private var position = 0

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var byteCount: Int? { bytes.count }
  public var isRepeatable: Bool { true }
  public func rewind() { position = 0 }

  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    bytes.withUnsafeBytes { source in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<position + count]))
    }
    position += count
    return count
  }
}
