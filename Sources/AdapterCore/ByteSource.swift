/// Where bytes come from: a file, memory, a decompressor, an object being downloaded.
public protocol ByteSource: AnyObject {
  /// Reads up to `buffer.count` bytes; 0 only at the end. May wait, and throws when cancelled.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int
}
