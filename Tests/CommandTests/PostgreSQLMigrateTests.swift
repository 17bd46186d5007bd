import Foundation
import TestSupport
import Testing

/// `nb db migrate` on PostgreSQL, where a migration is a transaction unless it says otherwise.
@Suite(.needsServers) struct PostgreSQLMigrateTests {
  private let project: ServerMigrations
  private var database: TestDatabase { project.database }

  init() throws { project = try ServerMigrations(on: TestServers.postgres) }

  private func endSleep() throws {
    try database.sql(
      """
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like 'select pg_sleep%'
      """)
  }

  @Test func everyCommandDoesWhatItDoesElsewhere() throws {
    try project.writeUsersAndOrders()
    let plan = try project.migrate("plan").output
    #expect(plan.contains("BEGIN;\n-- up 1_users (migrations/1_users.sql)\ncreate table users"))
    #expect(try project.tables() == [])
    #expect(try project.migrate("status", "--check").status == 1)
    #expect(try project.migrate("up").errors.contains("applied 2_orders in "))
    #expect(try project.tables() == ["orders", "users"])
    #expect(try project.migrate("status", "--check").status == 0)
    #expect(try project.migrate("up").errors.contains("nothing to do"))
    #expect(try project.migrate("verify").status == 0)
    #expect(try project.migrate("redo").errors.contains("applied 2_orders"))
    #expect(try project.migrate("down", "all").status == 0)
    #expect(try project.tables() == [])
    #expect(try project.migrate("to", "1").status == 0)
    let status = try project.migrate("status", "-o", "csv").output.split(separator: "\n")
    #expect(status[1].hasPrefix("1,users,applied,") && status[2].hasPrefix("2,orders,pending,"))
    let dump = try project.migrate("dump").output
    #expect(dump.contains("CREATE TABLE public.users ("), "\(dump)")
    #expect(!dump.contains("nb_migrations_lock"))
    try project.write("-- migrate:up\ncreate table users (id int, n int);\n", to: "1_users.sql")
    let verify = try project.migrate("verify")
    #expect(verify.status == 73)
    #expect(verify.errors.contains("\n-create table users (id int);\n"), "\(verify.errors)")
    #expect(try project.migrate("up").status == 73)
    #expect(try project.migrate("repair").status == 0)
    #expect(try project.migrate("verify").status == 0)
    #expect(try project.migrate("up").status == 0)
  }

  @Test func aDumpLoadsIntoAnEmptyDatabase() throws {
    try project.writeUsersAndOrders()
    #expect(try project.migrate("up").status == 0)
    let dump = try project.migrate("dump").output
    let copy = try TestDatabase(on: TestServers.postgres)
    try copy.sql(dump)
    let status = try NB.run(
      ["db", "migrate", "status", copy.url, "--check"], in: project.fixture.directory)
    #expect(status.status == 0, "\(status.errors)")
    let again = try NB.run(["db", "migrate", "dump", copy.url], in: project.fixture.directory)
    #expect(again.output == dump)
  }

  /// In whatever order it was built.
  @Test func aDumpHoldsAllThatABackupHoldsButRowsAndRights() throws {
    try database.sql(PostgreSQLBackupSchema.sql)
    let dump = try project.migrate("dump").output
    for words in [
      "CREATE TYPE app.mood AS ENUM", "CREATE OR REPLACE FUNCTION app.plus(", "ATTACH PARTITION",
      "CREATE POLICY pol ON", "COMMENT ON TABLE app.parent IS", "SET STATISTICS 77",
    ] {
      #expect(dump.contains(words), "\(words)")
    }
    let copy = try TestDatabase(on: TestServers.postgres)
    try copy.sql(dump)
    let again = try NB.run(["db", "migrate", "dump", copy.url], in: project.fixture.directory)
    #expect(again.output == dump)
    #expect(try copy.sql("select count(*) from app.parent") == "0\n")
  }

  @Test func aDumpDoesNotDependOnTheOrderOfMaking() throws {
    let parts = [
      "create function f(a int) returns int language sql as 'select a'",
      "create table b (id int primary key)", "create table a (id int primary key)",
      "create type z as enum ('y')", "create type c as enum ('d')",
    ]
    let last =
      "create table t (z z, c c, a int references a, b int references b, n int default f(1));"
      + "comment on table a is 'a'; comment on table b is 'b';"
      + "create view v as select a.id, b.id as b, t.z from a, b, t"
    var dumps: [String] = []
    for order in [parts, parts.reversed()] {
      let database = try TestDatabase(on: TestServers.postgres)
      try database.sql(order.joined(separator: ";") + ";" + last)
      let result = try NB.run(
        ["db", "migrate", "dump", database.url], in: project.fixture.directory)
      dumps.append(result.output)
    }
    #expect(dumps[0] == dumps[1])
    #expect(dumps[0].contains("CREATE VIEW public.v"))
  }

  @Test func nothingOfAFailedMigrationStays() throws {
    try project.write(
      """
      -- migrate:up
      create table a (i int);
      insert into a values (1);
      insert into nowhere values (1);
      """, to: "1_a.sql")
    let failed = try project.migrate("up")
    #expect(failed.status == 1)
    #expect(failed.errors.contains("migrations/1_a.sql:4:13: "), "\(failed.errors)")
    #expect(failed.errors.contains("1_a was rolled back and is not applied"), "\(failed.errors)")
    #expect(try database.sql("select count(*) from pg_tables where schemaname = 'public'") == "0\n")
  }

  // MARK: Outside a transaction

  @Test func anIndexIsBuiltBesideRunningWrites() throws {
    try project.write("-- migrate:up\ncreate table a (i int, j int);\n", to: "1_a.sql")
    try project.write(
      """
      -- migrate:up transaction:false
      create index concurrently ai on a (i);
      create index concurrently aj on a (j);
      -- migrate:down transaction:false
      drop index concurrently ai;
      drop index concurrently aj;
      """, to: "2_i.sql")
    let result = try project.migrate("up")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try project.journal() == "1\tapplied\t1\n2\tapplied\t2\n")
    #expect(try project.migrate("redo", "--yes").status == 0)
    #expect(
      try database.sql(
        "select count(*) from pg_index where indisvalid and indrelid = 'a'::regclass") == "2\n")
    #expect(try project.migrate("down").status == 0)
    #expect(
      try database.sql("select count(*) from pg_index where indrelid = 'a'::regclass") == "0\n")
  }

  @Test func aFailedIndexIsNamedWithTheWayOn() throws {
    try database.sql("create table a (i int); insert into a values (1), (1);")
    try project.write(
      """
      -- migrate:up transaction:false
      create table b (i int);
      create unique index concurrently au on a (i);
      """, to: "1_i.sql")
    let failed = try project.migrate("up")
    #expect(failed.status == 1)
    #expect(failed.errors.contains("left the INVALID index au of a behind"), "\(failed.errors)")
    #expect(failed.errors.contains("hint: DROP INDEX CONCURRENTLY au;"), "\(failed.errors)")
    #expect(failed.errors.contains("1 of the 2 statements of 1_i are done"), "\(failed.errors)")
    // Until somebody does that, the way on is said again.
    let again = try project.migrate("up")
    #expect(again.status == 1)
    #expect(again.errors.contains("hint: DROP INDEX CONCURRENTLY au;"), "\(again.errors)")
    // IF NOT EXISTS does not take the ruin for an index.
    try project.write(
      """
      -- migrate:up transaction:false
      create table b (i int);
      create unique index concurrently if not exists au on a (i);
      """, to: "1_i.sql")
    let skipped = try project.migrate("up")
    #expect(skipped.status == 1)
    #expect(skipped.errors.contains("the index au is INVALID"), "\(skipped.errors)")
    try database.sql("drop index concurrently au")
    try database.sql("delete from a")
    let resumed = try project.migrate("up")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try project.journal() == "1\tapplied\t2\n")
  }

  @Test(.timeLimit(.minutes(10))) func aKilledRunGoesOnBehindWhatRan() throws {
    try project.write(
      """
      -- migrate:up transaction:false
      create table a (i int);
      insert into a values (1);
      select pg_sleep(600);
      insert into a values (2);
      """, to: "1_a.sql")
    let running = try project.start("up")
    try project.waitForStatement("select pg_sleep", of: running)
    running.send(SIGKILL)
    _ = try running.finish()
    #expect(try project.journal() == "1\tapplying\t2\n")
    // The server runs on with what it was given, and with it the session and its lock.
    let other = try project.migrate("up", "--lock-timeout", "10ms")
    #expect(other.status == 75)
    #expect(other.errors.contains("(nb, user nb, 127.0.0.1) is migrating"), "\(other.errors)")
    #expect(other.errors.contains("SELECT pg_terminate_backend("), "\(other.errors)")
    try endSleep()
    try project.write(
      """
      -- migrate:up transaction:false
      create table a (i int);
      insert into a values (1);
      insert into a values (2);
      """, to: "1_a.sql")
    let next = try project.migrate("up")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try database.sql("select * from a order by i") == "1\n2\n")
    #expect(try project.journal() == "1\tapplied\t3\n")
  }

  @Test(.timeLimit(.minutes(10))) func aKilledTransactionLeavesNothing() throws {
    try project.write(
      "-- migrate:up\ncreate table a (i int);\nselect pg_sleep(600);\n", to: "1_a.sql")
    let running = try project.start("up")
    try project.waitForStatement("select pg_sleep", of: running)
    running.send(SIGKILL)
    _ = try running.finish()
    try endSleep()
    try project.write("-- migrate:up\ncreate table a (i int);\n", to: "1_a.sql")
    let next = try project.migrate("up")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try project.journal() == "1\tapplied\t1\n")
  }

  // MARK: Locks

  @Test(.timeLimit(.minutes(10))) func twoRunsAtOnceTakeTurns() throws {
    try project.write("-- migrate:up\ncreate table a (i int);\n", to: "1_a.sql")
    try project.write(
      "-- migrate:up\ninsert into a values (1);\nselect pg_sleep(1.5);\n", to: "2_b.sql")
    let results = try [project.start("up"), project.start("up")].map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
    #expect(results.count { $0.errors.contains("applied 2_b") } == 1)
    #expect(results.count { $0.errors.contains("nothing to do") } == 1)
    // Whoever waits for longer than a moment hears for whom.
    #expect(
      results.count { $0.errors.contains("waiting for process ") } == 1, "\(results.map(\.errors))")
    #expect(try database.sql("select count(*) from a") == "1\n")
  }

  @Test(.timeLimit(.minutes(10))) func aLockedTableIsTriedAgainUntilItIsFree() throws {
    try database.sql("create table a (i int)")
    try project.write(
      "-- migrate:up\ncreate table b (i int);\nalter table a add j int;\n", to: "1_a.sql")
    let holder = try NB.start(
      ["db", "exec", database.url, "--no-tx", "-f", "-"], in: project.fixture.directory)
    try holder.write("begin; lock table a; select 'locked';\n")
    try holder.waitForOutput("locked")
    let refused = try project.migrate("up", "--lock-timeout", "300ms")
    #expect(refused.status == 75)
    #expect(refused.errors.contains("raise --lock-timeout"), "\(refused.errors)")
    #expect(refused.errors.contains("1_a was rolled back"), "\(refused.errors)")
    #expect(try project.tables() == ["a"])
    // Each wait is over after five seconds, and the migration begins anew.
    let running = try project.start("up")
    try running.wait { running.errors.contains("1_a is held up, and tried again") }
    try holder.write("commit;\n")
    _ = try holder.finish()
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try project.tables() == ["a", "b"])
  }

  @Test func whatTheTargetSaysOfLocksCounts() throws {
    try project.write(
      "-- migrate:up\ncreate table t as select current_setting('lock_timeout') as x;\n",
      to: "1_a.sql")
    #expect(try project.migrate("up").status == 0)
    #expect(try database.sql("select x from t") == "5s\n")
    let other = try NB.run(
      ["db", "migrate", "redo", project.url + "?lock_timeout=7s", "--yes"],
      in: project.fixture.directory)
    // It has no section for down.
    #expect(other.status == 1)
    try database.sql("drop table t; delete from nb_migrations")
    let given = try NB.run(
      ["db", "migrate", "up", project.url + "?lock_timeout=7s"], in: project.fixture.directory)
    #expect(given.status == 0, "\(given.errors)")
    #expect(try database.sql("select x from t") == "7s\n")
  }
}
