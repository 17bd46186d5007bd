/// Whether text is a decimal number, with sign, fraction and exponent; spaces around are allowed, as
/// databases allow them when they convert text.
public enum NumberShape: Sendable {
  case integer, real, none

  public init(_ text: BorrowedBytes) {
    var index = 0
    var end = text.count
    while index < end, Self.isSpace(text[index]) { index += 1 }
    while end > index, Self.isSpace(text[end - 1]) { end -= 1 }
    if index < end, text[index] == 0x2D || text[index] == 0x2B { index += 1 }
    let wholeDigits = Self.skipDigits(text, &index, end)
    var isReal = false
    var fractionDigits = 0
    if index < end, text[index] == 0x2E {
      isReal = true
      index += 1
      fractionDigits = Self.skipDigits(text, &index, end)
    }
    guard wholeDigits + fractionDigits > 0 else {
      self = .none
      return
    }
    if index < end, text[index] | 0x20 == 0x65 {
      isReal = true
      index += 1
      if index < end, text[index] == 0x2D || text[index] == 0x2B { index += 1 }
      guard Self.skipDigits(text, &index, end) > 0 else {
        self = .none
        return
      }
    }
    self = index < end ? .none : (isReal ? .real : .integer)
  }

  /// The power of ten of the last digit that is no zero: 0 for 105, -2 for 1.50e-1; nil for zero and
  /// for what is no number. A column that keeps fewer digits would round.
  public static func lowestPower(_ text: BorrowedBytes) -> Int? {
    guard NumberShape(text) != .none else { return nil }
    var power = 0
    var lowest: Int?
    var isFraction = false
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte | 0x20 == 0x65 { break }
      if byte == 0x2E { isFraction = true }
      guard byte &- 0x30 < 10 else { continue }
      if isFraction { power -= 1 } else if let last = lowest { lowest = last + 1 }
      if byte != 0x30 { lowest = isFraction ? power : 0 }
    }
    let exponent = Int(Substring(decoding: text[index...], as: UTF8.self).prefix { $0 > " " })
    return lowest.map { $0 + (exponent ?? 0) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func skipDigits(_ text: BorrowedBytes, _ index: inout Int, _ end: Int) -> Int {
    let start = index
    while index < end, text[index] &- 0x30 < 10 { index += 1 }
    return index - start
  }
}
