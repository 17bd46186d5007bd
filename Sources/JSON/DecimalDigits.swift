/// A decimal number as mantissa × 10^exponent, without trailing zeros in the mantissa.
struct DecimalDigits: Equatable {
  var isNegative = false
  var mantissa: UInt64 = 0
  var exponent = 0

  /// nil when the mantissa has more than 19 digits or the exponent more than 4.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    isNegative = text.first == UInt8(ascii: "-")
    var scan = DigitScan(text, from: isNegative ? 1 : 0)
    scan.takeDigits()
    if scan.offset < text.count, text[scan.offset] == UInt8(ascii: ".") {
      scan.offset += 1
      let start = scan.offset
      scan.takeDigits()
      exponent = start - scan.offset
    }
    guard let written = DecimalDigits.exponent(text[scan.offset...]) else { return nil }
    exponent += written
    mantissa = scan.mantissa
    if scan.digitCount > 19 {
      guard let zeros = scan.trailingZeros(leaving: 19) else { return nil }
      mantissa = scan.significant(without: zeros)
      exponent += zeros
    }
    while mantissa != 0, mantissa % 10 == 0 {
      mantissa /= 10
      exponent += 1
    }
    if mantissa == 0 { exponent = 0 }
  }

  /// Digits on both sides of a point, as one number.
  private struct DigitScan {
    private let text: UnsafeBufferPointer<UInt8>
    private let start: Int
    var offset: Int
    /// Wraps around beyond 19 digits.
    private(set) var mantissa: UInt64 = 0
    /// Without leading zeros.
    private(set) var digitCount = 0

    init(_ text: UnsafeBufferPointer<UInt8>, from start: Int) {
      self.text = text
      self.start = start
      offset = start
    }

    @inline(__always)
    mutating func takeDigits() {
      while offset < text.count {
        let digit = text[offset] &- UInt8(ascii: "0")
        guard digit <= 9 else { return }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        if mantissa | UInt64(digitCount) != 0 { digitCount &+= 1 }
        offset &+= 1
      }
    }

    /// How many zeros end the digits, when without them this many are left at most; otherwise nil.
    func trailingZeros(leaving limit: Int) -> Int? {
      let zeros = text[start..<offset].reversed().prefix { $0 == 0x30 || $0 == 0x2E }
        .count { $0 == 0x30 }
      return digitCount - zeros <= limit ? zeros : nil
    }

    /// The digits as a number, without the last ones.
    func significant(without count: Int) -> UInt64 {
      var rest = digitCount - count
      var number: UInt64 = 0
      for byte in text[start..<offset] where byte != 0x2E && rest > 0 {
        if number == 0, byte == 0x30 { continue }
        number = number * 10 + UInt64(byte & 0xF)
        rest -= 1
      }
      return number
    }
  }

  /// The number behind `e`; 0 without one; nil when it has more than 4 digits.
  private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var digits = text.dropFirst()
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    if digits.count > 4 { return nil }
    let value = digits.reduce(0) { $0 * 10 + Int($1 & 0xF) }
    return isNegative ? -value : value
  }

  /// The double that is this number rounded once, where a single operation gives it (W. D.
  /// Clinger's fast path): up to 15 digits and a power of ten that is a double itself.
  var exactDouble: Double? {
    guard mantissa < 1_000_000_000_000_000, abs(exponent) <= 22 else { return nil }
    let power = DecimalDigits.powersOfTen[abs(exponent)]
    let value = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    return isNegative ? -value : value
  }

  /// The nearest double, where 10 to the exponent's magnitude fits a word: of the quotient or product
  /// in two words the upper one is kept, and what is below tells how to round it.
  var nearestDouble: Double? {
    guard abs(exponent) < DecimalDigits.wholePowersOfTen.count else { return nil }
    guard mantissa != 0 else { return isNegative ? -0.0 : 0 }
    let power = DecimalDigits.wholePowersOfTen[abs(exponent)]
    let scaled = exponent < 0 ? quotient(by: power) : product(with: power)
    // 53 of the 64 bits are a double's.
    let kept = scaled.significand >> 11
    let rest = scaled.significand & 0x7FF
    let isAboveHalf = rest > 0x400 || rest == 0x400 && (scaled.isInexact || kept & 1 == 1)
    // Rounding up may carry into the exponent, as it should.
    let magnitude =
      UInt64(1023 + 63 + scaled.exponent) << 52 + (kept - 1 << 52) + (isAboveHalf ? 1 : 0)
    return Double(bitPattern: isNegative ? magnitude | 1 << 63 : magnitude)
  }

  /// A number as significand × 2^exponent, the significand's highest bit set, and whether the number
  /// is larger by less than one.
  private typealias Scaled = (significand: UInt64, exponent: Int, isInexact: Bool)

  private func product(with power: UInt64) -> Scaled {
    let (high, low) = mantissa.multipliedFullWidth(by: power)
    guard high != 0 else {
      let zeros = low.leadingZeroBitCount
      return (low << zeros, -zeros, false)
    }
    let zeros = high.leadingZeroBitCount
    return (high << zeros | low >> (64 - zeros), 64 - zeros, low << zeros != 0)
  }

  private func quotient(by power: UInt64) -> Scaled {
    let zeros = mantissa.leadingZeroBitCount
    let powerZeros = power.leadingZeroBitCount
    let dividend = mantissa << zeros
    // Both have their highest bit set, so that half of the one is less than the other.
    let (quotient, remainder) = (power << powerZeros).dividingFullWidth(
      (dividend >> 1, dividend << 63))
    let quotientZeros = quotient.leadingZeroBitCount
    return (
      quotient << quotientZeros, powerZeros - zeros - 63 - quotientZeros, remainder != 0
    )
  }

  private static let wholePowersOfTen: [UInt64] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
    1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
