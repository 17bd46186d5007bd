import Foundation
import TestSupport
import Testing

/// Values that are too much, rows that break, connections that are not to be had.
@Suite(.needsServers) struct ServerFaultTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func server(_ kind: TestServer.Kind) throws -> TestServer {
    try kind == .postgres ? TestServers.postgres : TestServers.mariadb
  }

  // MARK: Values

  /// 64 MiB of bytes that no text holds: bound, read, copied. One value may be in memory a few times.
  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func aValueOf64MiBGoesInAndOut(_ kind: TestServer.Kind) throws {
    let database = try TestDatabase(on: server(kind))
    try database.sql("create table b (v \(kind == .postgres ? "bytea" : "longblob"))")
    let size = kind == .postgres ? 64 << 20 : 12 << 20
    var bytes = Data(count: size)
    for index in stride(from: 0, to: size, by: 4093) { bytes[index] = UInt8(index & 0xFF) | 0x80 }
    try bytes.write(to: fixture.directory.url.appendingPathComponent("value"))
    let written = try fixture.nb(
      "db", "exec", database.url, "insert into b values (:v)", "-p", "v:bytes=@value")
    #expect(written.status == 0, "\(written.errors)")
    let read = try fixture.nb("db", "query", database.url, "select v from b", "-o", "json")
    #expect(read.status == 0, "\(read.errors)")
    let text = read.output.split(separator: "\"").max { $0.count < $1.count } ?? ""
    #expect(Data(base64Encoded: String(text)) == bytes)
  }

  @Test func aValueBeyondWhatTheServerTakesIsToldAsSuch() throws {
    let server = try TestServers.start(.mariadb)
    try server.sql("create table b (v longblob); set global max_allowed_packet = 1048576")
    try Data(count: 2 << 20).write(to: fixture.directory.url.appendingPathComponent("value"))
    let result = try fixture.nb(
      "db", "exec", server.url(), "insert into b values (:v)", "-p", "v:bytes=@value")
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.errors.contains("max_allowed_packet"), "\(result.errors)")
  }

  @Test(arguments: [TestServer.Kind.postgres, .mariadb])
  func asManyColumnsAsTheServerHasAreReadLoadedAndCopied(_ kind: TestServer.Kind) throws {
    let database = try TestDatabase(on: server(kind))
    let count = kind == .postgres ? 1600 : 1000
    let names = (1...count).map { "c\($0)" }
    try database.sql("create table w (\(names.map { $0 + " int" }.joined(separator: ", ")))")
    let row = (1...count).map(String.init).joined(separator: ",")
    try fixture.directory.write(
      names.joined(separator: ",") + "\n" + row + "\n", to: "wide.csv")
    try fixture.ok("db", "load", database.url, "w", "wide.csv")
    try fixture.ok(
      "db", "copy", database.url, database.url, "--table", "w", "--into", "x", "--create")
    #expect(
      try fixture.ok("db", "query", database.url, "select * from x", "-o", "csv", "--no-header")
        == row + "\n")
  }

  /// What no UTF-8 is never reaches the server as text.
  @Test(arguments: [TestServer.Kind.postgres, .mariadb])
  func invalidUTF8IsRefusedAtItsLine(_ kind: TestServer.Kind) throws {
    let database = try TestDatabase(on: server(kind))
    try database.sql("create table u (v varchar(20))")
    let csv = Data("v\nfine\nb\u{e4}d\n".utf8).map { $0 }
    let broken = Data(csv.filter { $0 != 0xC3 })
    try broken.write(to: fixture.directory.url.appendingPathComponent("u.csv"))
    for arguments in [
      ["db", "load", database.url, "u", "u.csv"],
      ["db", "exec", database.url, "insert into u values (:v)", "--each", "u.csv"],
    ] {
      let result = try NB.run(arguments, in: fixture.directory)
      #expect(result.status == 65, "\(result.errors)")
      #expect(result.errors.contains("u.csv:3"), "\(result.errors)")
      #expect(try database.sql("select count(*) from u") == "0\n")
    }
  }

  // MARK: Rows that fail in the middle

  @Test(arguments: [TestServer.Kind.postgres, .mariadb])
  func theRecordThatFailsIsNamedHoweverManyAreOnTheirWay(_ kind: TestServer.Kind) throws {
    let database = try TestDatabase(on: server(kind))
    try database.sql("create table r (n int primary key)")
    for bad in [2, 100, 129, 1000, 1001] {
      let records = (1...1200).map { $0 == bad ? "1\n" : "\($0 == 1 && bad == 2 ? 1 : $0)\n" }
      try fixture.directory.write("n\n" + records.joined(), to: "r.csv")
      for flags in [[], ["--batch", "7"], ["--batch", "5000"]] {
        try database.sql("delete from r")
        let result = try NB.run(
          ["db", "exec", database.url, "insert into r values (:n)", "--each", "r.csv"] + flags,
          in: fixture.directory)
        #expect(result.status == 1, "\(result.errors)")
        #expect(result.errors.contains("r.csv:\(bad + 1): "), "\(result.errors)")
        let kept = flags == ["--batch", "7"] ? (bad - 1) / 7 * 7 : 0
        #expect(try database.sql("select count(*) from r") == "\(kept)\n")
      }
    }
  }

  @Test func rowsOfManyRecordsComeInTheirOrder() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    try fixture.directory.write(
      "{\"n\": 1}\n{\"n\": \"2\"}\n{\"n\": null}\n{\"n\": 4.5}\n", to: "n.ndjson")
    #expect(
      try fixture.ok(
        "db", "query", database.url, "select :n::text, i from generate_series(1, 2) i",
        "--each", "n.ndjson") == "1\t1\n1\t2\n2\t1\n2\t2\n\\N\t1\n\\N\t2\n4.5\t1\n4.5\t2\n")
    let many = (1...3000).map { "\($0)\n" }.joined()
    #expect(
      try fixture.ok(
        "db", "query", database.url, "select :n::int", "--each", "-", input: "n\n" + many) == many)
  }

  @Test(.timeLimit(.minutes(10))) func ctrlCStopsTheRunsOnTheirWay() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    try database.sql("create table r (n int)")
    try fixture.directory.write("n\n" + (1...500).map { "\($0)\n" }.joined(), to: "r.csv")
    let running = try NB.start(
      [
        "db", "exec", database.url, "insert into r select :n::int from pg_sleep(:n::int / 10)",
        "--each", "r.csv",
      ], in: fixture.directory)
    let sessions = """
      select count(*) from pg_stat_activity
      where datname = current_database() and application_name = 'nb' and state = 'active'
      """
    try running.wait { (try? database.sql(sessions)) == "1\n" }
    running.send(SIGINT)
    #expect(try running.finish().signal == SIGINT)
    try running.wait { (try? database.sql(sessions)) == "0\n" }
    #expect(try database.sql("select count(*) from r") == "0\n")
  }

  // MARK: Connections

  @Test func aServerWithoutConnectionsLeftSaysSo() throws {
    let server = try TestServers.postgres
    let role = "nbt_" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    try server.sql("create role \(role) login password 'nb-secret' connection limit 0")
    defer { _ = try? server.sql("drop role \(role)") }
    let result = try fixture.nb("db", "query", server.url(user: role), "select 1")
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("too many connections"), "\(result.errors)")
    #expect(result.errors.contains("hint: wait for others to end"), "\(result.errors)")
  }

  /// Between two statements, as a pooler or a firewall does it.
  @Test(.timeLimit(.minutes(10))) func anIdleConnectionThatWasDroppedIsMadeAgainForTheTransaction()
    throws
  {
    let server = try TestServers.start(.postgres)
    let pooler = try TestServers.start(.pgbouncer, upstream: server)
    try server.sql("create table t (v int)")
    let running = try NB.start(["db", "exec", pooler.url()], in: fixture.directory)
    try running.write("insert into t values (1); select 1;")
    try running.wait {
      (try? server.sql("select count(*) from pg_stat_activity where state = 'idle in transaction'"))
        == "1\n"
    }
    try pooler.kill()
    try pooler.start()
    try running.write("insert into t values (2);")
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try server.sql("select count(*), sum(v) from t") == "2\t3\n")
  }

  @Test(.timeLimit(.minutes(10))) func aPrimaryThatDiesIsLookedForAmongTheOtherHosts() throws {
    let primary = try TestServers.start(.postgres)
    let replica = try TestServers.start(.postgres, upstream: primary)
    try primary.sql("create table t (v int)")
    try replica.waitForPrimary()
    let url =
      "postgres://nb:nb-secret@127.0.0.1:\(primary.port),127.0.0.1:\(replica.port)/nb"
      + "?target_session_attrs=read-write"
    let running = try NB.start(["db", "exec", url], in: fixture.directory)
    try running.write("insert into t values (1); select 1;")
    try running.wait {
      (try? primary.sql("select count(*) from pg_stat_activity where state = 'idle in transaction'"))
        == "1\n"
    }
    try primary.kill()
    try replica.sql("select pg_promote()")
    try running.write("insert into t values (2);")
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try replica.sql("select count(*), sum(v) from t") == "2\t3\n")
  }

  @Test(.timeLimit(.minutes(10))) func onMariaDBTheNextHostIsTakenToo() throws {
    let (first, second) = (try TestServers.start(.mariadb), try TestServers.start(.mariadb))
    for server in [first, second] { try server.sql("create table t (v int)") }
    let url = "mysql://nb:nb-secret@127.0.0.1:\(first.port),127.0.0.1:\(second.port)/nb"
    let running = try NB.start(["db", "exec", url], in: fixture.directory)
    try running.write("insert into t values (1); select 1;")
    try running.wait {
      (try? first.sql("select count(*) from information_schema.innodb_trx")) == "1\n"
    }
    try first.kill()
    try running.write("insert into t values (2);")
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try second.sql("select count(*), sum(v) from t") == "2\t3\n")
  }

  @Test func onMariaDBTheHostOfTheRoleIsTaken() throws {
    let primary = try TestServers.mariadb
    let replica = try TestServers.mariadbReplica
    let database = try TestDatabase(on: primary)
    try replica.waitForPrimary()
    let hosts = "127.0.0.1:\(replica.port),127.0.0.1:\(primary.port)"
    func ask(_ role: String, hosts: String) throws -> NB.Result {
      try fixture.nb(
        "db", "query",
        "mysql://nb:nb-secret@\(hosts)/\(database.name)?target_session_attrs=\(role)",
        "select @@port")
    }
    for role in ["read-write", "primary"] {
      #expect(try ask(role, hosts: hosts).output == "\(primary.port)\n")
    }
    let reversed = "127.0.0.1:\(primary.port),127.0.0.1:\(replica.port)"
    for role in ["read-only", "standby"] {
      #expect(try ask(role, hosts: reversed).output == "\(replica.port)\n")
    }
    #expect(try ask("any", hosts: reversed).output == "\(primary.port)\n")
    let none = try ask("read-write", hosts: "127.0.0.1:\(replica.port)")
    #expect(none.status == 69)
    #expect(none.errors.contains("is read-only"), "\(none.errors)")
    #expect(try ask("writable", hosts: hosts).status == 2)
  }

  // MARK: Figures

  @Test func rowsOfAQueryThatFailsMidwayAreCounted() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    let result = try fixture.nb(
      "db", "query", database.url, "select 1 / (3 - i) from generate_series(1, 9) i",
      "--stats=json")
    #expect(result.status == 1)
    #expect(result.errors.contains("\"rows\":2,"), "\(result.errors)")
    #expect(result.errors.contains("the output ends early: 2 rows came before the error"))
    #expect(!result.errors.contains("\"first_row_ms\":null"))
  }
}
