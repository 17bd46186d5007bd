import JSON
import Testing

@Suite struct ExactNumberTests {
  private func classify(_ text: String) throws -> ExactNumber {
    var text = text
    return try text.withUTF8 { bytes in
      var scanner = JSONScanner(bytes)
      return scanner.exactNumber(try scanner.scanNumber())
    }
  }

  @Test(arguments: [
    ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", .min),
  ])
  func integersAreInts(_ text: String, _ value: Int64) throws {
    #expect(try classify(text) == .int(value))
  }

  @Test(arguments: [
    ("0.1", 0.1), ("1.50", 1.5), ("-2e3", -2000), ("1e300", 1e300),
    ("5e-324", .leastNonzeroMagnitude),
    ("0.30000000000000004", 0.30000000000000004), ("100.0", 100), ("0.000", 0),
    ("1.7976931348623157e308", 1.7976931348623157e308), ("123456789.123456", 123456789.123456),
  ])
  func whatADoubleHoldsIsADouble(_ text: String, _ value: Double) throws {
    #expect(try classify(text) == .double(value))
  }

  @Test func minusZeroKeepsItsSign() throws {
    guard case .double(let value) = try classify("-0") else {
      Issue.record("no double")
      return
    }
    #expect(value.sign == .minus && value == 0)
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "0.1000000000000000055", "1e400", "1e99999",
    "12345678901234567890.5", "0.12345678901234567", "1e-400",
  ])
  func theRestIsDecimal(_ text: String) throws {
    #expect(try classify(text) == .decimal)
  }
}
