import AdapterCore
import Platform

/// Reads CSV: RFC 4180, and what people really have.
///
/// Records end at LF, CR LF or CR, mixed as they come; quoted fields may hold line ends; a quote
/// inside an unquoted field is a character like others. An unquoted empty field is NULL, `""` is
/// the empty string. Lines with nothing on them are skipped, unless there is just one column: there
/// they are NULL. Every cell is text.
public final class CSVReader: RecordReader {
  /// What may separate fields when nothing is said; the earlier wins.
  static let delimiters = [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09, UInt8(ascii: "|")]

  static let quote = UInt8(ascii: "\"")
  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D

  private let input: RecordInput
  private let options: ReaderOptions
  private let nullText: [UInt8]
  private var delimiter = UInt8(ascii: ",")
  private var finder = ByteFinder(0, 0, 0, 0)
  private var fields = FieldList()
  private var scratch = Scratch()
  private var columnCount = 0
  /// Whether the first record was read for its number of columns only.
  private var hasPendingRecord = false
  /// Offset of the first text behind a closing quote.
  private var strayTextOffset: Int?

  public init(_ source: any ByteSource, options: ReaderOptions = ReaderOptions()) {
    input = RecordInput(
      source: source, name: options.sourceName, maximumRecordBytes: options.maximumRecordBytes)
    self.options = options
    nullText = Array(options.nullText.utf8)
  }

  public var line: Int { input.line }
  public var rawRecord: BorrowedBytes { input.content }
  public var bytesRead: Int { input.bytesRead }

  // MARK: Header

  public func readHeader() throws(AdapterError) -> [Column] {
    try input.skipByteOrderMark()
    try chooseDelimiter()
    if !options.header, let names = options.columnNames {
      columnCount = names.count
      return names.map { Column(name: $0) }
    }
    repeat {
      guard try scanRecord() else {
        throw input.error("the input is empty", hint: "a header or a record was expected")
      }
    } while isBlank
    try checkRecord()
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
    scratch.reset(capacity: input.contentLength)
    var names: [String] = []
    for index in 0..<fields.count {
      names.append(String(decoding: value(of: fields[index]), as: UTF8.self))
    }
    return ColumnNames.fromHeader(names)
  }

  private func chooseDelimiter() throws(AdapterError) {
    switch options.delimiter {
    case .byte(let byte): delimiter = byte
    case .automatic: try sniffDelimiter()
    }
    finder = ByteFinder(
      delimiter, CSVReader.lineFeed, CSVReader.carriageReturn, CSVReader.carriageReturn)
  }

  /// Counts the candidates outside quotes in the first line.
  private func sniffDelimiter() throws(AdapterError) {
    if try takeSeparatorLine() { return }
    let candidates = Self.delimiters
    var counts = [0, 0, 0, 0]
    var isQuoted = false
    var offset = 0
    while offset < RecordInput.chunkSize, try input.has(offset) {
      let byte = input.base[offset]
      offset += 1
      if byte == CSVReader.quote { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn { break }
      if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
    }
    let most = counts.max() ?? 0
    delimiter = candidates[counts.firstIndex(of: most) ?? 0]
  }

  /// Reads the line `sep=;` that Excel writes and obeys.
  private func takeSeparatorLine() throws(AdapterError) -> Bool {
    guard try input.has(4) else { return false }
    let start = UnsafeBufferPointer(start: input.base, count: 4)
    guard start.elementsEqual("sep=".utf8) else { return false }
    let byte = input.base[4]
    guard byte < 0x80, try !input.has(5) || isLineEnd(input.base[5]) else { return false }
    endRecord(contentLength: 5, lineEnd: try input.has(5) ? try lineEndLength(at: 5) : 0)
    input.advance()
    delimiter = byte
    return true
  }

  // MARK: Records

  public func next(into sink: any RowSink) throws(AdapterError) -> Bool {
    if hasPendingRecord {
      hasPendingRecord = false
    } else {
      repeat {
        guard try scanRecord() else { return false }
      } while isBlank && columnCount != 1
      try checkRecord()
    }
    if fields.count != columnCount {
      throw input.error(
        "expected \(counted(columnCount, "field")), found \(fields.count)",
        hint: "a field that holds the delimiter or a line end stands in quotes")
    }
    pushCells(to: sink)
    try sink.endRow()
    return true
  }

  /// Whether the record is a line with nothing on it.
  private var isBlank: Bool { input.contentLength == 0 }

  private func checkRecord() throws(AdapterError) {
    if let offset = strayTextOffset {
      throw input.error(
        "text after the closing quote of a field", at: offset,
        hint: "a quote inside a quoted field is written twice")
    }
    try input.requireUTF8()
  }

  private func pushCells(to sink: any RowSink) {
    scratch.reset(capacity: input.contentLength)
    for index in 0..<fields.count {
      let field = fields[index]
      if !field.isQuoted, isNull(field) {
        sink.null()
      } else {
        sink.text(value(of: field))
      }
    }
  }

  @inline(__always)
  private func isNull(_ field: FieldList.Field) -> Bool {
    guard field.count == nullText.count else { return false }
    return field.count == 0
      || UnsafeBufferPointer(start: input.base + field.start, count: field.count)
        .elementsEqual(nullText)
  }

  /// The field's text: where it stands, or with its doubled quotes made single in `scratch`.
  @inline(__always)
  private func value(of field: FieldList.Field) -> BorrowedBytes {
    let bytes = UnsafeBufferPointer(start: input.base + field.start, count: field.count)
    return field.hasEscapes ? unescaped(bytes) : bytes
  }

  private func unescaped(_ bytes: BorrowedBytes) -> BorrowedBytes {
    scratch.append { target in
      var count = 0
      var isSecondQuote = false
      for byte in bytes {
        isSecondQuote = byte == CSVReader.quote && !isSecondQuote
        if isSecondQuote { continue }
        target[count] = byte
        count += 1
      }
      return count
    }
  }

  // MARK: Scanning

  /// Finds the next record and its fields; false at the end of the input.
  private func scanRecord() throws(AdapterError) -> Bool {
    input.advance()
    fields.removeAll()
    strayTextOffset = nil
    guard try input.has(0) else { return false }
    var offset: Int? = 0
    while let start = offset {
      if try input.has(start), input.base[start] == CSVReader.quote {
        offset = try scanQuotedField(start)
      } else {
        offset = try scanPlainField(start, from: start)
      }
    }
    return true
  }

  /// Finds the end of an unquoted field; returns where the next one begins, nil after the last.
  @inline(__always)
  private func scanPlainField(_ start: Int, from: Int) throws(AdapterError) -> Int? {
    let end = try endOfPlainText(from: from)
    fields.append(start: start, end: end)
    return try afterField(end)
  }

  /// The offset of the delimiter, line end or end of the input at or after `offset`.
  @inline(__always)
  private func endOfPlainText(from offset: Int) throws(AdapterError) -> Int {
    var offset = offset
    while true {
      let available = input.available
      offset = finder.firstOffset(in: input.base, from: offset, to: available)
      if offset < available { return offset }
      if try !input.fill() { return offset }
    }
  }

  /// Goes over what ends a field at `end`: returns where the next field begins, nil after the last.
  @inline(__always)
  private func afterField(_ end: Int) throws(AdapterError) -> Int? {
    if end < input.available, input.base[end] == delimiter { return end + 1 }
    endRecord(contentLength: end, lineEnd: try lineEndLength(at: end))
    return nil
  }

  private func endRecord(contentLength: Int, lineEnd: Int) {
    input.contentLength = contentLength
    input.recordLength = contentLength + lineEnd
    input.lineEnds += lineEnd > 0 ? 1 : 0
  }

  /// Bytes of the line end at `offset`; 0 at the end of the input.
  @inline(__always)
  private func lineEndLength(at offset: Int) throws(AdapterError) -> Int {
    guard offset < input.available else { return 0 }
    if input.base[offset] == CSVReader.lineFeed { return 1 }
    return try input.has(offset + 1) && input.base[offset + 1] == CSVReader.lineFeed ? 2 : 1
  }

  private func isLineEnd(_ byte: UInt8) -> Bool {
    byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn
  }

  private func scanQuotedField(_ start: Int) throws(AdapterError) -> Int? {
    let finder = ByteFinder(
      CSVReader.quote, CSVReader.lineFeed, CSVReader.carriageReturn, CSVReader.quote)
    var offset = start + 1
    var hasEscapes = false
    while true {
      offset = finder.firstOffset(in: input.base, from: offset, to: input.available)
      if offset == input.available {
        guard try input.fill() else { throw unclosedQuote(start) }
        continue
      }
      if input.base[offset] != CSVReader.quote {
        offset += try lineEndLength(at: offset)
        input.lineEnds += 1
      } else if try input.has(offset + 1), input.base[offset + 1] == CSVReader.quote {
        hasEscapes = true
        offset += 2
      } else {
        break
      }
    }
    fields.append(start: start + 1, end: offset, isQuoted: true, hasEscapes: hasEscapes)
    let end = try endOfPlainText(from: offset + 1)
    if end > offset + 1, strayTextOffset == nil { strayTextOffset = offset + 1 }
    return try afterField(end)
  }

  /// The error for a quote at `start` that the input ends without closing; takes the rest as read.
  private func unclosedQuote(_ start: Int) -> AdapterError {
    endRecord(contentLength: input.available, lineEnd: 0)
    return input.error(
      "the quote that opens here is not closed", at: start,
      hint: "a quote inside a quoted field is written twice")
  }
}
