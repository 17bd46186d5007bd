import Platform

/// Writes a dump into a file that appears at its path when it is complete, with a checksum of all of it.
public final class DumpWriter {
  private static let chunkSize = 128 << 10

  /// What was appended and is not yet in the file.
  public let output = OutputBuffer(descriptor: -1, capacity: 2 * DumpWriter.chunkSize)
  private let descriptor: Int32
  private let path: String
  private var hash = SHA256()
  public private(set) var byteCount = 0
  var reportedBytes = 0

  /// - Parameters:
  ///   - descriptor: the unfinished file's.
  ///   - path: for messages.
  public init(descriptor: Int32, path: String, engine: String) {
    self.descriptor = descriptor
    self.path = path
    output.append(DumpFormat.head(engine: engine))
  }

  /// Appends lines as a comment, whatever stands in them.
  public func comment(_ lines: [String]) {
    for line in lines {
      output.append("-- " + line.split { $0.isNewline }.joined(separator: " ") + "\n")
    }
  }

  /// Appends a statement with its terminator and an empty line.
  public func statement(_ sql: String) throws(AdapterError) {
    output.append(sql)
    output.append(";\n\n")
    try flushIfFull()
  }

  /// Writes out when there is much to write; to be called between rows.
  @inline(__always)
  public func flushIfFull() throws(AdapterError) {
    if output.collected.count >= Self.chunkSize { try flush() }
  }

  private func flush() throws(AdapterError) {
    let bytes = output.collected
    hash.update(bytes)
    try write(bytes)
  }

  private func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    do throws(Errno) {
      try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor)
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
    byteCount += bytes.count
    output.removeAll()
  }

  /// Writes the rest, and the line that says that all is there.
  public func finish(_ counts: DumpCounts) throws(AdapterError) {
    try flush()
    output.append(DumpFormat.tail(counts, sum: hash.hexDigest()))
    try write(output.collected)
  }
}
