import AdapterCore
import Platform

/// Writes CSV (RFC 4180, with LF as line end, as Unix tools read it).
///
/// NULL is an empty field, the empty string `""`. Fields are quoted only where they must be. Bytes
/// are written as `\x` and hexadecimal digits, JSON as its text.
final class CSVRenderer: RowSink {
  private let output: OutputBuffer
  private let options: RenderOptions
  private let delimiter: UInt8
  /// Finds what makes quotes necessary.
  private let finder: ByteFinder
  private var isFirstCell = true
  private var hasResultBefore = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
    delimiter = options.delimiter
    finder = ByteFinder(options.delimiter, UInt8(ascii: "\""), 0x0A, 0x0D)
  }

  func begin(columns: [Column]) throws(AdapterError) {
    if hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    guard options.header ?? true, !columns.isEmpty else { return }
    for column in columns {
      var name = column.name
      name.withUTF8 { text($0) }
    }
    try endRow()
  }

  @inline(__always)
  private func separate() {
    if isFirstCell { isFirstCell = false } else { output.append(delimiter) }
  }

  func null() { separate() }

  func bool(_ value: Bool) {
    separate()
    CellText.append(value, to: output)
  }

  func int(_ value: Int64) {
    separate()
    output.append(value)
  }

  func double(_ value: Double) {
    separate()
    CellText.append(value, to: output)
  }

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func text(_ utf8: BorrowedBytes) {
    separate()
    guard let base = utf8.baseAddress, !utf8.isEmpty else { return output.append("\"\"") }
    if options.forTerminal, !CellText.isPrintable(utf8) { return quotePrintable(utf8) }
    if finder.firstOffset(in: base, from: 0, to: utf8.count) == utf8.count {
      output.append(utf8)
    } else {
      quote(utf8)
    }
  }

  private func quote(_ utf8: BorrowedBytes) {
    let target = output.reserve(utf8.count * 2 + 2)
    target[0] = UInt8(ascii: "\"")
    var count = 1
    for byte in utf8 {
      target[count] = byte
      count += 1
      if byte == UInt8(ascii: "\"") {
        target[count] = byte
        count += 1
      }
    }
    target[count] = UInt8(ascii: "\"")
    output.commit(count + 1)
  }

  private func quotePrintable(_ utf8: BorrowedBytes) {
    let escaped = OutputBuffer.inMemory()
    CellText.appendPrintable(utf8, to: escaped)
    quote(escaped.collected)
  }

  func bytes(_ value: BorrowedBytes) {
    separate()
    CellText.appendHex(value, to: output)
  }

  func json(_ document: BorrowedBytes) { text(document) }

  func endRow() throws(AdapterError) {
    output.append(UInt8(ascii: "\n"))
    isFirstCell = true
    try output.endRecord(flush: options.flushEachRow)
  }

  func finish() throws(AdapterError) { try output.finishRecords() }
}
