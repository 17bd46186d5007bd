import TestSupport
import Testing

@Suite struct CopyTests {
  @Test func copiesATableWithItsKey() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "copy", "app.db", "new.db", "--table", "users", "--create")
    #expect(
      try fixture.ok("db", "query", "new.db", "select * from users order by id")
        == "1\tAnn\t30\n2\tBob\t\\N\n3\tČenĕk\t41\n")
    #expect(
      try fixture.ok(
        "db", "query", "new.db", "select name, type from pragma_table_info('users') where pk")
        == "id\tINTEGER\n")
  }

  @Test func keepsEveryValueExactly() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "a.db", "--create",
      """
      create table t (i, d, s, b, n);
      insert into t values (9223372036854775807, 0.1, 'it''s "q"' || char(10), x'00ff', null),
        (-9223372036854775808, 1e300, '', x'', 5)
      """)
    try fixture.ok("db", "copy", "a.db", "b.db", "--table", "t", "--create")
    let all = "select quote(i), quote(d), quote(s), quote(b), quote(n) from t"
    #expect(
      try fixture.ok("db", "query", "a.db", all) == fixture.ok("db", "query", "b.db", all))
  }

  @Test func keepsWhatDoesNotFitItsColumn() throws {
    let fixture = try Fixture()
    let table = "create table t (i integer, r real, t text, n numeric, b blob, j json, o boolean)"
    try fixture.ok(
      "db", "exec", "a.db", "--create",
      """
      \(table);
      insert into t values ('abc', 'x', 5, 'y', 'text', '{"a":1}', 'maybe'),
        (1.5, x'00', x'01', x'02', 7, 5, x'ff'), (x'', '', '', '', '', '', ''),
        (9e999, -9e999, 0.1, 1e300, -0.0, 1.5, 2), ('1.5x', ' ', '1e5', 'NaN', 'NaN', 'nan', 'Inf')
      """)
    try fixture.ok("db", "exec", "c.db", "--create", table)
    try fixture.ok("db", "copy", "a.db", "b.db", "--table", "t", "--create")
    try fixture.ok("db", "copy", "a.db", "c.db", "--table", "t")
    let all = """
      select quote(i), quote(r), quote(t), quote(n), quote(b), quote(j), quote(o), typeof(i),
        typeof(r), typeof(t), typeof(n), typeof(b), typeof(j), typeof(o) from t
      """
    let held = try fixture.ok("db", "query", "a.db", all)
    #expect(try fixture.ok("db", "query", "b.db", all) == held)
    #expect(try fixture.ok("db", "query", "c.db", all) == held)
  }

  @Test func keepsTheTextOfAStrictTable() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "a.db", "--create",
      "create table t (v ANY) strict; insert into t values ('007'), (7)")
    try fixture.ok("db", "copy", "a.db", "b.db", "--table", "t", "--create")
    #expect(
      try fixture.ok("db", "query", "b.db", "select quote(v) from t") == "'007'\n7\n")
  }

  @Test func refusesToRoundIntoAnotherColumnType() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "a.db", "--create",
      "create table t (v text); insert into t values ('99999999999999999999')")
    try fixture.ok("db", "exec", "b.db", "--create", "create table t (v integer)")
    let result = try fixture.nb("db", "copy", "a.db", "b.db", "--table", "t")
    #expect(result.status == 65)
    #expect(result.errors.contains("64 bits"))
  }

  @Test(arguments: [
    ("append", "select id + 10 as id, name, age from users", "6\t42\n"),
    ("replace", "select * from users -- all\n;", "3\t6\n"),
    ("upsert", "select id, 'x' as name from users", "3\t6\n"),
  ])
  func rowsGoBackIntoTheTableTheyAreReadFrom(
    _ mode: String, _ query: String, _ expected: String
  ) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok(
      "db", "copy", "app.db", "app.db", "--query", query, "--into", "users", "--mode", mode,
      "--key", "id")
    #expect(
      try fixture.ok("db", "query", "app.db", "select count(*), sum(id) from users") == expected)
  }

  @Test func aTableIsNotCopiedOntoItselfUnderAnotherSpelling() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", "copy", "app.db", "app.db", "--table", "USERS", "--into", "users", "--mode", "replace")
    #expect(result.status == 2)
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test func leavesGeneratedColumnsToTheDestination() throws {
    let fixture = try Fixture()
    let table = "create table t (a integer, b integer generated always as (a * 2))"
    try fixture.ok("db", "exec", "a.db", "--create", "\(table); insert into t values (1), (2)")
    try fixture.ok("db", "exec", "b.db", "--create", table)
    try fixture.ok("db", "copy", "a.db", "b.db", "--table", "t")
    #expect(try fixture.ok("db", "query", "b.db", "select * from t") == "1\t2\n2\t4\n")
  }

  @Test func aBadRowIsNamedByItsNumber() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "exec", "b.db", "--create", "create table users (id, name, age not null)")
    let result = try fixture.nb("db", "copy", "app.db", "b.db", "--table", "users")
    #expect(result.status == 65)
    #expect(result.errors.contains("row 2: NOT NULL"))
  }

  @Test func copiesAQueryIntoTheSameDatabase() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok(
      "db", "copy", "app.db", "./app.db", "--query", "select name, age from users where age > :a",
      "-p", "a:int=30", "--into", "old", "--create")
    #expect(try fixture.ok("db", "query", "app.db", "select * from old") == "Čenĕk\t41\n")
  }

  @Test(arguments: [
    (["--table", "users"], 66, "users"), (["--table", "nope", "--create"], 66, "nope"),
    (["--table", "user", "--create"], 66, "users"),
    (["--query", "select 1"], 2, "--into"), ([], 2, "--table"),
    (["--query", "delete from users", "--into", "x", "--create"], 1, "reads"),
  ])
  func refusesWhatCannotBeCopied(_ flags: [String], _ status: Int, _ word: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "exec", "new.db", "--create", "create table t (a)")
    let result = try NB.run(["db", "copy", "app.db", "new.db"] + flags, in: fixture.directory)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains(word))
  }

  @Test func aFailureLeavesTheDestinationAsItWas() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok(
      "db", "exec", "new.db", "--create",
      "create table users (id integer primary key, name text not null, age integer not null)")
    let result = try fixture.nb("db", "copy", "app.db", "new.db", "--table", "users")
    #expect(result.status == 65)
    #expect(try fixture.ok("db", "query", "new.db", "select count(*) from users") == "0\n")
  }
}
