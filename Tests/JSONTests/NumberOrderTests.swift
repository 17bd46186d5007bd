import JSON
import Testing

@Suite struct NumberOrderTests {
  private func compare(_ one: String, _ other: String) -> Int {
    Array(one.utf8).withUnsafeBufferPointer { one in
      Array(other.utf8).withUnsafeBufferPointer { NumberOrder.compare(one, $0) }
    }
  }

  @Test(arguments: [
    ("1", "1.0"), ("10", "1e1"), ("0", "-0.0e9"), ("0.05", "5E-2"), ("-12.50", "-1.25e+1"),
    ("123456789012345678901234567890", "1.2345678901234567890123456789e29"),
    ("0.0", "0e99999999999"),
  ])
  func equalNumbers(_ one: String, _ other: String) {
    #expect(compare(one, other) == 0)
    #expect(compare(other, one) == 0)
  }

  @Test(arguments: [
    ("1", "2"), ("-2", "-1"), ("-1", "0"), ("0", "0.1"), ("9", "10"), ("0.09", "0.1"),
    ("12345678901234567890", "12345678901234567891"), ("1.49", "1.5"), ("1e-99999999999", "1e-9"),
    ("9e99999999999", "1e999999999999"), ("-1e5", "1e-5"),
  ])
  func lesserNumbers(_ one: String, _ other: String) {
    #expect(compare(one, other) < 0)
    #expect(compare(other, one) > 0)
  }
}
