import AdapterCore
import Platform

/// Tab-separated values in the text form of PostgreSQL's COPY, which loses nothing: tab, line ends,
/// backslash and `\b \f \v` escaped, NULL as `\N`, bytes as `\\x` and hexadecimal digits.
struct TSVFormat: DelimitedFormat {
  static let hasHeader = false

  var delimiter: UInt8 { UInt8(ascii: "\t") }

  init(_: RenderOptions) {}

  @inline(__always)
  func appendNull(to output: OutputBuffer) { output.append("\\N") }

  func appendBytes(_ value: BorrowedBytes, to output: OutputBuffer) {
    output.append(UInt8(ascii: "\\"))
    CellText.appendHex(value, to: output)
  }

  @inline(__always)
  func appendText(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    guard let base = utf8.baseAddress else { return }
    if firstSpecialOffset(base, from: 0, to: utf8.count) == utf8.count {
      output.append(utf8)
    } else {
      escape(utf8, to: output)
    }
  }

  func appendFirstText(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    appendText(utf8, to: output)
  }

  /// What the format escapes is escaped its way, then what else a terminal should not get.
  func appendPrintable(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    let escaped = OutputBuffer.inMemory()
    escape(utf8, to: escaped)
    PrintableText.append(escaped.collected, to: output)
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
      if Self.escapeLetter(base[offset]) != nil { return offset }
      offset &+= 1
    }
    while offset < end, Self.escapeLetter(base[offset]) == nil { offset &+= 1 }
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
      if let letter = Self.escapeLetter(byte) {
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
}
