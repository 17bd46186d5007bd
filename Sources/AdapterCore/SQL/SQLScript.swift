/// A script, read statement by statement at flat memory. As a source of bytes it gives the data that
/// follow the statement read last.
public final class SQLScript: ByteSource {
  private static let chunkSize = 64 << 10

  private var splitter: StatementSplitter
  /// nil once everything was handed to the splitter.
  private var source: (any ByteSource)?
  private let chunk = UnsafeMutableRawBufferPointer.allocate(
    byteCount: SQLScript.chunkSize, alignment: 16)

  /// A file's text, nothing where there is no file; `name` stands in positions.
  public init(_ source: (any ByteSource)?, dialect: SQLDialect, name: String) {
    splitter = StatementSplitter(dialect: dialect, file: name, isScript: true)
    self.source = source
  }

  /// A text of statements alone.
  public init(text: String, dialect: SQLDialect) {
    splitter = StatementSplitter(dialect: dialect)
    var text = text
    text.withUTF8 { splitter.append($0) }
    splitter.finish()
  }

  deinit { chunk.deallocate() }

  /// The next statement; nil after the last. Data of the one before that were not read are skipped.
  public func next() throws(AdapterError) -> SQLText? {
    try skipData()
    while true {
      if let statement = try splitter.next() { return statement }
      guard source != nil else { return nil }
      try fill()
    }
  }

  /// Whether data follow the statement read last.
  public var hasData: Bool { splitter.isInData }

  /// The line that the next byte of the data stands on.
  public var dataLine: Int { splitter.dataLine }

  /// Reads on to the end of the data.
  private func skipData() throws(AdapterError) {
    guard hasData else { return }
    let ignored = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.chunkSize, alignment: 16)
    defer { ignored.deallocate() }
    while try read(into: ignored) > 0 {}
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    while true {
      if let count = try splitter.readData(into: buffer) { return count }
      try fill()
    }
  }

  /// Hands the next piece to the splitter.
  private func fill() throws(AdapterError) {
    let count = try source?.read(into: chunk) ?? 0
    guard count > 0 else {
      splitter.finish()
      source = nil
      return
    }
    let bytes = chunk.assumingMemoryBound(to: UInt8.self)[..<count]
    splitter.append(UnsafeBufferPointer(rebasing: bytes))
  }
}
