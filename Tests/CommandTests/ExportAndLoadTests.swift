import Foundation
import TestSupport
import Testing

/// What query prints, load reads back.
@Suite struct ExportAndLoadTests {
  private static let table =
    "create table t (id integer primary key, i integer, r real, s text, b blob, n numeric, u)"

  /// Every storage class in every column that can hold it, with the values that formats stumble over.
  private static let rows = """
    insert into t (i, r, s, b, n, u) values
      (9223372036854775807, 0.1, 'plain', x'00ff5c78', 1.5, null),
      (-9223372036854775808, -1e300, '', x'', 7, 5),
      (0, 9e999, '\\x41', x'41', -9e999, null),
      (null, null, null, null, null, null),
      (1, 5e-324, '\\N', x'0a0d09', 2, 'text'),
      (2, 48.5371428571429, 'a,b "q"' || char(10) || char(9) || char(13, 10) || 'é', x'e9', 3, 'é'),
      (3, -0.0, '\\.', x'5c', 4, '\\x41'),
      (4, 1e15, ' spaced ', zeroblob(3000), 0, 'null'),
      (5, 123456789.123456789, 'NULL', x'2c22', 10, ''),
      (6, 1.0, '007', x'30', 12345678901234567, '1.50')
    """

  private static let held = """
    select quote(i), quote(s), quote(b), quote(n), quote(u), typeof(i), typeof(r), typeof(s),
      typeof(b), typeof(n), typeof(u), r from t order by id
    """

  @Test(arguments: ["csv", "tsv", "json", "ndjson"], ["--no-header", "--header", nil])
  func everyValueComesBack(_ format: String, header: String?) throws {
    if header == "--no-header" && format == "csv" { return }
    let fixture = try Fixture()
    // A column without a type keeps its numbers only in JSON, which tells them from text.
    let rows = format.contains("json") ? Self.rows : Self.rows.replacing(", 5),", with: ", '5'),")
    try fixture.ok("db", "exec", "a.db", "--create", "\(Self.table); \(rows)")
    try fixture.ok("db", "exec", "b.db", "--create", Self.table)
    let result = try fixture.shell(
      """
      set -o pipefail
      nb db query a.db 'select * from t' -o \(format) \(header ?? "") |
        nb db load b.db t - --format \(format)
      """)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      try fixture.ok("db", "query", "b.db", Self.held)
        == fixture.ok("db", "query", "a.db", Self.held))
  }

  @Test func textWithANULComesBack() throws {
    for format in ["csv", "tsv", "ndjson"] {
      let fixture = try Fixture()
      let table = "create table t (s text)"
      try fixture.ok(
        "db", "exec", "a.db", "--create",
        "\(table); insert into t values ('a' || char(0) || 'b'), (char(0))")
      try fixture.ok("db", "exec", "b.db", "--create", table)
      let result = try fixture.shell(
        "nb db query a.db 'select * from t' -o \(format) | nb db load b.db t - --format \(format)")
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        try fixture.ok("db", "query", "b.db", "select hex(s) from t") == "610062\n00\n",
        "\(format)")
    }
  }

  @Test func bytesComeBackInANewTable() throws {
    let fixture = try Fixture()
    try fixture.directory.write("a,b\n\\x00ff,\\x4\n\\x,y\n", to: "a.csv")
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--create")
    #expect(
      try fixture.ok("db", "query", "app.db", "select quote(a), quote(b) from t")
        == "X'00FF'\t'\\\\x4'\nX''\t'y'\n")
  }

  @Test(arguments: [("csv", "v\n\\x4\n"), ("csv", "v\n\\xzz\n"), ("ndjson", "{\"v\":\"a b!\"}\n")])
  func malformedBytesAreRefused(_ format: String, _ content: String) throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (v blob)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--format", format, input: content)
    #expect(result.status == 65)
    #expect(result.errors.contains("'v'"))
    #expect(result.errors.contains("hint"))
  }

  // MARK: Headers

  @Test func tsvWithAndWithoutAHeaderIsReadByItsFirstLine() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (a text, b text)")
    for input in ["b\ta\n2\t1\n", "1\t2\n", "x\ty\n"] {
      try fixture.ok("db", "load", "app.db", "t", "-", "--format", "tsv", input: input)
    }
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "1\t2\n1\t2\nx\ty\n")
  }

  @Test func headerlessFieldsAreTheTablesColumns() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      "create table t (a integer, g integer generated always as (a), b text)")
    try fixture.ok("db", "load", "app.db", "t", "-", "--headerless", input: "1,x\n")
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "1\t1\tx\n")
    let result = try fixture.nb("db", "load", "app.db", "t", "-", "--headerless", input: "1,x,y\n")
    #expect(result.status == 65)
    #expect(result.errors.contains("2 columns, and the input 3 fields"))
  }

  @Test(arguments: [("csv", "1,2\n3,4\n", 66), ("tsv", "1\n3\n", 66), ("tsv", "1\t2\t3\n", 66)])
  func aHeaderThatNamesNoColumnIsRefused(
    _ format: String, _ content: String, _ status: Int
  ) throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (a, b)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--format", format, input: content)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains("a, b"))
    #expect(result.errors.contains("--headerless"))
  }

  @Test(arguments: ["1\tAnn\n2\tBob\n", "\\N\tx\n", "a\t\n", "x\tx\n"])
  func aNewTableNeverTakesItsNamesFromValues(_ content: String) throws {
    let fixture = try Fixture()
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--format", "tsv", "--create", input: content)
    #expect(result.status == 65)
    #expect(result.errors.contains("--headerless"))
    try fixture.ok("db", "exec", "app.db", "--create", "create table l (a, b)")
    let each = try fixture.nb(
      "db", "exec", "app.db", "insert into l values (?, ?)", "--each", "-", "--format", "tsv",
      input: content)
    #expect(each.status == 65)
  }

  // MARK: Statuses and hints

  @Test func aViewIsRefusedByName() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create view v as select 1 as a")
    let result = try fixture.nb("db", "load", "app.db", "v", "-", input: "a\n1\n")
    #expect(result.status == 69)
    #expect(result.errors.contains("view"))
    #expect(!result.errors.contains("1:1"))
  }

  @Test func aDeferredKeyIsNamedAtTheCommit() throws {
    let fixture = try Fixture()
    let child = "create table c (p integer references p deferrable initially deferred)"
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table p (id integer primary key); \(child)")
    let load = try fixture.nb("db", "load", "app.db", "c", "-", input: "p\n5\n")
    #expect(load.status == 65)
    try fixture.ok("db", "exec", "s.db", "--create", "create table c (p); insert into c values (5)")
    let copy = try fixture.nb("db", "copy", "s.db", "app.db", "--table", "c")
    #expect(copy.status == 65)
    for result in [load, copy] {
      #expect(result.errors.contains("row 1 of c refers to no row of p"))
      #expect(!result.errors.contains("1:1"))
    }
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from c") == "0\n")
  }

  @Test func aTableThatOthersReferToIsNotReplaced() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      """
      create table p (id integer primary key); create table c (p integer references p);
      insert into p values (1); insert into c values (1)
      """)
    let result = try fixture.nb(
      "db", "load", "app.db", "p", "-", "--mode", "replace", input: "id\n2\n")
    #expect(result.status == 73)
    #expect(result.errors.contains("'c'"))
    #expect(result.errors.contains("hint"))
    #expect(!result.errors.contains("1:1"))
  }

  @Test(arguments: [
    ("csv", "id\n1,2\n"), ("csv", "id\n\"1\n"), ("tsv", "id\n1\t2\n"), ("csv", "id\nx\n"),
    ("ndjson", "{\"id\":1}\n{\"id\":\n"), ("ndjson", "{\"id\":1}\n{\"id\":2,\"x\":3}\n"),
    ("json", "[{\"id\":1},\n"),
  ])
  func aFaultyRecordComesWithAHint(_ format: String, _ content: String) throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--format", format, input: content)
    #expect(result.status == 65)
    #expect(result.errors.contains("hint"), "\(result.errors)")
  }

  @Test func jsonThatCannotBeReadOnIsNotPassedOver() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--format", "json", "--reject", "bad.csv",
      input: "[{\"id\":1}, x, {\"id\":2}]")
    #expect(result.status == 65)
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test(arguments: [
    "create table t (id integer unique on conflict rollback)",
    "create table t (id integer); create trigger g before insert on t "
      + "when (select count(*) from t where id = new.id) begin select raise(rollback, 'twice'); end",
  ])
  func aTableThatRollsBackLosesNoRowsInSilence(_ table: String) throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "\(table); insert into t values (9)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--reject", "bad.csv", input: "id\n1\n1\n2\n")
    #expect(result.status == 1)
    #expect(result.errors.contains("hint"))
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "9\n")
  }

  @Test func anUpsertNeedsItsKeyInTheInput() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer primary key, v)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--mode", "upsert", "--key", "id", input: "v\nx\n")
    #expect(result.status == 66)
    #expect(result.errors.contains("'id'"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test func aHeaderWithOneNameTwiceIsRefused() throws {
    let fixture = try Fixture()
    let result = try fixture.nb("db", "load", "app.db", "t", "-", "--create", input: "a,A\n1,2\n")
    #expect(result.status == 65)
    #expect(result.errors.contains("'A'"))
    #expect(!fixture.directory.exists("app.db"))
  }

  @Test func committedRowsAreCountedInGoodEnglish() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "-", "--batch", "1", input: "id\n1\nx\n")
    #expect(result.errors.contains("1 row was committed"))
  }

  @Test func statsCountRowsAndBytesOfTheData() throws {
    let fixture = try Fixture()
    try fixture.directory.write("id,v\n1,abc\n2,de\n", to: "a.csv")
    func stats(_ arguments: String...) throws -> String {
      let result = try NB.run(["--stats=json", "db"] + arguments, in: fixture.directory)
      #expect(result.status == 0, "\(result.errors)")
      return result.errors
    }
    let load = try stats("load", "app.db", "t", "a.csv", "--create")
    #expect(load.contains("\"rows\":2,\"bytes\":16,"), "\(load)")
    let copy = try stats("copy", "app.db", "b.db", "--table", "t", "--create")
    #expect(copy.contains("\"rows\":2,\"bytes\":21,"), "\(copy)")
    let query = try stats("query", "app.db", "select * from t")
    #expect(query.contains("\"rows\":2,\"bytes\":11,"), "\(query)")
  }
}
