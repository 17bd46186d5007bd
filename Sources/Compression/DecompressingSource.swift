import AdapterCore

/// A source that decompresses what begins as a gzip stream and hands on everything else as it is.
///
/// The first bytes decide, not the name: no text that nb reads begins with them.
public final class DecompressingSource: ByteSource {
  private let source: any ByteSource
  private let name: String
  private var decompressor: GzipSource?
  private var hasBegun = false

  public init(_ source: any ByteSource, name: String) {
    self.source = source
    self.name = name
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    if let decompressor { return try decompressor.read(into: buffer) }
    if hasBegun { return try source.read(into: buffer) }
    hasBegun = true
    // A pipe may give a single byte at first; a buffer of less than two would tell nothing.
    var count = try source.read(into: buffer)
    while count == 1 && buffer.count > 1 {
      let more = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[1...]))
      if more == 0 { break }
      count += more
    }
    guard count > 1, (buffer[0], buffer[1]) == GzipSource.magic else { return count }
    let prefix = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    let decompressor = try GzipSource(source, prefix: prefix, name: name)
    self.decompressor = decompressor
    return try decompressor.read(into: buffer)
  }
}
