import AdapterCore
import Platform

/// Reads tab-separated values in the text form of PostgreSQL's COPY.
///
/// `\b \f \n \r \t \v`, `\ooo` and `\xhh` stand for characters, `\N` for NULL, a backslash before
/// anything else for that itself; `\.` alone on a line ends the data. Lines end at LF or CR LF.
/// Every cell is text. Lines with nothing on them are skipped, unless there is just one column.
public final class TSVReader: RecordReader {
  private static let tab: UInt8 = 0x09
  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D
  private static let backslash = UInt8(ascii: "\\")

  private let input: RecordInput
  private let options: ReaderOptions
  private let finder = ByteFinder(
    TSVReader.tab, TSVReader.lineFeed, TSVReader.backslash, TSVReader.backslash)
  private var fields = FieldList()
  private var scratch = Scratch()
  private var cells: [BorrowedBytes?] = []
  private var columnCount = 0
  /// Whether the first record was read for its number of columns only.
  private var hasPendingRecord = false
  private var hasEnded = false

  public init(_ source: any ByteSource, options: ReaderOptions = ReaderOptions()) {
    input = RecordInput(
      source: source, name: options.sourceName, maximumRecordBytes: options.maximumRecordBytes)
    self.options = options
  }

  public var line: Int { input.line }
  public var rawRecord: BorrowedBytes { input.content }
  public var bytesRead: Int { input.bytesRead }

  public func readHeader() throws(AdapterError) -> [Column] {
    try input.skipByteOrderMark()
    if !options.header, let names = options.columnNames {
      columnCount = names.count
      return names.map { Column(name: $0) }
    }
    repeat {
      guard try scanRecord() else {
        throw input.error("the input is empty", hint: "a header or a record was expected")
      }
    } while input.contentLength == 0
    try input.requireUTF8()
    columnCount = fields.count
    let names = try columnNames()
    hasPendingRecord = !options.header
    return names.map { Column(name: $0) }
  }

  public func takeHeaderAsRecord() {
    hasPendingRecord = options.header || hasPendingRecord
  }

  private func columnNames() throws(AdapterError) -> [String] {
    if let names = options.columnNames {
      if names.count == columnCount { return names }
      throw input.error("\(names.count) column names are given for \(columnCount) columns")
    }
    guard options.header else { return ColumnNames.numbered(columnCount) }
    try unescapeCells()
    return ColumnNames.fromHeader(
      cells.map { cell in cell.map { String(decoding: $0, as: UTF8.self) } ?? "" })
  }

  public func next(into sink: any RowSink) throws(AdapterError) -> Bool {
    if hasPendingRecord {
      hasPendingRecord = false
    } else {
      repeat {
        guard try scanRecord() else { return false }
      } while input.contentLength == 0 && columnCount != 1
      try input.requireUTF8()
    }
    if fields.count != columnCount {
      throw input.error(
        "expected \(counted(columnCount, "field")), found \(fields.count)",
        hint: "a tab inside a field is written \\t")
    }
    try unescapeCells()
    for cell in cells {
      if let cell { sink.text(cell) } else { sink.null() }
    }
    try sink.endRow()
    return true
  }

  // MARK: Scanning

  /// Finds the next record and its fields; false at the end of the data.
  private func scanRecord() throws(AdapterError) -> Bool {
    input.advance()
    fields.removeAll()
    guard !hasEnded, try input.has(0) else { return false }
    var start = 0
    var offset = 0
    var hasEscapes = false
    var recordHasEscapes = false
    while true {
      offset = finder.firstOffset(in: input.base, from: offset, to: input.available)
      if offset == input.available, try input.fill() { continue }
      let byte = offset < input.available ? input.base[offset] : TSVReader.lineFeed
      if byte == TSVReader.backslash {
        hasEscapes = true
        recordHasEscapes = true
        offset = min(offset + 2, try input.has(offset + 1) ? .max : input.available)
        continue
      }
      if byte == TSVReader.tab {
        fields.append(start: start, end: offset, hasEscapes: hasEscapes)
        offset += 1
        start = offset
        hasEscapes = false
        continue
      }
      endRecord(at: offset, hasEscapes: recordHasEscapes)
      fields.append(start: start, end: max(start, input.contentLength), hasEscapes: hasEscapes)
      hasEnded = isEndMarker
      return !hasEnded
    }
  }

  private func endRecord(at offset: Int, hasEscapes: Bool) {
    let hasLineFeed = offset < input.available
    let endsInReturn =
      hasLineFeed && offset > 0 && input.base[offset - 1] == TSVReader.carriageReturn
    input.contentLength = offset - (endsInReturn ? 1 : 0)
    input.recordLength = offset + (hasLineFeed ? 1 : 0)
    // A backslash before a line end makes it part of the value.
    let innerLineEnds = hasEscapes ? RecordInput.lineEnds(in: input.content).count : 0
    input.lineEnds = innerLineEnds + (hasLineFeed ? 1 : 0)
  }

  private var isEndMarker: Bool {
    input.contentLength == 2 && input.content.elementsEqual("\\.".utf8)
  }

  // MARK: Cells

  private func unescapeCells() throws(AdapterError) {
    scratch.reset(capacity: input.contentLength)
    cells.removeAll(keepingCapacity: true)
    for index in 0..<fields.count {
      let field = fields[index]
      let bytes = UnsafeBufferPointer(start: input.base + field.start, count: field.count)
      if !field.hasEscapes {
        cells.append(bytes)
      } else if bytes.count == 2, bytes.elementsEqual("\\N".utf8) {
        cells.append(nil)
      } else {
        let value = scratch.append { TSVReader.unescape(bytes, into: $0) }
        if UTF8Text.firstInvalidOffset(in: value) != nil {
          throw input.error("the escapes of a field give invalid UTF-8", at: field.start)
        }
        cells.append(value)
      }
    }
  }

  /// Writes a field with its escapes resolved; returns the count of bytes written.
  private static func unescape(
    _ field: BorrowedBytes, into target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var from = 0
    var to = 0
    while from < field.count {
      var byte = field[from]
      from += 1
      if byte == backslash, from < field.count {
        byte = field[from]
        from += 1
        byte = escaped(byte, in: field, &from)
      }
      target[to] = byte
      to += 1
    }
    return to
  }

  /// The byte that an escape stands for; `from` is behind its letter or first digit.
  private static func escaped(_ letter: UInt8, in field: BorrowedBytes, _ from: inout Int) -> UInt8
  {
    switch letter {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "v"): return 0x0B
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      from -= 1
      return number(in: field, &from, radix: 8, maximumDigits: 3) ?? letter
    case UInt8(ascii: "x"):
      return number(in: field, &from, radix: 16, maximumDigits: 2) ?? letter
    default: return letter
    }
  }

  /// Reads digits; nil when there are none. An octal number beyond a byte loses its high bits, as
  /// in PostgreSQL.
  private static func number(
    in field: BorrowedBytes, _ from: inout Int, radix: UInt32, maximumDigits: Int
  ) -> UInt8? {
    var value: UInt32 = 0
    var digits = 0
    while digits < maximumDigits, from < field.count,
      let digit = CellText.digitValue(field[from]), digit < radix
    {
      value = value * radix + digit
      digits += 1
      from += 1
    }
    return digits == 0 ? nil : UInt8(truncatingIfNeeded: value)
  }
}
