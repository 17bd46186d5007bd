/// Two numbers in RFC 8259's form compared by value, exactly, whatever their length.
public enum NumberOrder {
  /// Below 0, 0 or above 0, as `one` is less than, equal to or greater than `other`.
  public static func compare(
    _ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let (left, right) = (Decimal(one), Decimal(other))
    if left.sign != right.sign { return left.sign - right.sign }
    return left.sign * compareMagnitudes(left, right)
  }

  private static func compareMagnitudes(_ left: Decimal, _ right: Decimal) -> Int {
    if left.magnitude != right.magnitude { return left.magnitude < right.magnitude ? -1 : 1 }
    for index in 0..<max(left.digits.count, right.digits.count) {
      let one = index < left.digits.count ? left.digits[index] : 0x30
      let other = index < right.digits.count ? right.digits[index] : 0x30
      if one != other { return one < other ? -1 : 1 }
    }
    return 0
  }

  /// 0.DIGITS × 10^magnitude, its first digit not 0.
  private struct Decimal {
    /// -1, 0 or 1.
    var sign = 0
    var magnitude = 0
    var digits: [UInt8] = []

    init(_ text: UnsafeBufferPointer<UInt8>) {
      let isNegative = text.first == UInt8(ascii: "-")
      var hasPoint = false
      var offset = isNegative ? 1 : 0
      while offset < text.count, text[offset] | 0x20 != UInt8(ascii: "e") {
        let byte = text[offset]
        offset += 1
        if byte == UInt8(ascii: ".") {
          hasPoint = true
        } else if byte == 0x30, digits.isEmpty {
          if hasPoint { magnitude -= 1 }
        } else {
          digits.append(byte)
          if !hasPoint { magnitude += 1 }
        }
      }
      guard !digits.isEmpty else {
        magnitude = 0
        return
      }
      sign = isNegative ? -1 : 1
      magnitude += exponent(text[min(offset + 1, text.count)...])
    }

    /// The number behind `e`, held below what could overflow.
    private func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
      let isNegative = text.first == UInt8(ascii: "-")
      var value = 0
      for byte in text where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "+") {
        value = min(value * 10 + Int(byte & 0xF), 1 << 50)
      }
      return isNegative ? -value : value
    }
  }
}
