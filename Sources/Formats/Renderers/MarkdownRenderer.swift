import AdapterCore
import Platform

/// Writes a table of GitHub Flavored Markdown, a row a line.
///
/// What Markdown would read as markup is escaped, line ends become `<br>`, NULL is `*NULL*`.
final class MarkdownRenderer: RowSink {
  private let output: OutputBuffer
  private let options: RenderOptions
  private var hasResultBefore = false
  private var hasColumns = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
  }

  func begin(columns: [Column]) throws(AdapterError) {
    hasColumns = !columns.isEmpty
    if !hasColumns { return }
    if hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    // A table of Markdown must have a header; without names it is an empty one.
    for column in columns {
      var name = options.header ?? true ? column.name : ""
      name.withUTF8 { text($0) }
    }
    try endRow()
    for column in columns { output.append(column.kind.isNumeric ? "| ---: " : "| --- ") }
    try endRow()
  }

  private func beginCell() { output.append("| ") }

  private func endCell() { output.append(UInt8(ascii: " ")) }

  func null() { output.append("| *NULL* ") }

  func bool(_ value: Bool) {
    beginCell()
    CellText.append(value, to: output)
    endCell()
  }

  func int(_ value: Int64) {
    beginCell()
    output.append(value)
    endCell()
  }

  func double(_ value: Double) {
    beginCell()
    CellText.append(value, to: output)
    endCell()
  }

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func text(_ utf8: BorrowedBytes) {
    beginCell()
    if options.forTerminal {
      let printable = OutputBuffer.inMemory()
      PrintableText.append(utf8, but: .lineFeed, to: printable)
      appendEscaped(printable.collected)
    } else {
      appendEscaped(utf8)
    }
    endCell()
  }

  private func appendEscaped(_ text: BorrowedBytes) {
    for (offset, byte) in text.enumerated() {
      switch byte {
      case 0x0A: output.append("<br>")
      case 0x0D: break
      case UInt8(ascii: "_"):
        // Within a word an underscore is just that: user_name.
        let isInWord =
          offset > 0 && isWordByte(text[offset - 1]) && offset + 1 < text.count
          && isWordByte(text[offset + 1])
        if !isInWord { output.append(UInt8(ascii: "\\")) }
        output.append(byte)
      case UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: "`"), UInt8(ascii: "*"),
        UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "~"), UInt8(ascii: "&"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      default: output.append(byte)
      }
    }
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
      true
    default: false
    }
  }

  func bytes(_ value: BorrowedBytes) {
    beginCell()
    output.append(UInt8(ascii: "\\"))
    CellText.appendHex(value, to: output)
    endCell()
  }

  func json(_ document: BorrowedBytes) { text(document) }

  func endRow() throws(AdapterError) {
    if !hasColumns { return }
    output.append("|\n")
    try output.endRecord(flush: options.flushEachRow)
  }

  func finish() throws(AdapterError) { try output.finishRecords() }
}

extension Column.Kind {
  /// Whether values are set flush right.
  var isNumeric: Bool {
    switch self {
    case .integer, .real, .decimal: true
    case .text, .bytes, .json, .boolean, .timestamp, .unknown: false
    }
  }
}
