import AdapterCore
import JSON
import Platform

/// Writes JSON that is valid for every value: an array of objects on one line, or an object a line
/// (NDJSON).
///
/// Integers are exact, decimals strings, as are NaN and the infinities; bytes are base64 (RFC
/// 4648), JSON columns nested. A repeated column name gets `_2`. Each result set is an array of its
/// own.
final class JSONRenderer: DocumentSink {
  enum Layout {
    case array, lines
  }

  private let output: OutputBuffer
  private let layout: Layout
  private let options: RenderOptions
  /// `{"first":`, `,"second":` …: what stands before each cell, one after another.
  private let prefixes = OutputBuffer.inMemory()
  private var prefixEnds: [Int] = []
  private var column = 0
  private var rowCount = 0

  init(_ output: OutputBuffer, layout: Layout, options: RenderOptions) {
    self.output = output
    self.layout = layout
    self.options = options
  }

  func begin(columns: [Column]) throws(AdapterError) {
    prefixes.removeAll()
    prefixEnds.removeAll()
    for name in ColumnNames.unique(columns.map(\.name)) {
      prefixes.append(prefixEnds.isEmpty ? "{" : ",")
      var name = name
      name.withUTF8 { appendString($0, to: prefixes) }
      prefixes.append(UInt8(ascii: ":"))
      prefixEnds.append(prefixes.byteCount)
    }
    column = 0
    rowCount = 0
    if layout == .array { output.append(UInt8(ascii: "[")) }
  }

  private func beginCell() {
    if column == 0, layout == .array { separateRows() }
    let start = column == 0 ? 0 : prefixEnds[column - 1]
    output.append(UnsafeBufferPointer(rebasing: prefixes.collected[start..<prefixEnds[column]]))
    column += 1
  }

  /// A row of no columns, which PostgreSQL has, is an empty object.
  private func beginEmptyRow() {
    if layout == .array { separateRows() }
    output.append(UInt8(ascii: "{"))
  }

  private func separateRows() {
    if rowCount > 0 { output.append(UInt8(ascii: ",")) }
    if options.forTerminal { output.append("\n  ") }
    rowCount += 1
  }

  func null() {
    beginCell()
    output.append("null")
  }

  func bool(_ value: Bool) {
    beginCell()
    CellText.append(value, to: output)
  }

  func int(_ value: Int64) {
    beginCell()
    output.append(value)
  }

  func double(_ value: Double) {
    beginCell()
    output.appendJSON(value)
  }

  func double(digits: BorrowedBytes) {
    beginCell()
    output.append(digits)
  }

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func text(_ utf8: BorrowedBytes) {
    beginCell()
    appendString(utf8, to: output)
  }

  private func appendString(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    if options.forTerminal, !PrintableText.isPrintable(utf8) {
      let string = OutputBuffer.inMemory()
      string.appendJSONString(utf8)
      appendPrintable(string.collected, to: output)
    } else {
      output.appendJSONString(utf8)
    }
  }

  /// What JSON allows in a string and a terminal should not get is escaped as JSON does.
  private func appendPrintable(_ json: BorrowedBytes, to output: OutputBuffer) {
    PrintableText.append(json, to: output, escape: PrintableText.appendJSONEscape)
  }

  func bytes(_ value: BorrowedBytes) {
    beginCell()
    output.append(UInt8(ascii: "\""))
    Base64.append(value, to: output)
    output.append(UInt8(ascii: "\""))
  }

  func json(_ document: BorrowedBytes) {
    beginCell()
    // A valid document has line ends between tokens only, where they mean nothing.
    for line in document.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let line = UnsafeBufferPointer(rebasing: line)
      if options.forTerminal { appendPrintable(line, to: output) } else { output.append(line) }
    }
  }

  func document(_ json: BorrowedBytes) throws(AdapterError) {
    if layout == .array { separateRows() }
    if options.forTerminal { appendPrintable(json, to: output) } else { output.append(json) }
    if layout == .lines { output.append(UInt8(ascii: "\n")) }
    try output.endRecord(flush: options.flushEachRow)
  }

  func endRow() throws(AdapterError) {
    if prefixEnds.isEmpty { beginEmptyRow() }
    output.append(layout == .array ? "}" : "}\n")
    column = 0
    try output.endRecord(flush: options.flushEachRow)
  }

  func finish() throws(AdapterError) {
    if layout == .array {
      output.append(options.forTerminal && rowCount > 0 ? "\n]\n" : "]\n")
    }
    try output.finishRecords()
  }
}
