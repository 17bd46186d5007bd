import AdapterCore
import JSON

/// What text stands for in a column of numbers, read exactly: SQLite's own conversion is off by one
/// in the last place for some doubles, and turns integers beyond 64 bits into doubles.
enum SQLiteNumber {
  case integer(Int64)
  /// Written as an integer, and beyond 64 bits; the nearest double.
  case largeInteger(Double)
  case real(Double)
  /// `Infinity` or `-Infinity`.
  case infinity(Double)
  /// Beyond the range of a double, or so small that it would become 0.
  case outOfRange
  /// `NaN`, for which SQLite has no value.
  case notANumber
  /// No number at all.
  case other

  /// White space around the number and a plus sign are allowed, as in SQLite.
  init(_ text: BorrowedBytes) {
    if let integer = Self.shortInteger(text) {
      self = .integer(integer)
      return
    }
    switch NumberShape(text) {
    case .integer:
      let digits = Self.trimmed(text)
      let integer = Int64(Substring(decoding: digits, as: UTF8.self))
      self = integer.map { .integer($0) } ?? Self.double(digits) { .largeInteger($0) }
    case .real: self = Self.double(Self.trimmed(text)) { .real($0) }
    case .none: self = Self.special(text)
    }
  }

  /// Up to 18 digits with a minus sign or none, which cannot overflow; nil for anything else.
  @inline(__always)
  private static func shortInteger(_ text: BorrowedBytes) -> Int64? {
    let isNegative = text.first == UInt8(ascii: "-")
    var index = isNegative ? 1 : 0
    guard index < text.count, text.count <= 18 else { return nil }
    var value: Int64 = 0
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    return isNegative ? -value : value
  }

  private static func double(
    _ digits: BorrowedBytes, _ make: (Double) -> SQLiteNumber
  ) -> SQLiteNumber {
    let value = nearestDouble(to: digits)
    let isLost = value == 0 && hasSignificantDigit(digits)
    return value.isFinite && !isLost ? make(value) : .outOfRange
  }

  private static func hasSignificantDigit(_ digits: BorrowedBytes) -> Bool {
    for byte in digits {
      if byte | 0x20 == UInt8(ascii: "e") { return false }
      if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) { return true }
    }
    return false
  }

  /// Without white space around it and without a plus sign.
  private static func trimmed(_ text: BorrowedBytes) -> BorrowedBytes {
    var rest = text[...]
    while let first = rest.first, first <= 0x20 || first == UInt8(ascii: "+") {
      rest = rest.dropFirst()
    }
    while let last = rest.last, last <= 0x20 { rest = rest.dropLast() }
    return BorrowedBytes(rebasing: rest)
  }

  /// The values that doubles have beside numbers, as nb and PostgreSQL write them.
  private static func special(_ text: BorrowedBytes) -> SQLiteNumber {
    // Most text is longer or begins with another letter.
    guard text.count <= 9, let first = text.first, "-INin".utf8.contains(first) else {
      return .other
    }
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "infinity", "inf": return .infinity(.infinity)
    case "-infinity", "-inf": return .infinity(-.infinity)
    case "nan": return .notANumber
    default: return .other
    }
  }
}
