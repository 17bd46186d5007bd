import Foundation
import TestSupport
import Testing

/// `nb db copy` between the engines, value by value.
@Suite(.needsServers) struct ServerCopyTests {
  enum Engine: String, CaseIterable, Sendable {
    case sqlite, postgresql, mariadb
  }

  /// A database of one engine, empty.
  private struct Place {
    let target: String
    private let database: TestDatabase?

    init(_ engine: Engine, _ fixture: Fixture, _ name: String) throws {
      switch engine {
      case .sqlite: database = nil
      case .postgresql: database = try TestDatabase(on: TestServers.postgres)
      case .mariadb: database = try TestDatabase(on: TestServers.mariadb)
      }
      target = database?.url ?? "\(name).db"
      // What holds nothing is an empty database.
      if database == nil { _ = try fixture.shell(": >\(target)") }
    }
  }

  /// Columns with their types and one value each.
  private static let columns: [Engine: [(name: String, type: String, value: String)]] = [
    .postgresql: [
      ("id", "int primary key", "1"), ("b", "boolean", "true"), ("i2", "smallint", "-32768"),
      ("i8", "bigint", "-9223372036854775808"), ("o", "oid", "4294967295"), ("f4", "real", "1.1"),
      ("f8", "double precision", "1.7976931348623157e308"),
      ("n", "numeric(50,10)", "1234567890123456789012345678901234567890.1234567890"),
      ("tx", "text", #"E'tab\there\nline\\back\r\x01\x7f é 𝄞'"#), ("em", "text", "''"),
      ("es", "text", #"'\N'"#), ("vc", "varchar(20)", "'two  '"), ("ch", "char(4)", "'ab'"),
      ("ba", "bytea", #"'\x005cff0a'"#), ("eb", "bytea", "''"), ("d", "date", "'9999-12-31'"),
      ("ts", "timestamp", "'2024-02-29 12:34:56.789012'"),
      ("tz", "timestamptz", "'2024-02-29 02:34:56.789012+05:30'"),
      ("ti", "time", "'23:59:59.999999'"), ("iv", "interval", "'1 year 3 days 04:05:06.789'"),
      ("u", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"), ("ip", "inet", "'10.0.0.1/24'"),
      ("ma", "macaddr", "'08:00:2b:01:02:03'"), ("bi", "bit(5)", "B'10101'"),
      ("j", "json", #"'{"a": [1, 2.50, "x"]}'"#), ("jb", "jsonb", "'[null]'"),
      ("ar", "int[]", "'{1,NULL,3}'"), ("ra", "int4range", "'[1,5)'"), ("m", "money", "1.5"),
      ("nu", "int", "null"),
    ],
    .mariadb: [
      ("id", "int primary key", "1"), ("t", "tinyint unsigned", "255"), ("bo", "boolean", "1"),
      ("i8", "bigint unsigned", "9223372036854775807"), ("y", "year", "2024"),
      ("bt", "bit(63)", "b'101'"), ("f", "float", "1.1"), ("db", "double", "5e-324"),
      ("d", "decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567891"),
      ("da", "date", "'2024-02-29'"), ("dt", "datetime(6)", "'2024-02-29 12:34:56.789012'"),
      ("ts", "timestamp(3)", "'2024-02-29 12:34:56.789'"), ("ti", "time(1)", "'-838:59:58.5'"),
      ("la", "varchar(9) character set latin1", "'é'"), ("em", "text", "''"),
      ("tx", "text", #"'tab\there\nline\\back\r\b\Z é 𝄞'"#), ("bn", "binary(4)", "x'00ff'"),
      ("bl", "blob", "x'5c0a00'"), ("js", "json", #"'{"a": [1, 2.50]}'"#),
      ("en", "enum('a','b''c')", "'b''c'"), ("st", "set('x','y')", "'x,y'"),
      ("u", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"), ("ip", "inet6", "'::1'"),
      ("pt", "point", "point(1.5, 2)"), ("nu", "int", "null"),
    ],
    .sqlite: [
      ("id", "integer primary key", "1"), ("i", "integer", "-9223372036854775808"),
      ("r", "real", "0.1"), ("t", "text", "'é' || char(9, 10, 13, 92, 1) || '𝄞'"),
      ("em", "text", "''"), ("bl", "blob", "x'00ff5c'"), ("bo", "boolean", "1"),
      ("js", "json", #"'{"a":[1,2.50]}'"#), ("dt", "datetime", "'2024-02-29 12:34:56'"),
      ("de", "decimal(10,2)", "1.5"), ("nu", "integer", "null"),
    ],
  ]

  /// What a value looks like elsewhere, where it cannot look the same.
  private static let differences: [String: [String: String]] = [
    "postgresql mariadb": ["b": "1", "tz": "2024-02-28 21:04:56.789012"],
    "postgresql sqlite": ["b": "1"],
    "sqlite postgresql": [
      "bo": "true", "js": #"{"a": [1, 2.50]}"#, "dt": "2024-02-29 12:34:56+00",
    ],
    "sqlite mariadb": [
      "dt": "2024-02-29 12:34:56.000000", "de": "1.500000000000000000000000000000",
    ],
  ]

  @Test(arguments: Engine.allCases, Engine.allCases)
  func keepsEveryValue(_ from: Engine, _ to: Engine) throws {
    let fixture = try Fixture()
    let source = try Place(from, fixture, "source")
    let copy = try Place(to, fixture, "copy")
    let columns = Self.columns[from] ?? []
    let definitions = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    let values = columns.map(\.value).joined(separator: ", ")
    try fixture.ok(
      "db", "exec", source.target,
      "create table t (\(definitions)); insert into t values (\(values))")
    let names = columns.map(\.name).joined(separator: ", ")
    try fixture.ok("db", "copy", source.target, copy.target, "--table", "t", "--create")
    func cells(_ place: Place) throws -> [String] {
      try fixture.ok("db", "query", place.target, "select \(names) from t")
        .dropLast().components(separatedBy: "\t")
    }
    let (before, after) = (try cells(source), try cells(copy))
    try #require(before.count == columns.count && after.count == columns.count)
    let changes = Self.differences["\(from.rawValue) \(to.rawValue)"] ?? [:]
    for (index, column) in columns.enumerated() {
      let expected = changes[column.name] ?? before[index]
      #expect(after[index] == expected, "\(column.name) \(column.type)")
    }
  }

  /// In another time zone than the destination.
  @Test(arguments: [[], ["--jobs", "2"]])
  func keepsDeclaredTypesAndTimesWithinMariaDB(_ flags: [String]) throws {
    let fixture = try Fixture()
    let (source, copy) = (
      try TestDatabase(on: TestServers.mariadb), try TestDatabase(on: TestServers.mariadb)
    )
    try source.sql(
      """
      set time_zone = '+05:00';
      create table t (id varchar(9) character set latin1 collate latin1_bin primary key,
        en enum('a', 'b''c', '(', '\\\\'), st set('x', 'y z'), u uuid, i4 inet4, i6 inet6, p point,
        g geometry, ts timestamp(3) null, dt datetime, js json, lt longtext, mt mediumtext,
        u8 bigint(20) unsigned zerofill, d decimal(65,30), ch char(4), bn binary(3));
      insert into t values ('a', 'b''c', 'x,y z', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        '10.0.0.1', '::1', point(1, 2), st_geomfromtext('LINESTRING(0 0,1.5 2)', 4326),
        '2024-02-29 12:00:00.5', '2024-02-29 12:00:00', '{"a": 1}', 'l', 'm', 7, 1.5, 'c', 'b');
      insert into t (id, en) values ('A', '\\\\');
      """)
    try fixture.ok("db", "query", source.url, "select g from t where id = 'a'")
    let arguments =
      ["db", "copy", source.url + "?time_zone=%2B05:00", copy.url, "--table", "t", "--create"]
    let result = try NB.run(arguments + flags, in: fixture.directory)
    #expect(result.status == 0, "\(result.errors)")
    let columns = """
      select column_name, column_type, collation_name from information_schema.columns
      where table_schema = database() and table_name = 't' order by ordinal_position
      """
    #expect(try copy.sql(columns) == source.sql(columns))
    let values = "select t.*, hex(g), hex(p), unix_timestamp(ts) from t order by id"
    #expect(try copy.sql(values) == source.sql(values))
  }

  @Test func aMadeTypeIsKeptWhereTheDestinationHasIt() throws {
    let fixture = try Fixture()
    let source = try TestDatabase(on: TestServers.postgres)
    let mood = "create type mood as enum ('sad', 'happy');"
    try source.sql(
      mood + "create table t (id int primary key, m mood, ms mood[]);"
        + "insert into t values (1, 'sad', '{sad,happy}')")
    for (setup, type) in [(mood, "mood"), ("", "text")] {
      let copy = try TestDatabase(on: TestServers.postgres)
      try copy.sql(setup + "select 1")
      try fixture.ok("db", "copy", source.url, copy.url, "--table", "t", "--create")
      #expect(try copy.sql("select m, ms, pg_typeof(m) from t").contains(type))
      #expect(
        try fixture.ok("db", "query", copy.url, "select m, ms from t")
          == "sad\t{sad,happy}\n")
    }
  }

  /// The index 0 of an ENUM shows as an empty string, which is no value of it.
  @Test func anInvalidEnumValueIsRefused() throws {
    let fixture = try Fixture()
    let (source, copy) = (
      try TestDatabase(on: TestServers.mariadb), try TestDatabase(on: TestServers.mariadb)
    )
    try source.sql(
      "create table t (e enum('a')); insert into t values ('a'); set sql_mode = '';"
        + "insert into t values ('b')")
    let result = try fixture.nb("db", "copy", source.url, copy.url, "--table", "t", "--create")
    #expect(result.status == 65)
    #expect(result.errors.contains("row 2: Data truncated for column 'e'"), "\(result.errors)")
  }

  @Test func geometryIsLoadedWithItsReferenceSystem() throws {
    let fixture = try Fixture()
    let database = try TestDatabase(on: TestServers.mariadb)
    try database.sql("create table t (id int primary key, g geometry)")
    let rows = (1...20).map { "\($0),\($0 % 2 == 0 ? "SRID=4326;" : "")POINT(\($0) 1)\n" }
    try fixture.ok("db", "load", database.url, "t", "-", input: "id,g\n" + rows.joined())
    try fixture.ok(
      "db", "load", database.url, "t", "-", "--mode", "upsert", "--key", "id",
      input: "id,g\n1,SRID=3857;POINT(0 0)\n")
    #expect(
      try database.sql("select st_srid(g), count(*), sum(st_x(g)) from t group by 1 order by 1")
        == "0\t9\t99\n3857\t1\t0\n4326\t10\t110\n")
    let bad = try fixture.nb(
      "db", "load", database.url, "t", "-", input: "id,g\n90,POINT(1 1)\n91,SRID=x;POINT\n")
    #expect(bad.status == 65)
    #expect(bad.errors.contains(":3:"), "\(bad.errors)")
  }

  /// A value that the destination cannot hold, and what the error says.
  struct Misfit: Sendable, CustomTestStringConvertible {
    let from: Engine
    let type: String
    let value: String
    let to: Engine
    /// The type of the column that is there already.
    var into: String?
    let words: [String]

    var testDescription: String { "\(from) \(type) \(value) -> \(to) \(into ?? "")" }
  }

  private static let misfits: [Misfit] =
    [
      Misfit(
        from: .postgresql, type: "double precision", value: "'NaN'", to: .mariadb,
        words: ["double", "v"]),
      Misfit(from: .postgresql, type: "real", value: "'NaN'", to: .sqlite, words: ["'v'", "NaN"]),
      Misfit(
        from: .postgresql, type: "numeric", value: "1e-31", to: .mariadb,
        words: ["'v' is decimal(65,30)", "more digits"]),
      Misfit(
        from: .postgresql, type: "numeric", value: "1e40", to: .mariadb, words: ["range", "'v'"]),
      Misfit(
        from: .postgresql, type: "timestamp", value: "'infinity'", to: .mariadb, words: ["datetime"]
      ),
      Misfit(
        from: .postgresql, type: "timestamptz", value: "'0044-03-15 BC'", to: .mariadb,
        words: ["datetime"]),
      Misfit(
        from: .postgresql, type: "date", value: "'12024-01-01'", to: .mariadb,
        words: ["date", "`v`"]),
      Misfit(
        from: .postgresql, type: "jsonb", value: "'12345678901234567890'", to: .sqlite,
        words: ["'v' is JSON", "64 bits"]),
      Misfit(
        from: .mariadb, type: "bigint unsigned", value: "18446744073709551615", to: .sqlite,
        words: ["'v' is INTEGER", "64 bits"]),
      Misfit(
        from: .mariadb, type: "datetime", value: "'0000-00-00'", to: .postgresql,
        words: ["'v'", "out of range"]),
      Misfit(
        from: .mariadb, type: "text", value: "x'610062'", to: .postgresql,
        words: ["'v' is text", "U+0000"]),
      Misfit(
        from: .sqlite, type: "text", value: "cast(x'ff41' as text)", to: .postgresql,
        words: ["UTF8"]),
      Misfit(
        from: .sqlite, type: "text", value: "cast(x'ff41' as text)", to: .mariadb,
        words: ["`v`"]),
      Misfit(
        from: .sqlite, type: "timestamp", value: "'now'", to: .postgresql,
        words: ["'v' is timestamp", "present time"]),
      Misfit(
        from: .sqlite, type: "text", value: "'𝄞'", to: .mariadb,
        into: "varchar(9) character set utf8mb3", words: ["`v`"]),
    ]
    + [Engine.postgresql, .mariadb].flatMap { to in
      [
        Misfit(
          from: .sqlite, type: "timestamp", value: "1700000000", to: to, words: ["'v'", "no date"]),
        Misfit(
          from: .sqlite, type: "text", value: "'1.239'", to: to, into: "numeric(10,2)",
          words: ["'v'", "more digits"]),
        Misfit(
          from: .sqlite, type: "text", value: "'2024-02-29 12:00'", to: to, into: "date",
          words: ["'v'", "time of day"]),
        Misfit(
          from: .sqlite, type: "text", value: "'12:00:00.5'", to: to, into: "time(0)",
          words: ["'v'", "digits of a second"]),
        Misfit(
          from: .sqlite, type: "text", value: "'2024-02-29 12:00:00.123'", to: to,
          into: "timestamp(2)", words: ["'v'", "digits of a second"]),
        Misfit(
          from: .sqlite, type: "integer", value: "'abc'", to: to, words: ["'v'", "bigint"]),
        Misfit(from: .sqlite, type: "json", value: "'no json'", to: to, words: ["row 1"]),
      ]
    } + [
      Misfit(
        from: .sqlite, type: "text", value: "'2024-02-29 12:00:00+05:30'", to: .postgresql,
        into: "timestamp", words: ["'v'", "time zone"])
    ]

  @Test(arguments: misfits)
  func refusesWhatWouldChange(_ misfit: Misfit) throws {
    let fixture = try Fixture()
    let source = try Place(misfit.from, fixture, "source")
    let copy = try Place(misfit.to, fixture, "copy")
    let setting = misfit.from == .mariadb ? "set sql_mode = ''; " : ""
    try fixture.ok(
      "db", "exec", source.target,
      "\(setting)create table t (id int primary key, v \(misfit.type)); "
        + "insert into t values (1, \(misfit.value))")
    if let type = misfit.into {
      try fixture.ok("db", "exec", copy.target, "create table t (id int, v \(type))")
    } else {
      try fixture.ok(
        "db", "copy", source.target, copy.target, "--query",
        "select id, v from t where id = 0", "--into", "t", "--create")
    }
    let result = try fixture.nb("db", "copy", source.target, copy.target, "--table", "t")
    #expect(result.status == 65, "\(result.errors)")
    for word in ["row 1: "] + misfit.words {
      #expect(result.errors.contains(word), "\(result.errors)")
    }
    #expect(try fixture.ok("db", "query", copy.target, "select count(*) from t") == "0\n")
  }

  @Test func aTimeWithAZoneIsKeptInUTCWhereThereAreNone() throws {
    let fixture = try Fixture()
    let copy = try Place(.mariadb, fixture, "copy")
    try fixture.ok(
      "db", "exec", copy.target, "create table t (id int, a datetime(3), b timestamp null)")
    try fixture.ok(
      "db", "load", copy.target, "t", "-",
      input: "id,a,b\n1,2024-01-01T00:30:00.250+01:00,2024-03-01 00:00:00Z\n")
    #expect(
      try fixture.ok("db", "query", copy.target, "select a, b from t")
        == "2023-12-31 23:30:00.250\t2024-03-01 00:00:00\n")
  }

  @Test(arguments: [Engine.postgresql, .mariadb], [[], ["--jobs", "2", "--batch", "3"]])
  func rowsThatWouldChangeAreRejectedInTheirPlace(_ engine: Engine, _ flags: [String]) throws {
    let fixture = try Fixture()
    let place = try Place(engine, fixture, "copy")
    try fixture.ok(
      "db", "exec", place.target, "create table t (id int primary key, n numeric(5,2), d date)")
    let csv = """
      id,n,d
      1,1.50,2024-02-29
      2,1.239,2024-02-29
      x,1,2024-02-29
      4,1,2024-02-29 12:00:00
      5,,
      4,1.100,2024-02-29 00:00:00
      """
    let result = try NB.run(
      ["db", "load", place.target, "t", "-", "--reject", "bad.csv"] + flags, input: Data(csv.utf8),
      in: fixture.directory)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try fixture.ok("db", "query", place.target, "select * from t order by id")
        == "1\t1.50\t2024-02-29\n4\t1.10\t2024-02-29\n5\t\\N\t\\N\n")
    let path = fixture.directory.path + "/bad.csv"
    let rejects = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(Set(rejects.dropFirst().map { $0.prefix { $0 != "," } }) == ["3", "4", "5"])
  }

  @Test(arguments: Engine.allCases, Engine.allCases)
  func keepsNamesThatAreWordsOfTheLanguage(_ from: Engine, _ to: Engine) throws {
    let fixture = try Fixture()
    let source = try Place(from, fixture, "source")
    let copy = try Place(to, fixture, "copy")
    let columns = [#""select""#, #""Größe""#, #""a b""#, #""it's""#]
    let quoted = columns.joined(separator: ", ")
    let setting = from == .mariadb ? "set sql_mode = 'ANSI_QUOTES'; " : ""
    let types = columns.map { $0 + " int" }.joined(separator: ", ")
    try fixture.ok(
      "db", "exec", source.target,
      #"\#(setting)create table "Order" (\#(types)); insert into "Order" (\#(quoted)) values (1,2,3,4)"#
    )
    try fixture.ok("db", "copy", source.target, copy.target, "--table", "Order", "--create")
    let table = to == .mariadb ? "`Order`" : #""Order""#
    #expect(
      try fixture.ok("db", "query", copy.target, "select * from \(table)", "--header")
        == "select\tGröße\ta b\tit's\n1\t2\t3\t4\n")
  }

  @Test func copiesAsManyColumnsAsATableCanHave() throws {
    let fixture = try Fixture()
    let source = try Place(.postgresql, fixture, "source")
    let columns = (1...1600).map { "c\($0) smallint" }.joined(separator: ", ")
    let values = (1...1600).map(String.init).joined(separator: ", ")
    try fixture.ok(
      "db", "exec", source.target, "create table t (\(columns)); insert into t values (\(values))")
    for engine in [Engine.postgresql, .sqlite] {
      let copy = try Place(engine, fixture, "copy")
      try fixture.ok("db", "copy", source.target, copy.target, "--table", "t", "--create")
      #expect(
        try fixture.ok("db", "query", copy.target, "select c1, c800, c1600 from t")
          == "1\t800\t1600\n")
    }
  }

  @Test func upsertsByAKeyThatIsAlwaysGenerated() throws {
    let fixture = try Fixture()
    let place = try Place(.postgresql, fixture, "copy")
    try fixture.ok(
      "db", "exec", place.target,
      """
      create table t (id int generated always as identity primary key, v text);
      insert into t (v) values ('a')
      """)
    try fixture.ok(
      "db", "load", place.target, "t", "-", "--mode", "upsert", "--key", "id",
      input: "id,v\n1,b\n7,c\n")
    #expect(
      try fixture.ok("db", "query", place.target, "select * from t order by id") == "1\tb\n7\tc\n")
  }
}
