import AdapterCore
import Platform

/// How cells that are not text are written in text formats, and what text needs to be shown.
enum CellText {
  /// `NaN`, `Infinity`, `-Infinity` as PostgreSQL writes them; else the shortest exact digits.
  static func append(_ value: Double, to output: OutputBuffer) {
    if value.isFinite {
      output.append(value)
    } else if value.isNaN {
      output.append("NaN")
    } else {
      output.append(value < 0 ? "-Infinity" : "Infinity")
    }
  }

  static func append(_ value: Bool, to output: OutputBuffer) {
    output.append(value ? "true" : "false")
  }

  /// `\x` and two digits a byte, PostgreSQL's hex form of bytea.
  static func appendHex(_ bytes: BorrowedBytes, to output: OutputBuffer) {
    output.append("\\x")
    appendHexDigits(bytes, to: output)
  }

  static func appendHexDigits(_ bytes: BorrowedBytes, to output: OutputBuffer) {
    let target = output.reserve(bytes.count * 2)
    for (index, byte) in bytes.enumerated() {
      target[index * 2] = hexDigit(byte >> 4)
      target[index * 2 + 1] = hexDigit(byte & 0xF)
    }
    output.commit(bytes.count * 2)
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// `0xE9`, for messages.
  static func hexByte(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 0x10 ? "0x0\(digits)" : "0x\(digits)"
  }

  /// The value of a digit in any base up to 16.
  static func digitValue(_ byte: UInt8) -> UInt32? {
    Character(UnicodeScalar(byte)).hexDigitValue.map { UInt32($0) }
  }

  // MARK: Printable text

  /// Whether text holds nothing that `appendPrintable` would change.
  static func isPrintable(_ text: BorrowedBytes) -> Bool {
    var offset = 0
    while offset < text.count {
      let length = UTF8Text.sequenceLength(text, at: offset)
      if length == 0 || !isPrintable(UTF8Text.scalar(text, at: offset, length: length)) {
        return false
      }
      offset += length
    }
    return true
  }

  /// Appends text so that showing it cannot steer a terminal: control characters and those that
  /// turn the direction of writing as escapes (`\n`, `\x1b`, `\u202e`), stray bytes as `\xff`.
  static func appendPrintable(
    _ text: BorrowedBytes, keepingLineFeeds: Bool = false, to output: OutputBuffer,
    escape: (UInt32, OutputBuffer) -> Void = appendEscape
  ) {
    var offset = 0
    var runStart = 0
    while offset < text.count {
      let length = UTF8Text.sequenceLength(text, at: offset)
      let scalar = UTF8Text.scalar(text, at: offset, length: max(1, length))
      if length > 0, isPrintable(scalar) || (scalar == 0x0A && keepingLineFeeds) {
        offset += length
        continue
      }
      output.append(UnsafeBufferPointer(rebasing: text[runStart..<offset]))
      escape(scalar, output)
      offset += max(1, length)
      runStart = offset
    }
    output.append(UnsafeBufferPointer(rebasing: text[runStart...]))
  }

  /// Neither a control character (C0, DEL, C1) nor one that overrides the writing direction.
  private static func isPrintable(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x20..<0x7F: true
    case ..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: false
    default: true
    }
  }

  private static func appendEscape(_ scalar: UInt32, to output: OutputBuffer) {
    switch scalar {
    case 0x09: output.append("\\t")
    case 0x0A: output.append("\\n")
    case 0x0D: output.append("\\r")
    case ..<0x100:
      output.append("\\x")
      appendHexDigits(of: UInt8(scalar), to: output)
    default: appendJSONEscape(scalar, to: output)
    }
  }

  /// `\u202e`, for a scalar of the Basic Multilingual Plane.
  static func appendJSONEscape(_ scalar: UInt32, to output: OutputBuffer) {
    output.append("\\u")
    appendHexDigits(of: UInt8(truncatingIfNeeded: scalar >> 8), to: output)
    appendHexDigits(of: UInt8(truncatingIfNeeded: scalar), to: output)
  }

  private static func appendHexDigits(of byte: UInt8, to output: OutputBuffer) {
    output.append(hexDigit(byte >> 4))
    output.append(hexDigit(byte & 0xF))
  }
}
