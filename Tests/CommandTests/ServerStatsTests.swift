import Foundation
import TestSupport
import Testing

/// `nb db stats` on servers: what goes on, who waits for whom, what costs most.
@Suite(.needsServers) struct ServerStatsTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func stats(_ url: String) throws -> (rows: [[String]], notes: String) {
    let result = try fixture.nb("db", "stats", url)
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.allSatisfy { $0.count == 5 })
    return (rows, result.errors)
  }

  private func value(
    _ rows: [[String]], _ kind: String, _ figure: String, of name: String? = nil
  ) -> String? {
    rows.first { $0[0] == kind && $0[2] == figure && (name == nil || $0[1] == name) }?[3]
  }

  /// Two sessions of which the second waits for the first, while `body` runs.
  private func withBlockedSession(
    _ database: TestDatabase, _ body: () throws -> Void
  ) throws {
    try database.sql("create table t (i int primary key, n int); insert into t values (1, 1)")
    let holder = try NB.start(
      ["db", "exec", database.url, "--no-tx", "-f", "-"], in: fixture.directory)
    try holder.write("begin; update t set n = 2; select 'locked';\n")
    try holder.waitForOutput("locked")
    let waiting = try NB.start(
      ["db", "exec", database.url, "update t set n = 3"], in: fixture.directory)
    let query =
      database.server.kind == .mariadb
      ? "select count(*) from information_schema.innodb_lock_waits"
      : "select count(*) from pg_locks where not granted"
    let server = database.server
    try waiting.wait { (try? server.sql(query)) != "0\n" }
    try body()
    try holder.write("rollback;\n")
    _ = try holder.finish()
    #expect(try waiting.finish().status == 0)
  }

  @Test(.timeLimit(.minutes(10))) func postgreSQLTellsWhoWaitsForWhom() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    try withBlockedSession(database) {
      let rows = try stats(database.url).rows
      #expect(value(rows, "lock", "waits_for")?.hasPrefix("process ") == true, "\(rows)")
      #expect(value(rows, "lock", "statement") == "update t set n = 3")
      #expect(rows.contains { $0[0] == "session" && $0[3] == "idle in transaction" })
      #expect(value(rows, "database", "idle_in_transaction") == "1")
      #expect(value(rows, "database", "longest_transaction").flatMap { Double($0) } != nil)
    }
  }

  @Test func postgreSQLListsTheSlowestStatements() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    let without = try stats(database.url)
    #expect(without.notes.contains("CREATE EXTENSION pg_stat_statements"), "\(without.notes)")
    try database.sql(
      "create extension pg_stat_statements; create table t (i int); insert into t values (1);")
    try database.sql("delete from t; vacuum analyze t;")
    try database.sql("select pg_sleep(0.3), 'slowest'")
    let (rows, notes) = try stats(database.url)
    #expect(!notes.contains("slowest statements"), "\(notes)")
    let statements = rows.filter { $0[0] == "statement" && $0[2] == "total_time" }
    #expect(statements.first?[1] == "select pg_sleep($1), $2", "\(statements)")
    #expect(statements.first.flatMap { Double($0[3]) }.map { $0 >= 300 } == true)
    #expect(value(rows, "table", "last_vacuum", of: "t")?.hasPrefix("20") == true)
    #expect(value(rows, "table", "dead_rows", of: "t") != nil)
    #expect(value(rows, "database", "max_connections") == "200")
    // The database comes first, then what goes on, then tables.
    let kinds = rows.map { $0[0] }
    #expect(kinds.first == "database")
    #expect((kinds.lastIndex(of: "statement") ?? 0) < (kinds.firstIndex(of: "table") ?? 0))
  }

  @Test func aUserWithoutRightsSeesWhatIsHis() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    try database.sql(
      "create table t (i int); grant select on t to nb_md5; create extension pg_stat_statements")
    let (rows, notes) = try stats(
      database.server.url(database: database.name, user: "nb_md5"))
    #expect(notes.contains("GRANT pg_read_all_stats TO nb_md5"), "\(notes)")
    #expect(value(rows, "table", "rows", of: "t") == "0")
  }

  @Test func replicasAreListedWithTheirLag() throws {
    let rows = try stats(TestServers.postgres.url()).rows
    #expect(value(rows, "replica", "state", of: "postgres-replica") == "streaming", "\(rows)")
    let replica = try stats(TestServers.mariadbReplica.url()).rows
    #expect(value(replica, "replica", "lag").flatMap { Int($0) } != nil, "\(replica)")
  }

  @Test(.timeLimit(.minutes(10))) func mariaDBTellsWhoWaitsAndWhatCostsMost() throws {
    let database = try TestDatabase(on: TestServers.mariadb)
    try withBlockedSession(database) {
      let (rows, notes) = try stats(database.url)
      #expect(!notes.contains("not known"), "\(notes)")
      #expect(value(rows, "lock", "waits_for")?.hasPrefix("connection ") == true, "\(rows)")
      #expect(rows.contains { $0[0] == "lock" && $0[3] == "update t set n = 3" }, "\(rows)")
      #expect(rows.contains { $0[0] == "statement" && $0[2] == "calls" }, "\(rows)")
      #expect(value(rows, "database", "max_connections") == "200")
      #expect(value(rows, "database", "cache_hit_ratio").flatMap { Double($0) } != nil)
    }
    let off = try stats(TestServers.mariadbReplica.url()).notes
    #expect(off.contains("performance_schema=ON"), "\(off)")
  }
}
