import Foundation
import TestSupport
import Testing

/// The db commands against a MariaDB server.
@Suite(.needsServers) struct MariaDBTests {
  private let fixture: Fixture
  private let database: TestDatabase

  init() throws {
    fixture = try Fixture()
    database = try TestDatabase(on: TestServers.mariadb)
    // In a file: a password on the command line is warned of.
    try fixture.directory.write(
      """
      [profile.m]
      url = "mysql://nb@127.0.0.1:\(database.server.port)/\(database.name)"
      password = "nb-secret"
      """, to: "nb.toml")
    chmod(fixture.directory.file("nb.toml"), 0o600)
  }

  private func makeUsers() throws {
    try fixture.ok(
      "db", "exec", "@m",
      """
      create table users (id int primary key, name varchar(20) not null, age int);
      insert into users values (1, 'Ann', 30), (2, 'Bob', null), (3, 'Čenĕk', 41);
      """)
  }

  @Test func queriesPrintRowsInEveryFormat() throws {
    try makeUsers()
    let sql = "select id, name, age from users order by id"
    #expect(try fixture.ok("db", "query", "@m", sql) == "1\tAnn\t30\n2\tBob\t\\N\n3\tČenĕk\t41\n")
    #expect(
      try fixture.ok("db", "query", "@m", sql + " limit 2", "-o", "json")
        == #"[{"id":1,"name":"Ann","age":30},{"id":2,"name":"Bob","age":null}]"# + "\n")
    #expect(
      try fixture.ok("db", "query", "@m", sql + " limit 1", "-o", "csv")
        == "id,name,age\n1,Ann,30\n")
  }

  @Test(arguments: [":a", "$1", "?"])
  func parametersAreBoundInAllSpellings(_ placeholder: String) throws {
    try makeUsers()
    let flag = placeholder == ":a" ? "a:int=30" : "1:int=30"
    let found = try fixture.ok(
      "db", "query", "@m", "select name from users where age > \(placeholder)", "-p", flag)
    #expect(found == "Čenĕk\n")
  }

  @Test func aQueryCannotWriteWhateverItTries() throws {
    try makeUsers()
    let attempts = [
      "insert into users values (9, 'x', 1)", "commit; insert into users values (9, 'x', 1)",
      "set session transaction read write; insert into users values (9, 'x', 1)",
      "set @@tx_read_only = 0; insert into users values (9, 'x', 1)",
      "start transaction read write; insert into users values (9, 'x', 1)",
      "drop table users", "truncate users", "/*! insert into users values (9, 'x', 1) */",
      "call p()", "analyze delete from users",
      "set statement tx_read_only = 0 for insert into users values (9, 'x', 1)",
      "execute immediate 'insert into users values (9, 1, 1)'",
      "select * from users into outfile '/tmp/nb-test-outfile'", "select 1; drop table users",
      "begin not atomic insert into users values (9, 'x', 1); end",
    ]
    for sql in attempts {
      let result = try fixture.nb("db", "query", "@m", sql)
      #expect(result.status == 1, "\(sql): \(result.errors)")
      #expect(result.errors.contains("nb db exec"), "\(sql): \(result.errors)")
    }
    #expect(try fixture.ok("db", "query", "@m", "select count(*) from users") == "3\n")
  }

  @Test func errorsTellLineColumnAndCode() throws {
    try makeUsers()
    try fixture.directory.write("select 1;\n\nselect *\nfrom users wher id = 1;\n", to: "q.sql")
    let syntax = try fixture.nb("db", "query", "@m", "-f", "q.sql")
    #expect(syntax.status == 1)
    #expect(
      syntax.errors.hasPrefix("nb: q.sql:4:17: syntax error near 'id = 1'"), "\(syntax.errors)")
    let column = try fixture.nb("db", "query", "@m", "select nmae from users")
    #expect(column.errors.hasPrefix("nb: line 1:8: Unknown column 'nmae'"), "\(column.errors)")
    let duplicate = try fixture.nb(
      "db", "exec", "@m", "insert into users values (1, :n, 2)", "-p", "n=private",
      "--error-format", "json")
    #expect(duplicate.status == 1)
    #expect(duplicate.errors.contains("1062 (23000)"), "\(duplicate.errors)")
    #expect(!duplicate.errors.contains("private"))
  }

  @Test func aScriptIsAllOrNothing() throws {
    try makeUsers()
    let result = try fixture.nb(
      "db", "exec", "@m", "delete from users; insert into users values (1, null, 2)")
    #expect(result.status == 1)
    #expect(try fixture.ok("db", "query", "@m", "select count(*) from users") == "3\n")
  }

  @Test func csvIsLoadedAndCopiedBothWays() throws {
    try makeUsers()
    try fixture.directory.write(
      "id,name,age\n4,\"Dörte \"\"D\"\"\t\\n\",50\n5,'quoted',\n", to: "more.csv")
    try fixture.ok("db", "load", "@m", "users", "more.csv")
    #expect(
      try fixture.ok(
        "db", "query", "@m", "select * from users where id > 3 order by id", "-o", "json")
        == #"[{"id":4,"name":"Dörte \"D\"\t\\n","age":50},{"id":5,"name":"'quoted'","age":null}]"#
        + "\n")
    try fixture.ok("db", "copy", "@m", "local.db", "--table", "users", "--create")
    #expect(try fixture.ok("db", "query", "local.db", "select count(*) from users") == "5\n")
    try fixture.ok("db", "exec", "@m", "drop table users")
    try fixture.ok("db", "copy", "local.db", "@m", "--table", "users", "--create")
    #expect(try fixture.ok("db", "query", "@m", "select sum(age) from users") == "121\n")
  }

  @Test func aRowThatDoesNotFitIsRefusedWithItsLine() throws {
    try makeUsers()
    try fixture.directory.write("id,name,age\n4,Dora,50\n5,Emil,old\n6,Fred,1\n", to: "bad.csv")
    let result = try fixture.nb("db", "load", "@m", "users", "bad.csv")
    #expect(result.status == 65)
    #expect(result.errors.contains("bad.csv:3"), "\(result.errors)")
    #expect(try fixture.ok("db", "query", "@m", "select count(*) from users") == "3\n")
    try fixture.ok("db", "load", "@m", "users", "bad.csv", "--reject", "refused.csv")
    #expect(try fixture.ok("db", "query", "@m", "select count(*) from users") == "5\n")
    #expect(try fixture.directory.read("refused.csv").contains("Emil"))
  }

  @Test func migrationsRunUpAndDown() throws {
    try FileManager.default.createDirectory(
      atPath: fixture.directory.file("migrations"), withIntermediateDirectories: false)
    try fixture.directory.write(
      "-- migrate:up\ncreate table a (i int);\n-- migrate:down\ndrop table a;\n",
      to: "migrations/1_a.sql")
    try fixture.directory.write(
      "-- migrate:up\ninsert into a values (1);\n-- migrate:down\ndelete from a;\n",
      to: "migrations/2_fill.sql")
    try fixture.ok("db", "migrate", "up", "@m")
    #expect(try fixture.ok("db", "query", "@m", "select i from a") == "1\n")
    #expect(try fixture.nb("db", "migrate", "status", "@m").status == 0)
    try fixture.ok("db", "migrate", "down", "@m", "--yes")
    #expect(try fixture.ok("db", "query", "@m", "select count(*) from a") == "0\n")
  }

  @Test func theSchemaIsDescribed() throws {
    try makeUsers()
    let json = try fixture.ok("db", "schema", "@m", "users", "-o", "json")
    #expect(json.contains(#""varchar(20)""#), "\(json)")
    #expect(json.contains("CREATE TABLE `users`"), "\(json)")
    let missing = try fixture.nb("db", "schema", "@m", "usrs")
    #expect(missing.status == 66)
    #expect(missing.errors.contains("did you mean 'users'?"))
  }

  @Test func pingTellsWhyItFails() throws {
    try fixture.ok("db", "ping", "@m")
    let port = database.server.port
    let wrong = try fixture.nb("db", "ping", "mysql://nb:bad%40word@127.0.0.1:\(port)/nb")
    #expect(wrong.status == 77)
    #expect(!wrong.errors.contains("bad@word") && !wrong.errors.contains("bad%40word"))
    #expect(try fixture.nb("db", "ping", "mysql://nb@127.0.0.1:1/nb").status == 69)
    let unknown = try fixture.nb(
      "db", "ping", "mysql://nb@127.0.0.1:\(port)/nothing?password=env:PW",
      environment: ["PW": "nb-secret"])
    #expect(unknown.status == 66)
  }

  @Test(
    arguments: [
      ("time_zone=Mars", "time_zone"), ("collation=foo", "collation"),
      ("sql_mode=bogus", "sql_mode"),
      ("init_command=bogus", "init_command"), ("connect_timeout=abc", "connect_timeout"),
    ])
  func aMalformedSettingIsNamed(_ setting: String, _ key: String) throws {
    let url = "mysql://nb@127.0.0.1:\(database.server.port)/nb?password=env:PW"
    let environment = ["PW": "nb-secret"]
    let result = try fixture.nb(
      "db", "query", url + "&" + setting, "select 1", environment: environment)
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.errors.contains(key), "\(result.errors)")
    try fixture.directory.write(
      "[profile.p]\nurl = \"\(url)\"\n\(key) = \"\(setting.dropFirst(key.count + 1))\"\n",
      to: "nb.toml")
    let profile = try fixture.nb("db", "query", "@p", "select 1", environment: environment)
    #expect(profile.status == 78, "\(profile.errors)")
    #expect(profile.errors.contains("nb.toml:3"), "\(profile.errors)")
  }

  @Test func aMalformedOptionFileIsNamed() throws {
    let port = database.server.port
    try fixture.directory.write(
      "[client]\nhost = 127.0.0.1\nport = \(port)x\nuser = nb\npassword = nb-secret\n",
      to: ".my.cnf")
    let result = try fixture.nb("db", "query", "mysql:///nb", "select 1")
    #expect(result.status == 78, "\(result.errors)")
    #expect(result.errors.contains(".my.cnf:3: port takes a number"), "\(result.errors)")
    try fixture.directory.write(
      "[client]\nhost = 127.0.0.1\nport = \(port)\nuser = nb\npassword = nb-secret\n", to: ".my.cnf"
    )
    #expect(try fixture.ok("db", "query", "mysql:///nb", "select 1") == "1\n")
  }

  /// As on PostgreSQL what is only preferred is not verified.
  @Test func aTLSFileThatCannotBeUsedIsNamed() throws {
    let url = "mysql://nb@127.0.0.1:\(database.server.port)/nb?password=env:PW&sslmode="
    func ask(_ settings: String) throws -> NB.Result {
      try fixture.nb("db", "query", url + settings, "select 1", environment: ["PW": "nb-secret"])
    }
    #expect(try ask("prefer&sslrootcert=\(TestServers.otherAuthority)").output == "1\n")
    #expect(try ask("verify-ca&sslrootcert=\(TestServers.otherAuthority)").status == 77)
    for (settings, words) in [
      (
        "verify-ca&sslrootcert=/nonexistent", "cannot read /nonexistent (sslrootcert): no such file"
      ),
      ("prefer&sslcert=/nonexistent", "cannot read /nonexistent (sslcert): no such file"),
      ("verify-ca&sslrootcert=/etc/passwd", "/etc/passwd (sslrootcert)"),
    ] {
      let result = try ask(settings)
      #expect(result.status == 77)
      #expect(result.errors.contains(words), "\(result.errors)")
    }
  }

  @Test func anEmptyPasswordIsNoSecret() throws {
    let result = try fixture.nb("db", "ping", "mysql://nb:@127.0.0.1:\(database.server.port)/nb")
    #expect(result.status == 77)
    #expect(!result.errors.contains("can be seen by others"), "\(result.errors)")
  }

  @Test func aSequenceIsTheSameInADatabaseOfAnotherName() throws {
    let other = try TestDatabase(on: TestServers.mariadb)
    let sql = "create sequence s; create table t (id int default nextval(s), v int)"
    try database.sql(sql)
    try other.sql(sql)
    #expect(try fixture.ok("db", "schema", "diff", database.url, other.url) == "")
  }

  // MARK: Stopping

  /// Statements of this test's that run on the server.
  private func running(_ mark: String) throws -> Int {
    let count = try database.sql(
      """
      select count(*) from information_schema.processlist
      where info like '%\(mark)%' and id <> connection_id()
      """)
    return Int(count.filter(\.isNumber)) ?? -1
  }

  private func waitUntil(_ mark: String, runs: Bool) throws {
    let end = Date().addingTimeInterval(30)
    while try (running(mark) > 0) != runs {
      guard Date() < end else { throw POSIXError(.ETIMEDOUT) }
      usleep(20_000)
    }
  }

  private func slowQuery(_ mark: String) -> String {
    "select count(*) /* \(mark) */ from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq < b.seq"
  }

  @Test(.timeLimit(.minutes(10)), arguments: [SIGINT, SIGTERM])
  func aSignalStopsTheStatementOnTheServer(_ signal: Int32) throws {
    let mark = "nb-\(UInt32.random(in: 0...UInt32.max))"
    // A comment inside the statement reaches the server.
    let process = try NB.start(["db", "query", "@m", slowQuery(mark)], in: fixture.directory)
    try waitUntil(mark, runs: true)
    process.send(signal)
    let result = try process.finish()
    #expect(result.signal == signal, "\(result.errors)")
    try waitUntil(mark, runs: false)
  }

  @Test(.timeLimit(.minutes(10))) func aTimeoutStopsTheStatementOnTheServer() throws {
    let mark = "nb-\(UInt32.random(in: 0...UInt32.max))"
    let result = try fixture.nb("db", "query", "@m", slowQuery(mark), "--timeout", "700ms")
    #expect(result.status == 124, "\(result.errors)")
    try waitUntil(mark, runs: false)
  }

  @Test(.timeLimit(.minutes(10))) func aServerKilledInTheMiddleKeepsTheRowsSoFar() throws {
    let server = try TestServers.start(.mariadb)
    let process = try NB.start(
      [
        "db", "query", "mysql://nb@127.0.0.1:\(server.port)/nb?password=env:PW",
        "select a.seq from seq_1_to_1000000 a, seq_1_to_1000000 b",
      ], environment: ["PW": "nb-secret"], in: fixture.directory)
    try process.wait { process.output.utf8.count > 1_000_000 }
    try server.kill()
    let result = try process.finish()
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("lost the connection"), "\(result.errors)")
    #expect(result.output.hasPrefix("1\n"))
  }

  @Test(.timeLimit(.minutes(10))) func aReaderThatGoesAwayEndsTheQuery() throws {
    let mark = "nb-\(UInt32.random(in: 0...UInt32.max))"
    let result = try fixture.shell(
      """
      nb db query @m "select a.seq /* \(mark) */ from seq_1_to_1000000 a, seq_1_to_1000000 b" | head -1
      echo "${PIPESTATUS[@]}"
      """)
    #expect(result.output == "1\n141 0\n", "\(result.errors)")
    try waitUntil(mark, runs: false)
  }
}
