import AdapterCore
import TestSupport
import Testing

/// What MariaDB's types are read as, value by value.
@Suite(.needsServers) struct MySQLTypeTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var type: String
    /// The value as an SQL expression.
    var stored: String
    var expected: Value
    var kind: Column.Kind

    var testDescription: String { "\(type) \(stored)" }

    init(_ type: String, _ stored: String, _ expected: Value, _ kind: Column.Kind) {
      self.type = type
      self.stored = stored
      self.expected = expected
      self.kind = kind
    }
  }

  static let samples: [Sample] = [
    Sample("TINYINT", "-128", .int(-128), .integer),
    Sample("TINYINT UNSIGNED", "255", .int(255), .integer),
    Sample("TINYINT(1)", "TRUE", .int(1), .integer),
    Sample("TINYINT(1)", "2", .int(2), .integer),
    Sample("SMALLINT", "-32768", .int(-32768), .integer),
    Sample("SMALLINT UNSIGNED", "65535", .int(65535), .integer),
    Sample("MEDIUMINT", "-8388608", .int(-8_388_608), .integer),
    Sample("MEDIUMINT UNSIGNED", "16777215", .int(16_777_215), .integer),
    Sample("INT", "-2147483648", .int(-2_147_483_648), .integer),
    Sample("INT UNSIGNED", "4294967295", .int(4_294_967_295), .integer),
    Sample("INT(8) ZEROFILL", "42", .int(42), .integer),
    Sample("BIGINT", "-9223372036854775808", .int(.min), .integer),
    Sample("BIGINT UNSIGNED", "9223372036854775807", .int(.max), .integer),
    Sample(
      "BIGINT UNSIGNED", "18446744073709551615", .decimal("18446744073709551615"), .integer),
    Sample("YEAR", "1901", .int(1901), .integer),
    Sample("YEAR", "0", .int(0), .integer),
    Sample("BIT(1)", "b'1'", .int(1), .integer),
    Sample("BIT(12)", "b'101000000001'", .int(2561), .integer),
    Sample(
      "BIT(64)", "~0", .decimal("18446744073709551615"), .integer),
    Sample("FLOAT", "0.1", .double(0.1), .real),
    Sample("FLOAT", "16777216", .double(16_777_216), .real),
    Sample("FLOAT", "3.4028234e38", .double(Double(Float.greatestFiniteMagnitude)), .real),
    Sample("DOUBLE", "0.1e0 + 0.2e0", .double(0.1 + 0.2), .real),
    Sample("DOUBLE", "-2.2250738585072014e-308", .double(-2.2250738585072014e-308), .real),
    Sample("DECIMAL(10,2)", "-1.10", .decimal("-1.10"), .decimal),
    Sample(
      "DECIMAL(65,30)", "12345678901234567890123456789012345.123456789012345678901234567890",
      .decimal("12345678901234567890123456789012345.123456789012345678901234567890"), .decimal),
    Sample("CHAR(5)", "'ab '", .text("ab"), .text),
    Sample("CHAR(5) CHARACTER SET latin1", "'né'", .text("né"), .text),
    Sample("VARCHAR(20)", "'naïve 🦀 '", .text("naïve 🦀 "), .text),
    Sample("TINYTEXT", "''", .text(""), .text),
    Sample("TEXT CHARACTER SET utf16", "'日本'", .text("日本"), .text),
    Sample("ENUM('a','b')", "'b'", .text("b"), .text),
    Sample("SET('x','y','z')", "'z,x'", .text("x,z"), .text),
    Sample("BINARY(3)", "x'00ff'", .bytes([0, 255, 0]), .bytes),
    Sample("VARBINARY(10)", "x'00ff'", .bytes([0, 255]), .bytes),
    Sample("TINYBLOB", "''", .bytes([]), .bytes),
    Sample("BLOB", "'text'", .bytes(Array("text".utf8)), .bytes),
    Sample("JSON", #"'{"a": [1, null]}'"#, .json(#"{"a": [1, null]}"#), .json),
    Sample("DATE", "'2024-02-29'", .text("2024-02-29"), .timestamp),
    Sample("DATE", "'0000-00-00'", .text("0000-00-00"), .timestamp),
    Sample("DATE", "'9999-12-31'", .text("9999-12-31"), .timestamp),
    Sample("DATETIME", "'2024-02-29 00:00:00'", .text("2024-02-29 00:00:00"), .timestamp),
    Sample("DATETIME", "'0000-00-00 00:00:00'", .text("0000-00-00 00:00:00"), .timestamp),
    Sample(
      "DATETIME(3)", "'2024-02-29 12:34:56.789'", .text("2024-02-29 12:34:56.789"), .timestamp),
    Sample(
      "DATETIME(6)", "'2024-02-29 12:34:56'", .text("2024-02-29 12:34:56.000000"), .timestamp),
    Sample(
      "TIMESTAMP(6)", "'2024-02-29 12:34:56.000001'", .text("2024-02-29 12:34:56.000001"),
      .timestamp),
    Sample("TIME", "'00:00:00'", .text("00:00:00"), .text),
    Sample("TIME", "'-838:59:59'", .text("-838:59:59"), .text),
    Sample("TIME(2)", "'838:59:59.99'", .text("838:59:59.99"), .text),
    Sample("TIME(6)", "'-00:00:00.5'", .text("-00:00:00.500000"), .text),
    Sample(
      "UUID", "'123E4567-e89b-12d3-a456-426655440000'",
      .text("123e4567-e89b-12d3-a456-426655440000"), .text),
    Sample("INET4", "'192.0.2.1'", .text("192.0.2.1"), .text),
    Sample("INET6", "'2001:db8::ff00:42:8329'", .text("2001:db8::ff00:42:8329"), .text),
    Sample("POINT", "POINT(1.5, -2)", .text("POINT(1.5 -2)"), .text),
    Sample(
      "POINT", "ST_GeomFromText('POINT(1 2)', 4326)", .text("SRID=4326;POINT(1 2)"), .text),
    Sample(
      "GEOMETRY", "ST_GeomFromText('LINESTRING(0 0,1 1,2 3.25)')",
      .text("LINESTRING(0 0,1 1,2 3.25)"), .text),
    Sample(
      "POLYGON", "ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))')",
      .text("POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))"), .text),
    Sample(
      "MULTIPOINT", "ST_GeomFromText('MULTIPOINT(0 0,1 1)')", .text("MULTIPOINT(0 0,1 1)"), .text),
    Sample(
      "GEOMETRYCOLLECTION",
      "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),MULTILINESTRING((0 0,1 1),(2 2,3 3)))')",
      .text("GEOMETRYCOLLECTION(POINT(1 1),MULTILINESTRING((0 0,1 1),(2 2,3 3)))"), .text),
  ]

  @Test(arguments: samples)
  func aStoredValueIsReadAsItsType(_ sample: Sample) throws {
    let scratch = try MySQLScratch()
    // Zero dates need a server that takes them.
    let database = try scratch.open(settings: [
      Target.Setting(key: "sql_mode", value: "STRICT_TRANS_TABLES")
    ])
    try database.execute("CREATE TABLE t (x \(sample.type) NULL)")
    try database.execute("INSERT INTO t (x) VALUES (\(sample.stored)), (NULL)")
    let rows = RowCollector()
    try database.execute("SELECT x FROM t ORDER BY x IS NULL", into: rows)
    #expect(rows.rows == [[sample.expected], [.null]])
    #expect(rows.columns.map(\.kind) == [sample.kind])
  }

  @Test(arguments: samples)
  func aTableOfTheDeclaredTypeHoldsTheValue(_ sample: Sample) throws {
    let scratch = try MySQLScratch()
    let database = try scratch.open(settings: [
      Target.Setting(key: "sql_mode", value: "STRICT_TRANS_TABLES")
    ])
    try database.execute("CREATE TABLE t (x \(sample.type) NULL)")
    try database.execute("INSERT INTO t (x) VALUES (\(sample.stored)), (NULL)")
    let rows = RowCollector()
    try database.execute("SELECT x FROM t ORDER BY x IS NULL", into: rows)
    let copy = TableName(name: "copy")
    try database.execute(
      database.createTableStatement(copy, columns: rows.columns, primaryKey: []))
    let loader = try database.makeLoader(LoadRequest(table: copy))
    try database.begin(.write)
    try loader.begin(columns: rows.columns)
    for row in rows.rows { try loader.load(row) }
    try loader.finish()
    try database.commit()
    #expect(try database.rows("SELECT x FROM copy ORDER BY x IS NULL") == rows.rows)
  }

  @Test func expressionsHaveTheirTypesToo() throws {
    let database = try MySQLScratch().open(.read)
    let rows = RowCollector()
    try database.execute(
      """
      SELECT 1, 1.5, 1.5e0, 'x', NULL, x'ff', now() > 0, json_object('a', 1), uuid(), count(*),
        sum(1), cast('2024-01-01' AS date), concat('a', 1), cast(1 AS unsigned)
      """, into: rows)
    let row = try #require(rows.rows.first)
    #expect(
      row.prefix(8) == [
        .int(1), .decimal("1.5"), .double(1.5), .text("x"), .null, .bytes([255]), .int(1),
        .json(#"{"a": 1}"#),
      ])
    #expect(row[8].string?.count == 36)
    #expect(
      row.suffix(5) == [.int(1), .decimal("1"), .text("2024-01-01"), .text("a1"), .int(1)])
  }

  @Test func everyResultOfACallIsPushed() throws {
    let scratch = try MySQLScratch()
    let database = try scratch.open()
    try database.execute(
      """
      CREATE PROCEDURE two(n INT) BEGIN
        SELECT n AS a; SELECT 'x' AS b, n + 1 AS c; UPDATE t SET i = n; END
      """)
    try database.execute("CREATE TABLE t (i INT)")
    try database.execute("INSERT INTO t VALUES (0), (0)")
    let sink = ResultRecorder()
    let result = try database.execute("CALL two(?)", [.int(4)], into: sink)
    #expect(sink.columns == [["a"], ["b", "c"]])
    #expect(sink.cells == [[.int(4)], [.text("x"), .int(5)]])
    #expect(result.rowsReturned == 2)
    #expect(try database.rows("SELECT DISTINCT i FROM t") == [[.int(4)]])
  }
}

/// Keeps each result's column names and cells.
private final class ResultRecorder: RowSink {
  private(set) var columns: [[String]] = []
  private(set) var cells: [[Value]] = []

  func begin(columns: [Column]) {
    self.columns.append(columns.map(\.name))
    cells.append([])
  }
  func null() { add(.null) }
  func bool(_ value: Bool) { add(.bool(value)) }
  func int(_ value: Int64) { add(.int(value)) }
  func double(_ value: Double) { add(.double(value)) }
  func decimal(_ digits: BorrowedBytes) { add(.decimal(String(decoding: digits, as: UTF8.self))) }
  func text(_ utf8: BorrowedBytes) { add(.text(String(decoding: utf8, as: UTF8.self))) }
  func bytes(_ value: BorrowedBytes) { add(.bytes(Array(value))) }
  func json(_ document: BorrowedBytes) { add(.json(String(decoding: document, as: UTF8.self))) }
  func endRow() {}
  func finish() {}

  private func add(_ value: Value) { cells[cells.count - 1].append(value) }
}
