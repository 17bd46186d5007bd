import AdapterCore
import Platform

/// Writes tab-separated values in the text form of PostgreSQL's COPY, which loses nothing: tab,
/// line ends, backslash and `\b \f \v` escaped, NULL as `\N`, bytes as `\\x` and hexadecimal
/// digits.
final class TSVRenderer: RowSink {
  private let output: OutputBuffer
  private let options: RenderOptions
  private var isFirstCell = true
  private var hasResultBefore = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
  }

  func begin(columns: [Column]) throws(AdapterError) {
    if hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    guard options.header ?? false, !columns.isEmpty else { return }
    for column in columns {
      var name = column.name
      name.withUTF8 { text($0) }
    }
    try endRow()
  }

  @inline(__always)
  private func separate() {
    if isFirstCell { isFirstCell = false } else { output.append(UInt8(ascii: "\t")) }
  }

  func null() {
    separate()
    output.append("\\N")
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

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func text(_ utf8: BorrowedBytes) {
    separate()
    guard let base = utf8.baseAddress else { return }
    if options.forTerminal, !CellText.isPrintable(utf8) { return appendPrintable(utf8) }
    if firstSpecialOffset(base, from: 0, to: utf8.count) == utf8.count {
      output.append(utf8)
    } else {
      escape(utf8, to: output)
    }
  }

  /// The offset of the first byte to escape; `end` when there is none.
  private func firstSpecialOffset(
    _ base: UnsafePointer<UInt8>, from start: Int, to end: Int
  ) -> Int {
    var offset = start
    while offset &+ 8 <= end {
      let word = ByteFinder.word(base + offset)
      // Bytes below 0x0E, some of which need no escape, and backslashes.
      let marks =
        (word &- 0x0E0E_0E0E_0E0E_0E0E) & ~word & 0x8080_8080_8080_8080
        | ByteFinder.zeroBytes(word ^ ByteFinder.repeated(UInt8(ascii: "\\")))
      if marks == 0 {
        offset &+= 8
        continue
      }
      offset &+= marks.trailingZeroBitCount &>> 3
      if TSVRenderer.escapeLetter(base[offset]) != nil { return offset }
      offset &+= 1
    }
    while offset < end, TSVRenderer.escapeLetter(base[offset]) == nil { offset &+= 1 }
    return offset
  }

  /// The letter that stands for the byte behind a backslash; nil when the byte stands for itself.
  @inline(__always)
  private static func escapeLetter(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0B: UInt8(ascii: "v")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    case UInt8(ascii: "\\"): UInt8(ascii: "\\")
    default: nil
    }
  }

  private func escape(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    let target = output.reserve(utf8.count * 2)
    var count = 0
    for byte in utf8 {
      if let letter = TSVRenderer.escapeLetter(byte) {
        target[count] = UInt8(ascii: "\\")
        target[count + 1] = letter
        count += 2
      } else {
        target[count] = byte
        count += 1
      }
    }
    output.commit(count)
  }

  /// What the format escapes is escaped its way, then what else a terminal should not get.
  private func appendPrintable(_ utf8: BorrowedBytes) {
    let escaped = OutputBuffer.inMemory()
    escape(utf8, to: escaped)
    CellText.appendPrintable(escaped.collected, to: output)
  }

  func bytes(_ value: BorrowedBytes) {
    separate()
    output.append(UInt8(ascii: "\\"))
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
