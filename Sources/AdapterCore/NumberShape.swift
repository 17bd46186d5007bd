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

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func skipDigits(_ text: BorrowedBytes, _ index: inout Int, _ end: Int) -> Int {
    let start = index
    while index < end, text[index] &- 0x30 < 10 { index += 1 }
    return index - start
  }
}
