import Foundation
import TestSupport
import Testing

@Suite struct QueryTests {
  @Test func oneValueIsJustTheValue() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test(arguments: [
    ("tsv", "1\tAnn\t30\n2\tBob\t\\N\n3\tČenĕk\t41\n"),
    ("csv", "id,name,age\n1,Ann,30\n2,Bob,\n3,Čenĕk,41\n"),
    (
      "ndjson",
      """
      {"id":1,"name":"Ann","age":30}
      {"id":2,"name":"Bob","age":null}
      {"id":3,"name":"Čenĕk","age":41}

      """
    ),
  ])
  func printsEachFormat(_ format: String, _ expected: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(
      try fixture.ok("db", "query", "app.db", "select * from users", "-o", format) == expected)
  }

  @Test func aMisspeltSchemeIsRecognised() throws {
    let result = try Fixture().nb("db", "query", "postgre://localhost/app", "select 1")
    #expect(result.status == 69)
    #expect(result.errors.contains("hint: did you mean 'postgres:'? known: sqlite:,"))
  }

  @Test(arguments: [":n", "$1", "?", "?1", "@n"])
  func bindsEverySpellingOfAPlaceholder(_ placeholder: String) throws {
    let fixture = try Fixture()
    let name = placeholder.contains("n") ? "n" : "1"
    let sql = "select \(placeholder) || '!'"
    #expect(try fixture.ok("db", "query", ":memory:", sql, "-p", "\(name)=it's") == "it's!\n")
  }

  @Test func positionalPlaceholdersTakeNamedParametersInOrder() throws {
    let fixture = try Fixture()
    let output = try fixture.ok(
      "db", "query", ":memory:", "select ?, ?", "-p", "a=x", "-p", "b:int=5", "-o", "json")
    #expect(output == #"[{"?":"x","?_2":5}]"# + "\n")
  }

  @Test(arguments: [
    ("n:int=5", "integer"), ("n:double=1.5", "real"), ("n=5", "text"), ("n:null", "null"),
    ("n:bool=true", "integer"), ("n:bytes=abc", "blob"), ("n:json=[1]", "text"),
    ("n:decimal=1.10", "text"),
  ])
  func bindsTypedParameters(_ parameter: String, _ type: String) throws {
    let fixture = try Fixture()
    #expect(
      try fixture.ok("db", "query", ":memory:", "select typeof(:n)", "-p", parameter)
        == type + "\n")
  }

  @Test func bindsTheBytesOfAFile() throws {
    let fixture = try Fixture()
    try fixture.directory.write("a\0b", to: "blob")
    #expect(
      try fixture.ok("db", "query", ":memory:", "select hex(:f)", "-p", "f:bytes=@blob")
        == "610062\n")
  }

  @Test(arguments: [
    (["select :a"], 2, "a"), (["select 1", "-p", "a=1"], 2, "a"),
    (["select :a", "-p", "a:int=x"], 65, "64-bit integer"),
    (["select :a", "-p", "a:json={"], 65, "JSON"), (["select :a", "-p", "a:itn=1"], 2, "int"),
    (["select :a", "-p", "a=1", "-p", "a=2"], 2, "twice"),
    (["select :a", "-p", "a:bytes=@missing"], 66, "missing"), (["select :a", "-p", "a"], 2, "a"),
  ])
  func refusesWrongParameters(_ arguments: [String], _ status: Int, _ word: String) throws {
    let fixture = try Fixture()
    let result = try NB.run(
      ["db", "query", ":memory:"] + arguments, in: fixture.directory)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains(word))
    #expect(result.output == "")
  }

  @Test(arguments: [("\\dt", "nb db schema"), ("select 1\\G", "-o vertical")])
  func commandsOfOtherClientsAreNoSQL(_ sql: String, _ hint: String) throws {
    let result = try Fixture().nb("db", "query", ":memory:", sql)
    #expect(result.status == 2)
    #expect(result.errors.contains("no SQL\nhint: ") && result.errors.contains(hint))
  }

  @Test func aSecretValueIsInNoError() throws {
    let fixture = try Fixture()
    let result = try fixture.nb("db", "query", ":memory:", "select :a", "-p", "a:int=hunter2")
    #expect(!result.errors.contains("hunter2"))
  }

  @Test(arguments: [
    "insert into users values (9, 'X', 1)", "delete from users", "drop table users",
    "create table t (a)", "update users set age = 1", "pragma user_version = 7",
  ])
  func refusesToWrite(_ sql: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "query", "app.db", sql)
    #expect(result.status == 1)
    #expect(result.errors.contains("nb db exec"))
    #expect(
      try fixture.ok("db", "query", "app.db", "select count(*), sum(age) from users") == "3\t71\n")
  }

  @Test func refusesToWriteInMemoryToo() throws {
    let fixture = try Fixture()
    #expect(try fixture.nb("db", "query", ":memory:", "create table t (a)").status == 1)
  }

  @Test func readsSQLFromAFileAndFromStdin() throws {
    let fixture = try Fixture()
    try fixture.directory.write("-- a comment\nselect 1;\nselect 2", to: "q.sql")
    #expect(try fixture.ok("db", "query", ":memory:", "-f", "q.sql") == "1\n\n2\n")
    #expect(try fixture.ok("db", "query", ":memory:", input: "select 3") == "3\n")
    #expect(try fixture.ok("db", "query", ":memory:", "-", input: "select 3") == "3\n")
  }

  @Test func stopsAtTheFirstErrorWithItsPlace() throws {
    let fixture = try Fixture()
    try fixture.directory.write("select 1;\nselect\n  nope;\nselect 2;", to: "q.sql")
    let result = try fixture.nb("db", "query", ":memory:", "-f", "q.sql")
    #expect(result.status == 1)
    #expect(result.output == "1\n")
    #expect(result.errors.contains("q.sql:3:3: no such column: nope"))
  }

  @Test func aMisspeltColumnInDoubleQuotesIsAnError() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "query", "app.db", "select \"nmae\" from users")
    #expect(result.status == 1)
    #expect(result.errors.contains("single quotes"))
  }

  @Test func runsOncePerRecord() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write("id,x\n3,a\n1,b\n7,c\n", to: "ids.csv")
    let output = try fixture.ok(
      "db", "query", "app.db", "select :x, name from users where id = :id", "--each", "ids.csv",
      "-o", "csv", "--no-header")
    #expect(output == "a,Čenĕk\nb,Ann\n")
  }

  @Test func aMissingDatabaseIsNotCreated() throws {
    let fixture = try Fixture()
    let result = try fixture.nb("db", "query", "typo.db", "select 1")
    #expect(result.status == 66)
    #expect(result.errors.contains("no such file"))
    #expect(result.errors.contains("hint:"))
    #expect(throws: (any Error).self) { try fixture.directory.read("typo.db") }
  }

  @Test(arguments: [
    ("notadb", "this is no database, but it is long enough to have a header of one\n"),
    ("", ""),
  ])
  func tellsWhatIsNoDatabase(_ name: String, _ content: String) throws {
    let fixture = try Fixture()
    try fixture.directory.write(content, to: "file.db")
    let result = try fixture.nb("db", "query", "file.db", "select * from sqlite_schema")
    #expect(result.status == (content.isEmpty ? 0 : 65))
  }

  @Test func aTruncatedDatabaseIsMalformedData() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "big.db", "--create",
      """
      create table t as with recursive n(i) as (values (1) union all select i + 1 from n
      where i < 5000) select i, hex(randomblob(50)) x from n
      """)
    let whole = try #require(try? fixture.directory.readData("big.db"))
    try fixture.directory.write(whole.prefix(whole.count / 2), to: "cut.db")
    let result = try fixture.nb("db", "query", "cut.db", "select sum(length(x)) from t")
    #expect(result.status == 65)
    #expect(result.errors.contains("hint:"))
  }

  @Test func aLockedDatabaseIsTemporary() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let holder = try NB.start(
      ["db", "exec", "app.db", "--no-tx", "-f", "-"], in: fixture.directory)
    try holder.write("begin exclusive; select 'held';")
    try holder.waitForOutput("held\n")
    let result = try fixture.nb(
      "db", "query", "sqlite:app.db?busy_timeout=100", "select * from users")
    #expect(result.status == 75)
    #expect(result.errors.contains("busy_timeout"))
    try holder.finish()
  }

  @Test func settingsReachSQLite() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(
      try fixture.ok("db", "query", "sqlite:app.db?cache_size=-123", "pragma cache_size")
        == "-123\n")
    #expect(try fixture.ok("db", "query", "app.db", "pragma foreign_keys") == "1\n")
    #expect(
      try fixture.ok("db", "query", "sqlite:app.db?foreign_keys=off", "pragma foreign_keys")
        == "0\n")
    let typo = try fixture.nb("db", "query", "sqlite:app.db?cash_size=5", "select 1")
    #expect(typo.status == 2)
    #expect(typo.errors.contains("cash_size"))
  }

  @Test func aReaderThatGoesAwayEndsItQuietly() throws {
    let fixture = try Fixture()
    let result = try fixture.shell(
      """
      nb db query :memory: 'with recursive n(i) as (select 1 union all select i + 1 from n)
        select i from n' | head -1; echo "${PIPESTATUS[0]}"
      """)
    #expect(result.output == "1\n141\n")
    #expect(result.errors == "")
  }

  @Test func aFullOutputIsAnError() throws {
    let fixture = try Fixture()
    let result = try fixture.shell("nb db query :memory: 'select 1' > /dev/full")
    #expect(result.status == 74)
    #expect(result.errors.contains("no space left"))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalStopsTheStatementAndTheShellLoop(_ signal: Int32) throws {
    let fixture = try Fixture()
    let query = try NB.start(
      [
        "db", "query", ":memory:",
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
      ], in: fixture.directory)
    try query.waitUntilBusy()
    query.send(signal)
    #expect(try query.finish().signal == signal)
  }

  @Test func theTimeoutStopsTheStatement() throws {
    let fixture = try Fixture()
    let result = try fixture.nb(
      "db", "query", "--timeout", "200ms", ":memory:",
      "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")
    #expect(result.status == 124)
    #expect(result.errors.contains("--timeout"))
  }

  @Test func statsAreOneJSONLineOnStderr() throws {
    let fixture = try Fixture()
    let result = try fixture.nb(
      "db", "query", ":memory:", "select 1 union select 2", "--stats=json")
    #expect(result.output == "1\n2\n")
    #expect(result.errors.contains("\"rows\":2,\"bytes\":4,\"retries\":0"))
  }
}
