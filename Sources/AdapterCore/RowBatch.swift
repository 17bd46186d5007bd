/// Rows kept for a while: a sink that takes them, and plays them into another sink as often as needed.
///
/// All cells lie in one buffer that is used again after `removeAll`, so a batch in use allocates
/// nothing.
public final class RowBatch: RowSink {
  private enum Tag: UInt8 {
    case null, no, yes, int, double, decimal, text, bytes, json
  }

  public private(set) var columns: [Column] = []
  /// Rows that were ended.
  public private(set) var rowCount = 0
  /// A tag for each cell, then a number of 8 bytes, or a length of 8 bytes and as many bytes.
  private var cells: [UInt8] = []
  /// Where each row begins in `cells`.
  private var rowStarts: [Int] = []
  private var openRowStart = 0

  public init() {}

  /// What the cells take, in bytes.
  public var byteCount: Int { cells.count }

  /// Forgets the rows and keeps the columns and the memory.
  public func removeAll() {
    rowCount = 0
    cells.removeAll(keepingCapacity: true)
    rowStarts.removeAll(keepingCapacity: true)
    openRowStart = 0
  }

  // MARK: - Taking

  public func begin(columns: [Column]) { self.columns = columns }
  public func null() { cells.append(Tag.null.rawValue) }
  public func bool(_ value: Bool) { cells.append((value ? Tag.yes : Tag.no).rawValue) }
  public func int(_ value: Int64) { append(.int, UInt64(bitPattern: value)) }
  public func double(_ value: Double) { append(.double, value.bitPattern) }
  public func decimal(_ digits: BorrowedBytes) { append(.decimal, digits) }
  public func text(_ utf8: BorrowedBytes) { append(.text, utf8) }
  public func bytes(_ value: BorrowedBytes) { append(.bytes, value) }
  public func json(_ document: BorrowedBytes) { append(.json, document) }

  public func endRow() {
    rowStarts.append(openRowStart)
    openRowStart = cells.count
    rowCount += 1
  }

  public func finish() {}

  /// Drops the cells of a row that was not ended.
  public func dropOpenRow() { cells.removeLast(cells.count - openRowStart) }

  private func append(_ tag: Tag, _ number: UInt64) {
    cells.append(tag.rawValue)
    withUnsafeBytes(of: number) { cells.append(contentsOf: $0) }
  }

  private func append(_ tag: Tag, _ value: BorrowedBytes) {
    append(tag, UInt64(value.count))
    cells.append(contentsOf: value)
  }

  // MARK: - Playing

  /// Pushes one row, its end included; throws what the sink's `endRow` throws.
  public func play(row: Int, into sink: any RowSink) throws(AdapterError) {
    let start = rowStarts[row]
    let end = row + 1 < rowCount ? rowStarts[row + 1] : openRowStart
    var failure: AdapterError?
    cells.withUnsafeBufferPointer { all in
      var reader = CellReader(UnsafeBufferPointer(rebasing: all[start..<end]))
      while let tag = reader.byte() { Self.push(tag, from: &reader, into: sink) }
      // The cells are borrowed until the row's end.
      do throws(AdapterError) {
        try sink.endRow()
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private static func push(_ byte: UInt8, from reader: inout CellReader, into sink: any RowSink) {
    switch Tag(rawValue: byte) {
    case .null, nil: sink.null()
    case .no: sink.bool(false)
    case .yes: sink.bool(true)
    case .int: sink.int(Int64(bitPattern: reader.number()))
    case .double: sink.double(Double(bitPattern: reader.number()))
    case .decimal: sink.decimal(reader.bytes())
    case .text: sink.text(reader.bytes())
    case .bytes: sink.bytes(reader.bytes())
    case .json: sink.json(reader.bytes())
    }
  }
}

/// Reads the cells of a row back.
private struct CellReader {
  private var rest: BorrowedBytes

  init(_ bytes: BorrowedBytes) { rest = bytes }

  mutating func byte() -> UInt8? {
    guard let first = rest.first else { return nil }
    rest = UnsafeBufferPointer(rebasing: rest.dropFirst())
    return first
  }

  mutating func number() -> UInt64 {
    let value = UnsafeRawBufferPointer(rest).loadUnaligned(as: UInt64.self)
    rest = UnsafeBufferPointer(rebasing: rest.dropFirst(8))
    return value
  }

  mutating func bytes() -> BorrowedBytes {
    let count = Int(number())
    defer { rest = UnsafeBufferPointer(rebasing: rest.dropFirst(count)) }
    return UnsafeBufferPointer(rebasing: rest.prefix(count))
  }
}
