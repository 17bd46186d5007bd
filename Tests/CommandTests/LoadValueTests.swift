import Foundation
import TestSupport
import Testing

/// What a load makes of single values: nothing is rounded or changed in silence.
@Suite struct LoadValueTests {
  /// Loads one value into a column of the type; nil for the name of the format: CSV.
  private func load(
    _ content: String, into type: String, format: String = "csv", fixture: Fixture
  ) throws -> NB.Result {
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (v \(type))")
    return try fixture.nb("db", "load", "app.db", "t", "-", "--format", format, input: content)
  }

  private func stored(_ fixture: Fixture) throws -> String {
    try fixture.ok("db", "query", "app.db", "select typeof(v), v from t")
      .trimmingCharacters(in: .newlines)
  }

  @Test(arguments: [
    ("INTEGER", "9223372036854775808"), ("INTEGER", "-9223372036854775809"),
    ("INTEGER", " 99999999999999999999 "), ("BIGINT", "+18446744073709551616"),
    ("NUMERIC", "9223372036854775808"), ("DECIMAL(20)", "12345678901234567890"),
    ("REAL", "1e400"), ("REAL", "-1e400"), ("REAL", "1e-400"), ("NUMERIC", "1e999"),
    ("REAL", "NaN"), ("INTEGER", "1.5"), ("INTEGER", "Infinity"), ("REAL", "x"), ("REAL", "0x10"),
  ])
  func aNumberThatDoesNotFitIsRefused(_ type: String, _ value: String) throws {
    let fixture = try Fixture()
    let result = try load("v\n1\n\(value)\n", into: type, fixture: fixture)
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.errors.contains("standard input:3"))
    #expect(result.errors.contains("'v' is \(type)"))
    #expect(result.errors.contains("hint"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test func aNumberTooLargeIsShownAndCanBeRejected() throws {
    let fixture = try Fixture()
    let value = "99999999999999999999"
    let result = try load("v\n\(value)\n", into: "INTEGER", fixture: fixture)
    #expect(result.errors.contains(value))
    #expect(result.errors.contains("TEXT"))
    try fixture.ok(
      "db", "load", "app.db", "t", "-", "--reject", "bad.csv", input: "v\n\(value)\n7\n")
    #expect(try stored(fixture) == "integer\t7")
    #expect(try fixture.directory.read("bad.csv").contains("beyond 64 bits"))
  }

  @Test(arguments: [
    ("INTEGER", "9223372036854775807", "integer\t9223372036854775807"),
    ("INTEGER", "-9223372036854775808", "integer\t-9223372036854775808"),
    ("INTEGER", " +7 ", "integer\t7"), ("INTEGER", "-0", "integer\t0"),
    ("INTEGER", "0000000000000000000000007", "integer\t7"),
    ("TEXT", "99999999999999999999", "text\t99999999999999999999"),
    ("TEXT", "007", "text\t007"), ("", "007", "text\t007"),
    ("BLOB", "007", "text\t007"), ("NUMERIC", "2024-01-02", "text\t2024-01-02"),
    ("NUMERIC", "1e3", "integer\t1000"), ("NUMERIC", "1.5", "real\t1.5"),
    ("REAL", "12345678901234567890", "real\t1.2345678901234567e+19"),
    ("REAL", "-Infinity", "real\t-Infinity"), ("REAL", "5", "real\t5.0"),
    ("REAL", ".5", "real\t0.5"), ("REAL", "5.", "real\t5.0"), ("REAL", "+1E+2", "real\t100.0"),
    ("REAL", "\"1.5\"", "real\t1.5"), ("REAL", "0.0", "real\t0.0"), ("REAL", "0e-999", "real\t0.0"),
  ])
  func aNumberThatFitsIsKept(_ type: String, _ value: String, _ expected: String) throws {
    let fixture = try Fixture()
    let result = try load("v\n\(value)\n", into: type, fixture: fixture)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try stored(fixture) == expected)
  }

  @Test(arguments: ["REAL", "NUMERIC", "DOUBLE PRECISION"])
  func doublesAreReadExactly(_ type: String) throws {
    let fixture = try Fixture()
    var generator = SystemRandomNumberGenerator()
    var values = [
      48.5371428571429, 0.1, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 0.3,
      123456.789e3,
    ]
    for _ in 0..<3000 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite, value.magnitude > 1e-300 { values.append(value) }
      values.append(Double.random(in: -1000...1000))
    }
    let content = "v\n" + values.map { "\($0)\n" }.joined()
    #expect(try load(content, into: type, fixture: fixture).status == 0)
    let lines = try fixture.ok("db", "query", "app.db", "select v from t order by rowid")
      .split(separator: "\n")
    #expect(lines.count == values.count)
    let wrong = zip(lines, values).filter { Double($0) != $1 }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test(arguments: [
    ("INTEGER", "1.5", 65, ""), ("INTEGER", "1e20", 65, ""), ("INTEGER", "[1]", 65, ""),
    ("INTEGER", "99999999999999999999", 65, ""), ("REAL", "1e400", 65, ""),
    ("REAL", "\"NaN\"", 65, ""), ("REAL", "\"Infinity\"", 0, "real\tInfinity"),
    ("INTEGER", "5.0", 0, "integer\t5"), ("INTEGER", "true", 0, "integer\t1"),
    ("TEXT", "true", 0, "text\ttrue"),
    ("TEXT", "0.1234567890123456", 0, "text\t0.1234567890123456"),
    ("TEXT", "99999999999999999999", 0, "text\t99999999999999999999"),
    ("REAL", "99999999999999999999", 0, "real\t1e+20"),
  ])
  func jsonValuesAreKeptOrRefused(
    _ type: String, _ value: String, _ status: Int, _ expected: String
  ) throws {
    let fixture = try Fixture()
    let result = try load("{\"v\":\(value)}\n", into: type, format: "ndjson", fixture: fixture)
    #expect(result.status == Int32(status), "\(result.errors)")
    if status == 0 { #expect(try stored(fixture) == expected) }
  }

  @Test func strictTablesKeepTheirOwnRules() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (v ANY, n INTEGER) strict")
    try fixture.ok("db", "load", "app.db", "t", "-", input: "v,n\n007,5\n")
    #expect(try stored(fixture) == "text\t007")
    #expect(try fixture.nb("db", "load", "app.db", "t", "-", input: "v,n\n1,x\n").status == 65)
  }

  @Test func aColumnOfNumbersTooLargeIsInferredAsText() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "load", "app.db", "t", "-", "--create",
      input: "v,w\n99999999999999999999,1e400\n1,2\n")
    #expect(
      try fixture.ok("db", "query", "app.db", "select v, w, typeof(v), typeof(w) from t")
        == "99999999999999999999\t1e400\ttext\ttext\n1\t2\ttext\ttext\n")
  }
}
