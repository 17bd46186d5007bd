import AdapterCore
import Platform

/// How cells that are not text are written in text formats.
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
    output.append(hexDigitsOf: bytes)
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
}
