import AdapterCore
import TestSupport
import Testing

/// Every type of PostgreSQL's, value by value, as rows of COPY and as rows of a result.
@Suite(.needsServers) struct PostgreSQLTypeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var expression: String
    var value: Value
    var kind: Column.Kind
    var type: String?

    init(_ expression: String, _ value: Value, _ kind: Column.Kind, _ type: String?) {
      self.expression = expression
      self.value = value
      self.kind = kind
      self.type = type
    }

    var testDescription: String { expression }
  }

  static let cases = [
    Case("true", .bool(true), .boolean, "boolean"),
    Case("false", .bool(false), .boolean, "boolean"),
    Case("'-32768'::int2", .int(-32768), .integer, "smallint"),
    Case("'-2147483648'::int4", .int(-2_147_483_648), .integer, "integer"),
    Case("'-9223372036854775808'::int8", .int(.min), .integer, "bigint"),
    Case("9223372036854775807::int8", .int(.max), .integer, "bigint"),
    Case("4294967295::oid", .int(4_294_967_295), .integer, "oid"),
    Case("0.1::float4", .double(0.1), .real, "real"),
    Case("0.1::float8 + 0.2", .double(0.1 + 0.2), .real, "double precision"),
    Case("'1e300'::float8", .double(1e300), .real, "double precision"),
    Case("'infinity'::float8", .double(.infinity), .real, "double precision"),
    Case("'-infinity'::float8", .double(-.infinity), .real, "double precision"),
    Case(
      "123456789012345678901234567890.1200::numeric",
      .decimal("123456789012345678901234567890.1200"), .decimal, "numeric"),
    Case("1.5::numeric(10, 2)", .decimal("1.50"), .decimal, "numeric(10,2)"),
    Case("'NaN'::numeric", .decimal("NaN"), .decimal, "numeric"),
    Case("'Infinity'::numeric", .decimal("Infinity"), .decimal, "numeric"),
    Case("''", .text(""), .text, "text"),
    Case(
      #"E'tab\t, \\N, \\., \"q\",\nline\r\f\x0B\b, naïve 日本'"#,
      .text("tab\t, \\N, \\., \"q\",\nline\r\u{C}\u{B}\u{8}, naïve 日本"), .text, "text"),
    Case("'x'::char(3)", .text("x  "), .text, "character(3)"),
    Case("'x'::varchar(20)", .text("x"), .text, "character varying(20)"),
    Case("'pg_class'::name", .text("pg_class"), .text, "name"),
    Case(#"'\x00ff5c0a'::bytea"#, .bytes([0, 0xFF, 0x5C, 0x0A]), .bytes, "bytea"),
    Case("''::bytea", .bytes([]), .bytes, "bytea"),
    Case(#"'{"b": 1.0,  "a": "\n\\"}'::json"#, .json(#"{"b": 1.0,  "a": "\n\\"}"#), .json, "json"),
    Case(#"'{"b": 1.0, "a": null}'::jsonb"#, .json(#"{"a": null, "b": 1.0}"#), .json, "jsonb"),
    Case("'2024-02-29'::date", .text("2024-02-29"), .timestamp, "date"),
    Case("'infinity'::date", .text("infinity"), .timestamp, "date"),
    Case("'0044-03-15 BC'::date", .text("0044-03-15 BC"), .timestamp, "date"),
    Case(
      "'2024-02-29 12:34:56.789'::timestamp", .text("2024-02-29 12:34:56.789"), .timestamp,
      "timestamp without time zone"),
    Case(
      "'2024-02-29 12:34:56+02'::timestamptz", .text("2024-02-29 10:34:56+00"), .timestamp,
      "timestamp with time zone"),
    Case("'24:00:00'::time", .text("24:00:00"), .text, "time without time zone"),
    Case("'12:00:00+05:30'::timetz", .text("12:00:00+05:30"), .text, "time with time zone"),
    Case(
      "'P1Y2M3DT4H5M6.7S'::interval", .text("1 year 2 mons 3 days 04:05:06.7"), .text, "interval"),
    Case("'-1 day'::interval", .text("-1 days"), .text, "interval"),
    Case(
      "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
      .text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), .text, "uuid"),
    Case("'192.168.0.1/24'::inet", .text("192.168.0.1/24"), .text, "inet"),
    Case("'10.0.0.0/8'::cidr", .text("10.0.0.0/8"), .text, "cidr"),
    Case("'08:00:2b:01:02:03'::macaddr", .text("08:00:2b:01:02:03"), .text, "macaddr"),
    Case("B'101'::bit(3)", .text("101"), .text, "bit(3)"),
    Case("B'10'::varbit", .text("10"), .text, "bit varying"),
    Case("ARRAY[1, NULL, 3]", .text("{1,NULL,3}"), .text, "integer[]"),
    Case(#"ARRAY['a b', 'c"d']"#, .text(#"{"a b","c\"d"}"#), .text, "text[]"),
    Case("int4range(1, 5)", .text("[1,5)"), .text, "int4range"),
    Case("ROW(1, 'a b', NULL)", .text(#"(1,"a b",)"#), .text, nil),
    Case("'happy'::mood", .text("happy"), .text, nil),
    Case("'(1,2)'::point", .text("(1,2)"), .text, "point"),
    Case("'<a>1</a>'::xml", .text("<a>1</a>"), .text, "xml"),
    Case("'$1,234.50'::money", .text("$1,234.50"), .text, "money"),
    Case("'a & b'::tsquery", .text("'a' & 'b'"), .text, "tsquery"),
    Case("'7'::positive", .int(7), .integer, "integer"),
    Case("NULL::int", .null, .integer, "integer"),
    Case("NULL::text", .null, .text, "text"),
  ]

  private func makeDatabase() throws -> any SQLDatabase {
    let database = try PostgreSQLScratch().open()
    try database.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    try database.execute("CREATE DOMAIN positive AS integer CHECK (value > 0)")
    return database
  }

  @Test func everyTypeIsReadAsItIs() throws {
    let database = try makeDatabase()
    for item in Self.cases {
      let copied = RowCollector()
      let statement = try database.prepare(SQLText("SELECT \(item.expression) AS x"))
      try statement.run(with: [], into: copied)
      #expect(copied.rows == [[item.value]], "\(item.expression)")
      #expect(copied.columns.first?.kind == item.kind, "\(item.expression)")
      #expect(copied.columns.first?.declaredType == item.type, "\(item.expression)")
      // The second run comes as rows of a result.
      let selected = RowCollector()
      try statement.run(with: [], into: selected)
      #expect(selected.rows == copied.rows, "\(item.expression)")
      #expect(selected.columns == copied.columns, "\(item.expression)")
    }
  }

  @Test func aNumberThatIsNoneIsReadAsNaN() throws {
    let rows = try makeDatabase().rows("SELECT 'NaN'::float8, 'NaN'::float4")
    for value in rows[0] {
      guard case .double(let number) = value else {
        Issue.record("\(value)")
        continue
      }
      #expect(number.isNaN)
    }
  }

  @Test func whatIsReadCanBeLoadedAgain() throws {
    let database = try makeDatabase()
    for (index, item) in Self.cases.enumerated() where !item.expression.hasPrefix("ROW") {
      let table = TableName(name: "t\(index)")
      try database.execute("CREATE TABLE t\(index) AS SELECT \(item.expression) AS x LIMIT 0")
      let loader = try database.makeLoader(LoadRequest(table: table))
      try loader.begin(columns: [Column(name: "x")])
      try loader.load([item.value])
      try loader.finish()
      #expect(try database.rows("SELECT x FROM t\(index)") == [[item.value]], "\(item.expression)")
    }
  }

  // MARK: Parameters

  @Test func aValueWithNothingToCompareWithKeepsItsOwnType() throws {
    let database = try makeDatabase()
    let values: [Value] = [
      .int(7), .double(1.5), .bool(true), .decimal("1.50"), .json("[1]"), .bytes([0, 255]),
      .text("x"), .null,
    ]
    let rows = RowCollector()
    try database.prepare(SQLText("SELECT ?, ?, ?, ?, ?, ?, ?, ?")).run(with: values, into: rows)
    #expect(rows.rows == [values])
  }

  @Test func aValueTakesTheTypeOfWhatItMeets() throws {
    let database = try makeDatabase()
    try database.execute(
      "CREATE TABLE t (a smallint, b text, c numeric(5, 2), d date, e uuid, f int[], g mood)")
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    try database.execute(
      "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .int(7), .int(8), .double(1.5), .text("2024-02-29"), .text(uuid), .text("{1,2}"),
        .text("sad"),
      ])
    let row: [Value] = [
      .int(7), .text("8"), .decimal("1.50"), .text("2024-02-29"), .text(uuid), .text("{1,2}"),
      .text("sad"),
    ]
    #expect(try database.rows("SELECT * FROM t") == [row])
    // A number against a column of text is compared as text, and the other way round.
    #expect(try database.rows("SELECT a FROM t WHERE b = ?", [.int(8)]) == [[.int(7)]])
    #expect(try database.rows("SELECT a FROM t WHERE a = ?", [.text("7")]) == [[.int(7)]])
    #expect(try database.rows("SELECT left(b, ?) FROM t", [.int(1)]) == [[.text("8")]])
    try database.transaction(.write) { () throws(AdapterError) in
      // Finding the types out leaves the transaction whole.
      let found = try database.rows("SELECT a FROM t WHERE b = ?", [.int(8)])
      #expect(found == [[.int(7)]])
      try database.execute("DELETE FROM t")
    }
    #expect(try database.rows("SELECT count(*) FROM t") == [[.int(0)]])
  }

  @Test func aValueThatDoesNotFitIsBadDataAndNotShown() throws {
    let database = try makeDatabase()
    let cases: [(String, Value)] = [
      ("SELECT ?::int", .text("secret")), ("SELECT ?::smallint", .text("70000")),
      ("SELECT ?::date", .text("secret")), ("SELECT ?::jsonb", .text("secret{")),
      ("SELECT ?::text", .text("secret\0")),
    ]
    for (sql, value) in cases {
      let error = try #require(throws: AdapterError.self) { try database.rows(sql, [value]) }
      #expect(error.kind == .data, "\(sql): \(error)")
      #expect(!"\(error)".contains("secret") && !"\(error)".contains("70000"), "\(error)")
    }
  }
}
