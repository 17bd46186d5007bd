import AdapterCore
import JSON
import Platform

/// Reads one JSON object per record: NDJSON, or a JSON file of objects.
///
/// The columns are the first object's keys, or the given names. Keys may come in any order; a
/// missing one is NULL, an unknown or repeated one an error. Numbers become int, or double where
/// that keeps their value, or decimal; arrays and objects are pushed as JSON.
public final class JSONRecordReader: RecordReader {
  enum Framing {
    /// One object a line (NDJSON); blank lines are skipped.
    case lines
    /// One array of objects, or objects one after another over any number of lines.
    case documents
  }

  /// A member's value, pointing into the record or into `scratch`.
  private enum Cell {
    case missing, null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case decimal(BorrowedBytes)
    case text(BorrowedBytes)
    case json(BorrowedBytes)
  }

  private let input: RecordInput
  private let columnNames: [String]?
  private var framer: JSONFramer
  /// The columns' names as bytes, to compare keys with.
  private var keys: [[UInt8]] = []
  private var cells: [Cell] = []
  private var scratch = Scratch()
  /// The hint of the error that is about to be thrown.
  private var hint: String?
  /// Whether the first record was read for its keys only.
  private var hasPendingRecord = false

  init(_ source: any ByteSource, framing: Framing, options: ReaderOptions) {
    input = RecordInput(
      source: source, name: options.sourceName, maximumRecordBytes: options.maximumRecordBytes)
    columnNames = options.columnNames
    framer = JSONFramer(isLineBased: framing == .lines)
  }

  public var line: Int { input.line }
  public var rawRecord: BorrowedBytes { input.content }
  public var bytesRead: Int { input.bytesRead }
  public var hasStopped: Bool { framer.hasFailed }

  public func readHeader() throws(AdapterError) -> [Column] {
    try input.skipByteOrderMark()
    var columns: [Column] = []
    if let columnNames {
      columns = columnNames.map { Column(name: $0) }
    } else {
      guard try framer.nextRecord(in: input) else {
        throw input.error("the input is empty", hint: "a JSON object was expected")
      }
      columns = try scanFirstRecord()
      hasPendingRecord = true
    }
    keys = columns.map { Array($0.name.utf8) }
    cells = Array(repeating: .missing, count: keys.count)
    return columns
  }

  public func next(into sink: any RowSink) throws(AdapterError) -> Bool {
    if hasPendingRecord {
      hasPendingRecord = false
    } else {
      guard try framer.nextRecord(in: input) else { return false }
    }
    try scanRecord()
    for cell in cells { push(cell, to: sink) }
    try sink.endRow()
    return true
  }

  private func push(_ cell: Cell, to sink: any RowSink) {
    switch cell {
    case .missing, .null: sink.null()
    case .bool(let value): sink.bool(value)
    case .int(let value): sink.int(value)
    case .double(let value): sink.double(value)
    case .decimal(let digits): sink.decimal(digits)
    case .text(let utf8): sink.text(utf8)
    case .json(let document): sink.json(document)
    }
  }

  // MARK: Objects

  /// The first record's keys, and their kinds as far as its values tell.
  private func scanFirstRecord() throws(AdapterError) -> [Column] {
    var columns: [Column] = []
    try scanObject { scanner, key throws(JSONError) in
      let name = scanner.text(key)
      guard !columns.contains(where: { $0.name == name }) else {
        throw repeatedKey(key, in: scanner)
      }
      let kind = kind(of: try scanCell(&scanner))
      columns.append(Column(name: name, kind: kind))
    }
    return columns
  }

  private func kind(of cell: Cell) -> Column.Kind {
    switch cell {
    case .missing, .null: .unknown
    case .bool: .boolean
    case .int: .integer
    case .double: .real
    case .decimal: .decimal
    case .text: .text
    case .json: .json
    }
  }

  private func scanRecord() throws(AdapterError) {
    for index in cells.indices { cells[index] = .missing }
    var expected = 0
    try scanObject { scanner, key throws(JSONError) in
      let start = key.range.lowerBound - 1
      guard let column = column(of: key, in: scanner, expected: expected) else {
        hint = columnNames == nil ? "the first object's keys are the columns" : nil
        throw scanner.error("unknown key \(quoted(key, in: scanner))", at: start)
      }
      guard case .missing = cells[column] else {
        throw repeatedKey(key, in: scanner)
      }
      cells[column] = try scanCell(&scanner)
      expected = column + 1
    }
  }

  /// Scans the record's object; `member` reads each value.
  private func scanObject(
    _ member: (inout JSONScanner, JSONScanner.StringToken) throws(JSONError) -> Void
  ) throws(AdapterError) {
    scratch.reset(capacity: input.contentLength)
    hint = nil
    var scanner = JSONScanner(input.content)
    do throws(JSONError) {
      guard scanner.peekToken() == UInt8(ascii: "{") else {
        throw scanner.error("expected a JSON object")
      }
      try scanner.enter(0)
      if !scanner.take(UInt8(ascii: "}")) {
        repeat {
          scanner.skipWhitespace()
          let key = try scanner.scanString()
          try scanner.expectColon()
          try member(&scanner, key)
        } while try scanner.continues(closing: UInt8(ascii: "}"))
      }
      try scanner.expectEnd()
    } catch {
      throw input.error(
        error.message, at: error.offset, hint: hint ?? framer.hint)
    }
  }

  private func scanCell(_ scanner: inout JSONScanner) throws(JSONError) -> Cell {
    switch scanner.peekToken() {
    case UInt8(ascii: "\""):
      return .text(value(of: try scanner.scanString(), in: scanner))
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let range = try scanner.skipValue(depth: 1)
      return .json(UnsafeBufferPointer(rebasing: scanner.bytes[range]))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let token = try scanner.scanNumber()
      switch scanner.exactNumber(token) {
      case .int(let value): return .int(value)
      case .double(let value): return .double(value)
      case .decimal: return .decimal(UnsafeBufferPointer(rebasing: scanner.bytes[token.range]))
      }
    default:
      return try scanner.scanLiteral().map { .bool($0) } ?? .null
    }
  }

  private func value(of string: JSONScanner.StringToken, in scanner: JSONScanner) -> BorrowedBytes {
    let content = UnsafeBufferPointer(rebasing: scanner.bytes[string.range])
    if !string.hasEscapes { return content }
    return scratch.append { JSONScanner.unescape(content, into: $0) }
  }

  /// The column of a key. Looked for from the one expected next, as most objects of a file have
  /// their keys in the same order.
  private func column(
    of key: JSONScanner.StringToken, in scanner: JSONScanner, expected: Int
  ) -> Int? {
    let name = value(of: key, in: scanner)
    var index = expected
    for _ in keys.indices {
      if index >= keys.count { index = 0 }
      if keys[index].count == name.count, keys[index].elementsEqual(name) { return index }
      index += 1
    }
    return nil
  }

  private func repeatedKey(
    _ key: JSONScanner.StringToken, in scanner: JSONScanner
  ) -> JSONError {
    scanner.error("repeated key \(quoted(key, in: scanner))", at: key.range.lowerBound - 1)
  }

  private func quoted(_ key: JSONScanner.StringToken, in scanner: JSONScanner) -> String {
    JSONValue.string(scanner.text(key)).text()
  }
}
