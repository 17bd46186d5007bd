import AdapterCore
import Platform

/// Writes each row as a block with a column a line, for rows too wide for a table.
///
/// Texts of several lines go on under their first one. Control characters are shown as escapes;
/// NULL is `∅`.
final class VerticalRenderer: RowSink {
  private static let ruleWidth = 40

  private let output: OutputBuffer
  private let options: RenderOptions
  private let style: TableStyle
  private let names = TextCells()
  private let row = TextCells()
  private var nameWidth = 0
  private var rowNumber: Int64 = 0
  private var hasResultBefore = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
    style = TableStyle(options)
  }

  func begin(columns: [Column]) throws(AdapterError) {
    names.removeAll()
    row.removeAll()
    for column in columns {
      var name = column.name
      name.withUTF8 { names.append(text: $0, keepingLineFeeds: false) }
    }
    nameWidth = names.cells.reduce(0) { max($0, $1.width) }
    rowNumber = 0
  }

  func null() { row.appendNull(style.null) }
  func bool(_ value: Bool) { row.append(value) }
  func int(_ value: Int64) { row.append(value) }
  func double(_ value: Double) { row.append(value) }
  func decimal(_ digits: BorrowedBytes) { row.append(decimal: digits) }
  func text(_ utf8: BorrowedBytes) { row.append(text: utf8, keepingLineFeeds: true) }
  func bytes(_ value: BorrowedBytes) { row.append(bytes: value) }
  func json(_ document: BorrowedBytes) { row.append(text: document, keepingLineFeeds: true) }

  func endRow() throws(AdapterError) {
    rowNumber += 1
    if rowNumber == 1, hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    writeRule()
    for (name, cell) in zip(names.cells, row.cells) { write(name, cell) }
    row.removeAll()
    try output.endRecord(flush: options.flushEachRow)
  }

  func finish() throws(AdapterError) { try output.finishRecords() }

  /// `─[ 12 ]────────`.
  private func writeRule() {
    output.append(style.lineStart)
    output.append(style.rule)
    output.append("[ ")
    let numberStart = output.byteCount
    output.append(rowNumber)
    let used = output.byteCount - numberStart + 5
    output.append(" ]")
    for _ in 0..<max(1, VerticalRenderer.ruleWidth - used) { output.append(style.rule) }
    output.append(style.lineEnd)
    output.append(UInt8(ascii: "\n"))
  }

  private func write(_ name: TextCells.Cell, _ cell: TextCells.Cell) {
    var rest = row.text(of: cell)[...]
    writeLine(names.text(of: name), width: name.width, takeLine(&rest), of: cell)
    while rest.startIndex < rest.endIndex {
      rest.removeFirst()
      writeLine(BorrowedBytes(start: nil, count: 0), width: 0, takeLine(&rest), of: cell)
    }
  }

  /// Takes the text up to the next LF, which stays.
  private func takeLine(_ rest: inout Slice<BorrowedBytes>) -> BorrowedBytes {
    let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
    let line = BorrowedBytes(rebasing: rest[..<end])
    rest = rest[end...]
    return line
  }

  private func writeLine(
    _ label: BorrowedBytes, width: Int, _ line: BorrowedBytes, of cell: TextCells.Cell
  ) {
    emphasised(style.headerStart, label)
    for _ in 0...nameWidth - width { output.append(UInt8(ascii: " ")) }
    output.append(style.separator)
    if !line.isEmpty { output.append(UInt8(ascii: " ")) }
    emphasised(cell.kind == .null ? style.nullStart : "", line)
    output.append(UInt8(ascii: "\n"))
  }

  private func emphasised(_ start: StaticString, _ text: BorrowedBytes) {
    if text.isEmpty { return }
    output.append(start)
    output.append(text)
    if start.utf8CodeUnitCount > 0 { output.append(style.reset) }
  }
}
