/// A number of a JSON text in the narrowest form that keeps its value.
public enum ExactNumber: Equatable, Sendable {
  case int(Int64)
  /// A double whose shortest digits are the number's.
  case double(Double)
  /// Neither holds it; the text is the value.
  case decimal
}

extension JSONScanner {
  /// The scanned number as an integer, a double, or neither when both would change its value.
  public func exactNumber(_ token: NumberToken) -> ExactNumber {
    let text = UnsafeBufferPointer(rebasing: bytes[token.range])
    if token.isInteger {
      guard let integer = integer(text) else { return .decimal }
      // An integer cannot be -0.
      return integer == 0 && text[0] == UInt8(ascii: "-") ? .double(-0.0) : .int(integer)
    }
    guard let digits = DecimalDigits(text) else { return .decimal }
    if let fast = digits.exactDouble { return .double(fast) }
    let value = nearestDouble(to: text)
    guard value.isFinite else { return .decimal }
    var shortest = value.description
    return shortest.withUTF8 { DecimalDigits($0) } == digits ? .double(value) : .decimal
  }

  private func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    let isNegative = text[0] == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in text[(isNegative ? 1 : 0)...] {
      let digit = Int64(byte &- UInt8(ascii: "0"))
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      // Counted downwards when negative, so that Int64.min is reached.
      let (sum, overflow2) = product.addingReportingOverflow(isNegative ? -digit : digit)
      if overflow || overflow2 { return nil }
      value = sum
    }
    return value
  }
}
