import AdapterCore
import Platform

/// How a format with a record a line writes what others write differently.
protocol DelimitedFormat {
  /// Whether column names are written unless it is said otherwise.
  static var hasHeader: Bool { get }
  var delimiter: UInt8 { get }

  init(_ options: RenderOptions)

  func appendNull(to output: OutputBuffer)
  func appendBytes(_ value: BorrowedBytes, to output: OutputBuffer)
  func appendText(_ utf8: BorrowedBytes, to output: OutputBuffer)
  /// The same in the first record of the output, from which readers guess the delimiter.
  func appendFirstText(_ utf8: BorrowedBytes, to output: OutputBuffer)
  /// Text that is not printable, for a terminal.
  func appendPrintable(_ utf8: BorrowedBytes, to output: OutputBuffer)
}

/// Writes records as lines of fields (csv, tsv), with LF as line end, as Unix tools read it.
final class DelimitedRenderer<Format: DelimitedFormat>: RowSink {
  private let output: OutputBuffer
  private let options: RenderOptions
  private let format: Format
  private let delimiter: UInt8
  private var isFirstCell = true
  private var isFirstRecord = true
  private var hasResultBefore = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
    format = Format(options)
    delimiter = format.delimiter
  }

  func begin(columns: [Column]) throws(AdapterError) {
    if hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    guard options.header ?? Format.hasHeader, !columns.isEmpty else { return }
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

  func null() {
    separate()
    format.appendNull(to: output)
  }

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

  func double(digits: BorrowedBytes) {
    separate()
    output.append(digits)
  }

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func text(_ utf8: BorrowedBytes) {
    separate()
    if options.forTerminal, !PrintableText.isPrintable(utf8) {
      format.appendPrintable(utf8, to: output)
    } else if isFirstRecord {
      format.appendFirstText(utf8, to: output)
    } else {
      format.appendText(utf8, to: output)
    }
  }

  func bytes(_ value: BorrowedBytes) {
    separate()
    format.appendBytes(value, to: output)
  }

  func json(_ document: BorrowedBytes) { text(document) }

  func endRow() throws(AdapterError) {
    output.append(UInt8(ascii: "\n"))
    isFirstCell = true
    isFirstRecord = false
    try output.endRecord(flush: options.flushEachRow)
  }

  func finish() throws(AdapterError) { try output.finishRecords() }
}
