import JSON
import Testing

/// Decimal text to the nearest double, beside the standard library's own conversion.
@Suite struct NearestDoubleTests {
  private func read(_ text: String) -> Double {
    var text = text
    return text.withUTF8 { nearestDouble(to: $0) }
  }

  @Test(arguments: [
    "0", "-0", "0.0", "1", "-1.5", "9007199254740993", "9007199254740992.5", "0.1", "1e23",
    "8.5e22", "9392.37113402062", "81.6391752577320", "18446744073709551615",
    "9999999999999999999", "10000000000000000000000", "1.7976931348623157e308", "4.9e-324", "1e400",
    "-1e-400", "2.2250738585072011e-308", "0.000000000000000000000000001", "123456789012345678901",
    "1234567890123456789000000000", "0.30000000000000004", "5e-1", "5E+1", "00012.500",
    "9007199254740991.4999999999999999999", "1000000000000000000.0000000000000000000",
  ])
  func readsTheNearest(_ text: String) throws {
    let expected = try #require(Double(text))
    #expect(read(text).bitPattern == expected.bitPattern)
  }

  /// Digits in all amounts around every exponent that is read by one division or product, ties
  /// and their neighbours included.
  @Test func readsRandomNumbersAsTheStandardLibraryDoes() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50_000 {
      let digits = String(UInt64.random(in: 0...UInt64.max, using: &generator))
      let kept = String(digits.prefix(Int.random(in: 1...20, using: &generator)))
      let text = "\(kept)e\(Int.random(in: -25...25, using: &generator))"
      #expect(read(text).bitPattern == Double(text)?.bitPattern, "\(text)")
      let half = Double.random(in: 1...1e15, using: &generator)
      let between = "\(half.ulp / 2 + half)"
      #expect(read(between).bitPattern == Double(between)?.bitPattern, "\(between)")
      let shortest = "\(half)"
      #expect(read(shortest) == half)
    }
  }

  @Test func roundsTiesToEven() {
    // Half way between two doubles: 2^53 + 1 and 2^53 + 3.
    #expect(read("9007199254740993") == 9_007_199_254_740_992)
    #expect(read("9007199254740995") == 9_007_199_254_740_996)
    #expect(read("9007199254740993.00001") == 9_007_199_254_740_994)
  }
}
