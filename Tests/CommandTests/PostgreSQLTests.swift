import Foundation
import JSON
import TestSupport
import Testing

/// The db commands on PostgreSQL, as a script meets them.
@Suite(.needsServers) struct PostgreSQLTests {
  let folder: TemporaryDirectory
  let database: TestDatabase

  init() throws {
    folder = try TemporaryDirectory()
    database = try TestDatabase(on: TestServers.postgres)
  }

  private func nb(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(arguments, input: Data(input.utf8), environment: environment, in: folder)
  }

  private var server: TestServer { database.server }

  private func output(_ result: NB.Result) -> String {
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private func makeUsers() throws {
    try database.sql(
      """
      create table users (id integer primary key, name text not null, age integer);
      insert into users values (1, 'Ann', 30), (2, 'Bob', null), (3, 'Čenĕk', 41);
      """)
  }

  // MARK: Words to people

  @Test func aTargetIsShownWithoutItsPasswordAndAProfileByItsName() throws {
    let target = "postgres://nb:nb-secret@127.0.0.1:\(server.port)/\(database.name)"
    let terminal = try PtyProcess([NB.path, "db", "ping", target], columns: 200)
    #expect(try terminal.finish() == .exited(0))
    #expect(terminal.output.contains("nb:***@") && terminal.output.contains("answers"))
    #expect(!terminal.output.contains("nb-secret"))
    try Data("[profile.pg]\nurl = \"\(target)\"\n".utf8).write(
      to: URL(fileURLWithPath: folder.file("nb.toml")))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.file("nb.toml"))
    try makeUsers()
    let result = try nb("db", "search", "@pg", "users", "ann")
    #expect(result.errors.contains("nb db search @pg users"), "\(result.errors)")
  }

  // MARK: Statements

  @Test func rowsComeAsTSVWithoutAHeader() throws {
    try makeUsers()
    let result = try nb(
      "db", "query", database.url, "select id, name, age from users where id >= :id order by id",
      "-p", "id=2")
    #expect(output(result) == "2\tBob\t\\N\n3\tČenĕk\t41\n")
  }

  /// What nb pins for its own reading gives way to the user's word.
  @Test(arguments: ["query", "exec"]) func settingsOfTheSessionHoldForWhatFollows(
    _ command: String
  ) throws {
    let ask = { (sql: String) in try nb("db", command, database.url, sql, "-o", "tsv") }
    #expect(output(try ask("set intervalstyle to iso_8601; select interval '26 h'")) == "PT26H\n")
    #expect(output(try ask("set extra_float_digits to 0; select 0.1::float8 + 0.2")) == "0.3\n")
    let bytes = "select '\\x00ff5c41'::bytea, '\\x'::bytea"
    let plain = output(try ask(bytes))
    #expect(plain == "\\\\x00ff5c41\t\\\\x\n")
    #expect(output(try ask("set bytea_output to escape; \(bytes)")) == plain)
  }

  /// Which come in one round trip.
  @Test func queriesOfNoTableDoAsOthersDo() throws {
    let ask = { (sql: String) in try nb("db", "query", database.url, sql, "-o", "csv") }
    #expect(
      output(try ask("select 1 as a, null as b, 'x y'; select 2"))
        == "a,b,?column?\n1,,x y\n\n?column?\n2\n")
    #expect(
      output(try ask("select generate_series(1, 30000) as n"))
        == "n\n" + (1...30000).map { "\($0)\n" }.joined())
    let unknown = try ask("select 1,\n  nope")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("2:3: column \"nope\" does not exist"), "\(unknown.errors)")
    let late = try ask("select 12 / (3 - generate_series(1, 5)) as n; select 1")
    #expect(late.status == 1)
    #expect(late.output == "n\n6\n12\n" || late.output == "", "\(late.output)")
    #expect(late.errors.contains("division by zero"), "\(late.errors)")
    try database.sql("create sequence s")
    let write = try ask("select nextval('s')")
    #expect(write.status == 1)
    #expect(write.errors.contains("only reads"), "\(write.errors)")
  }

  /// Of doubles every digit counts that makes another number.
  @Test func doublesReadBackAsTheSameNumber() throws {
    let numbers = [
      "0.1", "0.25", "-1234.5", "81.639175257732", "0.30000000000000004", "1e-07", "5e-324",
      "1.7976931348623157e+308", "123456789012345.67",
    ]
    let list = numbers.map { "'\($0)'::float8" }.joined(separator: ", ")
    let rows = output(try nb("db", "query", database.url, "select \(list)", "-o", "tsv"))
    let json = output(try nb("db", "query", database.url, "select \(list)", "-o", "json"))
    for (number, text) in zip(numbers, rows.split(separator: "\t")) {
      #expect(Double(text.trimmingCharacters(in: .newlines)) == Double(number), "\(text)")
    }
    #expect(rows.hasPrefix("0.1\t0.25\t-1234.5\t81.639175257732\t"))
    #expect(json.contains(":0.25,") || json.contains(": 0.25,"), "\(json)")
  }

  @Test func aScriptIsAllOrNothing() throws {
    try makeUsers()
    let result = try nb(
      "db", "exec", database.url, "delete from users; insert into users values (1, null, 1)")
    #expect(result.status == 1)
    #expect(try database.sql("select count(*) from users") == "3\n")
    #expect(output(try nb("db", "exec", database.url, "vacuum users")).isEmpty)
  }

  @Test func aShortPasswordLeavesNoGapsInWords() throws {
    for password in ["o", "con", "for user"] {
      let result = try nb(
        "db", "ping",
        "postgres://nb@127.0.0.1:\(server.port)/nb?password=\(password)"
          .replacingOccurrences(of: " ", with: "%20"))
      #expect(result.status == 77)
      let words = "password authentication failed for user"
      #expect(result.errors.contains(words) == (password != "for user"), "\(result.errors)")
    }
  }

  @Test func anErrorShowsItsLineAndSQLSTATE() throws {
    let result = try nb(
      "--error-format", "json", "db", "query", database.url, "select 1,\n  nam from pg_class")
    #expect(result.status == 1)
    let error = try JSONParser.parse(
      result.errors.split(separator: "\n").last.map(String.init) ?? "")
    #expect(error["code"]?.string == "42703")
    #expect(result.errors.contains("2"))
    let text = try nb("db", "query", database.url, "select 1,\n  nam from pg_class")
    #expect(text.errors.contains("line 2:3: column \"nam\" does not exist"))
    #expect(text.errors.contains("\n    nam from pg_class\n    ^\n"))
  }

  @Test func queryRefusesAWriteAsOnEveryEngine() throws {
    try makeUsers()
    let result = try nb("db", "query", database.url, "delete from users")
    #expect(result.status == 1)
    #expect(result.errors.contains("the statement writes, and query only reads"))
    #expect(result.errors.contains("hint: use nb db exec"))
    #expect(try database.sql("select count(*) from users") == "3\n")
  }

  @Test func aStatementRunsForEachRecord() throws {
    try makeUsers()
    try folder.write("id,age\n1,31\n2,22\n", to: "ages.csv")
    let result = try nb(
      "db", "exec", database.url, "update users set age = :age where id = :id", "--each", "ages.csv"
    )
    #expect(output(result).isEmpty)
    #expect(try database.sql("select age from users order by id") == "31\n22\n41\n")
  }

  // MARK: Rows in and out

  @Test func refusedRowsGoToTheRejectFileWithTheirLines() throws {
    try makeUsers()
    var csv = "id,name,age\n"
    for id in 1...5000 { csv += id % 1000 == 0 ? "\(id),bad,x\n" : "\(id),name \(id),\(id % 90)\n" }
    try folder.write(csv, to: "users.csv")
    let result = try nb(
      "db", "load", database.url, "users", "users.csv", "--reject", "rejects.csv")
    #expect(result.status == 0, "\(result.errors)")
    let lines = try folder.read("rejects.csv").split(separator: "\n").dropFirst()
    let numbers = lines.compactMap { $0.split(separator: ",").first.map(String.init) }
    // Three that are there already, and five whose age is no number.
    #expect(numbers == ["2", "3", "4", "1001", "2001", "3001", "4001", "5001"])
    #expect(lines.last?.hasSuffix("\"5000,bad,x\"") == true)
    #expect(try database.sql("select count(*) from users") == "4995\n")
  }

  @Test func aRefusedRowEndsALoadAtItsLine() throws {
    try makeUsers()
    try folder.write("id,name,age\n7,x,1\n8,y,z\n9,z,1\n", to: "users.csv")
    let result = try nb("db", "load", database.url, "users", "users.csv")
    #expect(result.status == 65)
    #expect(result.errors.contains("users.csv:3: column 'age': invalid input syntax"))
    #expect(!result.errors.contains("\"z\""))
    #expect(try database.sql("select count(*) from users") == "3\n")
  }

  @Test func rowsAreCopiedBetweenEnginesAndWithinOne() throws {
    try makeUsers()
    let toSQLite = try nb("db", "copy", database.url, "app.db", "--table", "users", "--create")
    #expect(toSQLite.status == 0, "\(toSQLite.errors)")
    #expect(
      output(try nb("db", "query", "app.db", "select name from users where id = 3")) == "Čenĕk\n")
    let back = try nb(
      "db", "copy", "app.db", database.url, "--table", "users", "--into", "back", "--create")
    #expect(back.status == 0, "\(back.errors)")
    let within = try nb(
      "db", "copy", database.url, database.url, "--table", "users", "--into", "again", "--create")
    #expect(within.status == 0, "\(within.errors)")
    #expect(
      try database.sql("select * from again except select * from users")
        + database.sql("select count(*) from back") == "3\n")
  }

  @Test func migrationsRunAndAreRecorded() throws {
    let migrations = folder.file("migrations")
    try FileManager.default.createDirectory(atPath: migrations, withIntermediateDirectories: true)
    try folder.write(
      "-- migrate:up\ncreate table a (x int);\n-- migrate:down\ndrop table a;\n",
      to: "migrations/1_a.sql")
    try folder.write(
      "-- migrate:up transaction:false\ncreate index concurrently i on a (x);\n",
      to: "migrations/2_i.sql")
    #expect(try nb("db", "migrate", "up", database.url).status == 0)
    #expect(try database.sql("select version from nb_migrations order by 1") == "1\n2\n")
    let schema = try nb("db", "schema", database.url, "-o", "json")
    #expect(output(schema).contains("\"i\""))
    #expect(try nb("db", "ping", database.url).status == 0)
  }

  // MARK: Failing to connect

  @Test func whatKeepsAConnectionFromBeingMadeDecidesTheStatus() throws {
    let port = server.port
    let user = server.user
    let cases: [(String, Int32, String)] = [
      ("postgres://nb:x@127.0.0.1:1/nb", 69, "connection refused"),
      ("postgres://nb:x@nowhere.invalid/nb", 69, "could not translate host name"),
      (
        "postgres://\(user):wr%40ng%2Fpw@127.0.0.1:\(port)/nb", 77, "password authentication failed"
      ),
      ("postgres://\(user)@127.0.0.1:\(port)/nb", 77, "no password supplied"),
      (server.url(database: "nowhere"), 66, "does not exist"),
      (
        server.url(host: "127.0.0.2") + "?sslmode=verify-full&sslrootcert=" + TestServers.authority,
        77, "does not match host name"
      ),
      (
        server.url() + "?sslmode=verify-ca&sslrootcert=" + TestServers.otherAuthority, 77,
        "certificate verify failed"
      ),
      (
        server.url() + "?sslmode=verify-ca&sslrootcert=/nowhere", 78,
        "root certificate file \"/nowhere\" does not exist"
      ),
      (
        server.url() + "?sslmode=require&sslcert=" + TestServers.clientCertificate
          + "&sslkey=/nowhere", 78, "private key file"
      ),
      (server.url() + "?sslmode=require&sslcert=\(#filePath)", 78, "certificate file"),
      (
        try TestServers.postgresWithoutTLS.url() + "?sslmode=require", 77,
        "server does not support SSL"
      ),
      (server.url() + "?sslmod=require", 2, "no setting 'sslmod'"),
      (server.url() + "?sslmode=always", 2, "invalid sslmode"),
    ]
    for (url, status, words) in cases {
      let result = try nb("db", "query", url, "select 1")
      #expect(result.status == status, "\(url): \(result.errors)")
      #expect(result.errors.contains(words), "\(url): \(result.errors)")
      for secret in ["wr@ng", "wr%40ng", server.password] {
        #expect(!result.errors.contains(secret), "\(result.errors)")
      }
    }
  }

  @Test(
    arguments: [
      "connect_timeout=abc", "keepalives=x", "keepalives_idle=abc", "keepalives_interval=1x",
      "keepalives_count=q", "tcp_user_timeout=z", "statement_timeout=abc", "lock_timeout=-5",
      "work_mem=lots", "timezone=Mars%2FX", "role=nobody9", "synchronous_commit=x",
      "port=abc", "sslmode=always", "options=-c%20x",
    ])
  func aMalformedSettingIsNamed(_ setting: String) throws {
    let key = String(setting.prefix { $0 != "=" })
    let result = try nb("db", "query", server.url() + "?" + setting, "select 1")
    #expect(result.status == 2, "\(result.errors)")
    #expect(
      result.errors.contains(key == "options" ? "-c x requires a value" : key), "\(result.errors)")
    guard key != "port", key != "options" else { return }
    let value = setting.dropFirst(key.count + 1).split(separator: "%2F").joined(separator: "/")
    try folder.write(
      """
      [profile.p]
      url = "postgres://\(server.user)@127.0.0.1:\(server.port)/nb"
      password = "env:PW"
      \(key) = "\(value)"
      """, to: "nb.toml")
    let profile = try nb("db", "query", "@p", "select 1", environment: ["PW": server.password])
    #expect(profile.status == 78, "\(profile.errors)")
    #expect(
      profile.errors.contains("nb.toml:4") && profile.errors.contains(key), "\(profile.errors)")
  }

  @Test func aMalformedTimeoutOfTheEnvironmentIsNamed() throws {
    let result = try nb(
      "db", "query", server.url(), "select 1", environment: ["PGCONNECT_TIMEOUT": "soon"])
    #expect(result.status == 2)
    #expect(result.errors.contains("connect_timeout"), "\(result.errors)")
    #expect(
      output(try nb("db", "query", server.url() + "?connect_timeout=5s", "select 1")) == "1\n")
  }

  @Test func libpqsOwnSourcesAreUsed() throws {
    let environment = [
      "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": server.user,
      "PGPASSWORD": server.password, "PGDATABASE": database.name,
    ]
    #expect(
      output(
        try nb("db", "query", "postgres:", "select current_database()", environment: environment))
        == database.name + "\n")
    try folder.write("127.0.0.1:*:*:\(server.user):\(server.password)\n", to: ".pgpass")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.file(".pgpass"))
    #expect(
      output(
        try nb("db", "query", "postgres://\(server.user)@127.0.0.1:\(server.port)/nb", "select 1"))
        == "1\n")
    let socket = "postgres://\(server.user):\(server.password)@/nb?host=\(server.directory)"
    #expect(output(try nb("db", "query", socket + "&port=\(server.port)", "select 1")) == "1\n")
  }

  @Test func theFirstHostOfAListThatAnswersIsUsed() throws {
    let url = "postgres://\(server.user):\(server.password)@127.0.0.1:1,127.0.0.1:\(server.port)/nb"
    #expect(output(try nb("db", "query", url, "show application_name")) == "nb\n")
  }

  // MARK: Stopping

  @Test(.timeLimit(.minutes(10)), arguments: [SIGINT, SIGTERM])
  func aSignalStopsTheStatementOnTheServer(_ signal: Int32) throws {
    let marker = "nb_\(UInt32.random(in: 0...UInt32.max))"
    let running = try NB.start(
      ["db", "query", database.url, "select pg_sleep(600) as \(marker)"], in: folder)
    let isActive = """
      select count(*) from pg_stat_activity
      where state = 'active' and query like '%\(marker)%' and pid <> pg_backend_pid()
      """
    try running.wait { (try? server.sql(isActive)) == "1\n" }
    running.send(signal)
    let result = try running.finish()
    #expect(result.signal == signal)
    try running.wait { (try? server.sql(isActive)) == "0\n" }
  }

  @Test(.timeLimit(.minutes(10))) func aTimeoutStopsTheStatementOnTheServer() throws {
    let result = try nb(
      "--timeout", "500ms", "db", "query", database.url, "select pg_sleep(600)")
    #expect(result.status == 124)
  }

  @Test(.timeLimit(.minutes(10))) func ctrlCEndsAConnectionThatHangs() throws {
    // A listener that never answers.
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, length)
        _ = listen(descriptor, 1)
        _ = getsockname(descriptor, $0, &length)
      }
    }
    let port = UInt16(bigEndian: address.sin_port)
    let running = try NB.start(
      ["db", "query", "postgres://nb:x@127.0.0.1:\(port)/nb", "select 1"], in: folder)
    #expect(accept(descriptor, nil, nil) >= 0)
    running.send(SIGINT)
    #expect(try running.finish().signal == SIGINT)
    let late = try nb(
      "db", "query", "postgres://nb:x@127.0.0.1:\(port)/nb?connect_timeout=2", "select 1")
    #expect(late.status == 69)
    #expect(late.errors.contains("connect_timeout passed"))
  }
}
