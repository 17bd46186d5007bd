import Foundation
import TestSupport
import Testing

/// What a person reads when SQL is wrong: status, place, message and hint.
@Suite struct SQLErrorTests {
  private func failure(_ sql: String, verb: String = "query") throws -> NB.Result {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", verb, "app.db", sql)
    #expect(result.output == "")
    return result
  }

  @Test func anUnterminatedStringIsASyntaxErrorLikeOthers() throws {
    let result = try failure("select 'abc")
    #expect(result.status == 1)
    #expect(
      result.errors == """
        nb: line 1:8: unterminated string
          select 'abc
                 ^
        hint: end it with '; a ' within the text is written ''

        """)
  }

  @Test(arguments: [
    ("  /* note", "line 1:3: unterminated comment", "end it with */"),
    ("select \"abc", "line 1:8: unterminated quoted identifier", "end it with \""),
    ("select [abc", "line 1:8: unterminated quoted identifier", "end it with ]"),
    ("selec 1", "line 1:1: near \"selec\": syntax error", "did you mean SELECT?"),
    ("select * form users", "line 1:10: near \"form\": syntax error", "did you mean FROM?"),
    ("select id, from users", "line 1:12: near \"from\": syntax error", "double quotes"),
    ("select (1", "incomplete input", "ends too early"),
    ("select * from usrs", "no such table: usrs", "did you mean 'users'?"),
    ("select * from main.usrs", "no such table: main.usrs", "did you mean 'users'?"),
    ("select * from zebra", "no such table: zebra", "`nb db schema app.db` lists the tables"),
    ("select nmae from users", "line 1:8: no such column: nmae", "did you mean 'name'?"),
    ("select u.nmae from users u", "no such column: u.nmae", "did you mean 'name'?"),
    ("select \"Ann\" from users", "no such column: Ann", "text goes in single quotes"),
    ("select zebra from users", "no such column: zebra", "users has id, name, age"),
    ("select uper(name) from users", "no such function: uper", "did you mean 'upper'?"),
  ])
  func aMistakeGetsItsPlaceAndAHint(_ sql: String, _ message: String, _ hint: String) throws {
    let result = try failure(sql)
    #expect(result.status == 1)
    #expect(result.errors.contains(message))
    #expect(
      result.errors.split(separator: "\n").contains { $0.hasPrefix("hint: ") && $0.contains(hint) },
      "\(result.errors)")
  }

  @Test func anUnknownColumnOfAnInsertGetsASuggestion() throws {
    let result = try failure("insert into users (nmae) values ('x')", verb: "exec")
    #expect(result.status == 1)
    #expect(result.errors.contains("table users has no column named nmae"))
    #expect(result.errors.contains("hint: did you mean 'name'?"))
  }

  @Test func aDatabaseWithoutTablesSaysSo() throws {
    let fixture = try Fixture()
    let result = try fixture.nb("db", "query", ":memory:", "select * from users")
    #expect(result.errors.contains("hint: :memory: has no tables; is it the right database?"))
  }

  @Test func attachingAMissingFileIsNotFound() throws {
    let result = try failure("attach 'missing.db' as m; select 1")
    #expect(result.status == 66)
    #expect(result.errors.contains("unable to open database: missing.db"))
    #expect(!result.errors.contains("WAL"))
    #expect(result.errors.contains("hint: there is no such file"))
  }

  @Test func aWALDatabaseThatCannotBeReadAsOneSaysWhatWorks() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "exec", "app.db", "pragma journal_mode=wal")
    // As in a folder that cannot be written, for root too: the shared memory file cannot be made.
    try FileManager.default.createSymbolicLink(
      atPath: fixture.directory.file("app.db-shm"), withDestinationPath: "nowhere/app.db-shm")
    let result = try fixture.nb("db", "query", "app.db", "select count(*) from users")
    #expect(result.status == 74)
    #expect(result.errors.contains("sqlite:app.db?immutable=1"))
    #expect(
      try fixture.ok(
        "db", "query", "sqlite:app.db?immutable=1", "select count(*) from users") == "3\n")
  }

  @Test func theLockTimeoutOfMigrationsBoundsTheWaitForTheDatabase() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try FileManager.default.createDirectory(
      atPath: fixture.directory.file("migrations"), withIntermediateDirectories: false)
    try fixture.directory.write("-- migrate:up\ncreate table t (a);\n", to: "migrations/1_a.sql")
    let holder = try NB.start(
      ["db", "exec", "app.db", "--no-tx", "-f", "-"], in: fixture.directory)
    try holder.write("begin immediate; select 'held';")
    try holder.waitForOutput("held\n")
    let start = ContinuousClock.now
    let result = try fixture.nb("db", "migrate", "up", "app.db", "--lock-timeout", "200ms")
    #expect(result.status == 75)
    #expect(result.errors.contains("--lock-timeout"))
    #expect(ContinuousClock.now - start < .seconds(4))
    try holder.finish()
  }

  /// Within its last page, where SQLite goes on with zeros, and at the end of a page.
  @Test(arguments: [1, 100, 4095, 4096])
  func aDatabaseCutShortIsNeverRead(_ missing: Int) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let whole = try fixture.directory.readData("app.db")
    try fixture.directory.write(whole.dropLast(missing), to: "cut.db")
    let result = try fixture.nb("db", "query", "cut.db", "select * from users")
    #expect(result.status == 65)
    #expect(result.output == "")
    #expect(result.errors.contains("hint: "))
    #expect(try fixture.directory.readData("cut.db").count == whole.count - missing)
  }

  @Test(arguments: [
    ("insert into users values (1, 'X', 1)", "such a row is there already"),
    ("insert into users values (9, null, 1)", "give the column a value"),
    ("insert into pets values (9)", "write the row that it refers to first"),
    ("insert into scores values ('x')", "give a value of the column's type"),
    ("insert into scores values (-1)", "`nb db schema app.db` shows what the table demands"),
  ])
  func aBrokenConstraintGetsAHint(_ sql: String, _ hint: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok(
      "db", "exec", "app.db",
      """
      create table pets (owner references users);
      create table scores (n integer check (n >= 0)) strict;
      """)
    let result = try fixture.nb("db", "exec", "app.db", sql)
    #expect(result.status == 1)
    #expect(result.errors.contains("hint: \(hint)"))
  }

  @Test(arguments: ["[profile.x\n", "output = json\n"])
  func brokenTOMLGetsItsPlaceAndAHint(_ text: String) throws {
    let fixture = try Fixture()
    try fixture.directory.write(text, to: "nb.toml")
    let result = try fixture.nb("db", "query", ":memory:", "select 1")
    #expect(result.status == 78)
    #expect(result.errors.hasPrefix("nb: nb.toml:1:"))
    #expect(result.errors.contains("hint: settings are written key = "))
  }
}
