/// A decimal number as mantissa × 10^exponent, without trailing zeros in the mantissa.
struct DecimalDigits: Equatable {
  var isNegative = false
  var mantissa: UInt64 = 0
  var exponent = 0

  /// nil when the mantissa has more than 19 digits or the exponent more than 4.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var offset = 0
    var digitCount = 0
    var fractionDigits = 0
    var isFraction = false
    var pendingZeros = 0
    if text[0] == UInt8(ascii: "-") {
      isNegative = true
      offset = 1
    }
    scan: while offset < text.count {
      let byte = text[offset]
      switch byte {
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "0"):
        // Zeros count only when another digit follows them.
        if mantissa != 0 { pendingZeros += 1 }
        if isFraction { fractionDigits += 1 }
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        digitCount += pendingZeros + 1
        if digitCount > 19 { return nil }
        for _ in 0..<pendingZeros { mantissa *= 10 }
        pendingZeros = 0
        let (sum, overflow) = (mantissa &* 10).addingReportingOverflow(UInt64(byte & 0xF))
        if overflow || mantissa > UInt64.max / 10 { return nil }
        mantissa = sum
        if isFraction { fractionDigits += 1 }
      default: break scan
      }
      offset += 1
    }
    guard let written = DecimalDigits.exponent(text[offset...]) else { return nil }
    exponent = mantissa == 0 ? 0 : written - fractionDigits + pendingZeros
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

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
