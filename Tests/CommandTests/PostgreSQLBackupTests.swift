import Foundation
import TestSupport
import Testing

/// `db backup` and `db restore` on PostgreSQL, with pg_dump and psql as referees.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct PostgreSQLBackupTests {
  let folder: TemporaryDirectory
  let database: TestDatabase

  init() throws {
    folder = try TemporaryDirectory()
    database = try TestDatabase(on: TestServers.postgres)
  }

  private func nb(_ arguments: String...) throws -> NB.Result {
    try NB.run(arguments, in: folder)
  }

  @discardableResult
  private func ok(_ arguments: String...) throws -> String {
    let result = try NB.run(arguments, in: folder)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    return result.errors
  }

  /// What pg_dump says of a database, without what differs from run to run.
  private func dump(_ database: TestDatabase) throws -> String {
    let result = try NB.shell(
      "pg_dump '\(database.url)' | grep -v -e '^.restrict' -e '^.unrestrict'", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { !$0.hasPrefix(".config") }.sorted()
  }

  private func makeNumbers(_ rows: Int) throws {
    try database.sql(
      "create table t (i int primary key, x text);"
        + "insert into t select i, repeat('x', i % 90) from generate_series(1, \(rows)) i")
  }

  // MARK: Round trips

  @Test func everythingComesBackByNBAndByPsql() throws {
    try database.sql(PostgreSQLBackupSchema.sql)
    let before = try dump(database)
    #expect(try !ok("db", "backup", database.url, "b.sql").contains("not in the backup"))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("b.sql"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let loads = [
      "\(NB.path) db restore 'URL' b.sql --yes",
      // Over what is there already.
      "\(NB.path) db restore 'URL' b.sql --yes && \(NB.path) db restore 'URL' b.sql --yes",
      "\(NB.path) db exec 'URL' -f b.sql", "psql -qv ON_ERROR_STOP=1 'URL' -f b.sql",
    ]
    for load in loads {
      let other = try TestDatabase(on: TestServers.postgres)
      let result = try NB.shell(
        load.split(separator: "URL", omittingEmptySubsequences: false).joined(separator: other.url),
        in: folder)
      #expect(result.status == 0 && result.output.isEmpty, "\(load): \(result.errors)")
      #expect(try dump(other) == before, "\(load)")
    }
    try ok("db", "restore", database.url, "b.sql", "--yes")
    #expect(try dump(database) == before)
  }

  @Test func aFileOfPgDumpLoads() throws {
    try database.sql(PostgreSQLBackupSchema.sql)
    let before = try dump(database)
    _ = try NB.shell("pg_dump '\(database.url)' > d.sql", in: folder)
    let other = try TestDatabase(on: TestServers.postgres)
    try ok("db", "exec", other.url, "-f", "d.sql")
    #expect(try dump(other) == before)
  }

  @Test func aBackupOfAReplicaAndThroughAPoolerIsTheSame() throws {
    try makeNumbers(1000)
    try TestServers.postgresReplica.waitForPrimary()
    let targets =
      [database.url] + [
        try TestServers.postgresReplica.url(database: database.name),
        try TestServers.pgbouncer.url(database: database.name),
      ]
    var contents: Set<String> = []
    for target in targets {
      try ok("db", "backup", target, "b.sql", "--overwrite")
      let lines = try folder.read("b.sql").split(separator: "\n").filter { !$0.hasPrefix("--") }
      contents.insert(lines.joined(separator: "\n"))
    }
    #expect(contents.count == 1)
    try database.sql("drop table t")
    try ok("db", "restore", targets[2], "b.sql", "--yes")
    #expect(try database.sql("select count(*), sum(length(x)) from t") == "1000\t44110\n")
    // Nothing of the restore stays with a session that others get.
    #expect(try database.sql("show search_path") == "\"$user\", public\n")
  }

  // MARK: What is not carried

  @Test func whatIsNotCarriedIsListed() throws {
    try database.sql(
      """
      select lo_create(0); create publication p; create table t (i int);
      create text search configuration c (copy = simple);
      """)
    let errors = try ok("db", "backup", database.url, "b.sql")
    let list = ["1 large object", "1 publication", "1 text search configuration"]
    for item in list {
      #expect(errors.contains(item), "\(errors)")
      #expect(try folder.read("b.sql").contains("\n-- not carried: \(item)\n"))
    }
    let plan = try ok("db", "restore", database.url, "b.sql", "--dry-run")
    #expect(plan.contains("does not carry: 1 large object"), "\(plan)")
    #expect(plan.contains("would replace the content of"), "\(plan)")
  }

  @Test func aRoleThatIsMissingIsAWarning() throws {
    try database.sql("create table t (i int); grant select on t to nb_tls")
    try ok("db", "backup", database.url, "b.sql")
    let text = try folder.read("b.sql").replacing("nb_tls", with: "nb_nobody")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(2)
    try folder.write(lines.joined(separator: "\n"), to: "other.sql")
    let other = try TestDatabase(on: TestServers.postgres)
    let errors = try ok("db", "exec", other.url, "-f", "other.sql")
    #expect(errors.contains("role \"nb_nobody\" does not exist"), "\(errors)")
    #expect(try other.sql("select count(*) from t") == "0\n")
  }

  // MARK: Faults

  @Test func whatMayNotBeReadIsNamedAndNothingIsWritten() throws {
    try database.sql(
      """
      create table open (i int); create table closed (i int); create table mine (i int);
      grant select on open, mine to nb_tls;
      """)
    let reader =
      try TestServers.postgres.url(database: database.name, user: "nb_tls") + "?sslmode=require"
    let refused = try nb("db", "backup", reader, "b.sql")
    #expect(refused.status == 77)
    #expect(refused.errors.contains("closed"), "\(refused.errors)")
    try database.sql(
      """
      grant select on closed to nb_tls; alter table mine enable row level security;
      insert into mine values (1);
      """)
    let hidden = try nb("db", "backup", reader, "b.sql")
    #expect(hidden.status == 77)
    #expect(hidden.errors.contains("mine"), "\(hidden.errors)")
    #expect(try names().isEmpty)
  }

  @Test func anotherEnginesAndAnotherToolsFilesAreRefused() throws {
    try makeNumbers(10)
    try ok("db", "backup", database.url, "b.sql")
    let text = try folder.read("b.sql")
    try folder.write(text.replacing("of postgresql\n", with: "of mysql\n"), to: "mysql.sql")
    try folder.write("select 1;", to: "plain.sql")
    try folder.write(text.replacing("\n1\tx\n", with: "\n1\ty\n"), to: "altered.sql")
    try folder.write(String(text.dropLast(20)), to: "cut.sql")
    try ok("db", "exec", "app.db", "--create", "create table t (a)")
    let files = [
      ("mysql.sql", "backup of mysql"), ("plain.sql", "db exec"), ("altered.sql", "checksum"),
      ("cut.sql", "cut short"), ("app.db", "SQLite"),
    ]
    for (file, word) in files {
      let result = try nb("db", "restore", database.url, file, "--yes")
      #expect(result.status == 65, "\(file): \(result.errors)")
      #expect(result.errors.contains(word), "\(file): \(result.errors)")
    }
    #expect(try nb("db", "restore", "app.db", "b.sql", "--yes").status == 65)
    #expect(try database.sql("select count(*) from t") == "10\n")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func aSignalDuringABackupLeavesNothing(_ signal: Int32) throws {
    try makeNumbers(10)
    let lock = try lockTable("t")
    let running = try NB.start(["db", "backup", database.url, "b.sql"], in: folder)
    try waitUntil("wait_event_type = 'Lock'")
    running.send(signal)
    #expect(try running.finish().signal == signal)
    #expect(try names().isEmpty)
    withExtendedLifetime(lock) {}
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func aSignalDuringARestoreLeavesWhatWasThere(_ signal: Int32) throws {
    try makeNumbers(10)
    try database.sql("create table z (i int)")
    try ok("db", "backup", database.url, "b.sql")
    try database.sql("drop table t; create table other (i int); insert into other values (1)")
    // The others are dropped by the time it comes to the last one.
    try database.sql("create table zzz (i int)")
    let lock = try lockTable("zzz")
    let running = try NB.start(["db", "restore", database.url, "b.sql", "--yes"], in: folder)
    try waitUntil("wait_event_type = 'Lock'")
    running.send(signal)
    #expect(try running.finish().signal == signal)
    withExtendedLifetime(lock) {}
    #expect(try database.sql("select * from other") == "1\n")
  }

  @Test func aRestoreThatFailsHalfwayChangesNothing() throws {
    try makeNumbers(100)
    try database.sql("alter table t add constraint small check (i < 1000)")
    try ok("db", "backup", database.url, "b.sql")
    // As nb would have written it, had the rows been like this.
    _ = try NB.shell(
      """
      sed -i 's/^100\\t/5000\\t/' b.sql; head -n -1 b.sql > body; sum=$(sha256sum < body | cut -d' ' -f1)
      tail -n 1 b.sql | sed "s/sha256 .*/sha256 $sum/" | cat body - > bad.sql
      """, in: folder)
    try database.sql("delete from t where i > 3")
    let result = try nb("db", "restore", database.url, "bad.sql", "--yes")
    #expect(result.status == 1)
    #expect(result.errors.contains("bad.sql:"), "\(result.errors)")
    #expect(result.errors.contains("small"), "\(result.errors)")
    #expect(result.errors.contains("nothing was changed"), "\(result.errors)")
    #expect(try database.sql("select count(*) from t") == "3\n")
  }

  // MARK: Scripts with data

  @Test func aRowThatDoesNotFitIsReportedByItsLine() throws {
    try database.sql("create table t (i int, x text)")
    try folder.write("select 1;\ncopy t from stdin;\n1\ta\nsecret\tb\n\\.\n", to: "d.sql")
    let result = try nb("db", "exec", database.url, "-f", "d.sql")
    #expect(result.status == 65)
    #expect(result.errors.contains("d.sql:4: column 'i': invalid input syntax"), "\(result.errors)")
    #expect(!result.errors.contains("secret"), "\(result.errors)")
    #expect(try database.sql("select count(*) from t") == "0\n")
    let query = try nb("db", "query", database.url, "-f", "d.sql")
    #expect(query.status == 1)
    #expect(query.errors.contains("query only reads"), "\(query.errors)")
  }

  @Test func dataOfAnyKindFollowTheirStatement() throws {
    try database.sql("create table t (i int, x text)")
    try folder.write(
      """
      \\restrict x
      copy t (x, i) from stdin with (format csv);
      "a;
      b",1
      \\.
      copy t from stdin;
      \\.
      insert into t values (2, 'c');
      """, to: "d.sql")
    try ok("db", "exec", database.url, "-f", "d.sql")
    #expect(try database.sql("select i, length(x) from t order by 1") == "1\t4\n2\t1\n")
    try folder.write("insert into t values (3);\n\\connect other\n", to: "c.sql")
    let result = try nb("db", "exec", database.url, "-f", "c.sql")
    #expect(result.status == 65)
    #expect(result.errors.contains("c.sql:2:1: \\connect"), "\(result.errors)")
    #expect(try database.sql("select count(*) from t") == "2\n")
  }

  // MARK: Help

  /// A session that holds a lock on a table which nothing passes; it ends with the value.
  private func lockTable(_ table: String) throws -> RunningNB {
    let session = try NB.start(
      [
        "db", "exec", database.url,
        "lock table \(table) in access exclusive mode; select pg_sleep(600)",
      ], in: folder)
    try waitUntil("wait_event = 'PgSleep'")
    return session
  }

  private func waitUntil(_ condition: String) throws {
    let deadline = Date().addingTimeInterval(20)
    while Date() < deadline {
      let count = try database.sql(
        """
        select count(*) from pg_stat_activity
        where datname = current_database() and \(condition)
        """)
      if count != "0\n" { return }
    }
    Issue.record("never: \(condition)")
  }
}
