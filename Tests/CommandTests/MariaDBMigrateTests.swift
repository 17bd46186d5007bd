import Foundation
import TestSupport
import Testing

/// `nb db migrate` on MariaDB, where a statement that defines something commits at once.
@Suite(.needsServers) struct MariaDBMigrateTests {
  private let project: ServerMigrations
  private var database: TestDatabase { project.database }

  init() throws { project = try ServerMigrations(on: TestServers.mariadb) }

  @Test func everyCommandDoesWhatItDoesElsewhere() throws {
    try project.writeUsersAndOrders()
    let plan = try project.migrate("plan")
    #expect(plan.output.contains("-- up 1_users (migrations/1_users.sql)\ncreate table users"))
    #expect(!plan.output.contains("BEGIN"), "\(plan.output)")
    #expect(try project.tables() == [])
    #expect(try project.migrate("up").errors.contains("applied 2_orders in "))
    #expect(try project.tables() == ["orders", "users"])
    #expect(try project.migrate("status", "--check").status == 0)
    #expect(try project.migrate("verify").status == 0)
    #expect(try project.migrate("redo").errors.contains("applied 2_orders"))
    #expect(try project.migrate("down").status == 0)
    #expect(try project.tables() == ["users"])
    let status = try project.migrate("status", "-o", "csv").output.split(separator: "\n")
    #expect(status[1].hasPrefix("1,users,applied,") && status[2].hasPrefix("2,orders,pending,"))
    #expect(try project.migrate("to", "2").status == 0)
    try project.write("-- migrate:up\ncreate table users (id int, n int);\n", to: "1_users.sql")
    let verify = try project.migrate("verify")
    #expect(verify.status == 73)
    #expect(verify.errors.contains("\n-create table users (id int);\n"), "\(verify.errors)")
    #expect(try project.migrate("up").status == 73)
    #expect(try project.migrate("repair").status == 0)
    #expect(try project.migrate("verify").status == 0)
  }

  @Test func aDumpHoldsAllThatABackupHoldsButRows() throws {
    try project.database.sql(MariaDBBackupSchema.sql)
    let dump = try project.migrate("dump").output
    for words in [
      "CREATE SEQUENCE", "CREATE FUNCTION", "CREATE PROCEDURE", "trigger t2", "EVENT", "VIEW",
      "PARTITION BY",
    ] {
      #expect(dump.contains(words), "\(words)")
    }
    #expect(!dump.contains("DEFINER=") && !dump.contains("AUTO_INCREMENT="))
    let copy = try TestDatabase(on: TestServers.mariadb)
    let path = try project.fixture.directory.write(dump, to: "dump.sql")
    try project.fixture.ok("db", "exec", copy.url, "-f", path)
    #expect(try project.fixture.ok("db", "migrate", "dump", copy.url) == dump)
  }

  @Test(.timeLimit(.minutes(10))) func twoRunsAtOnceTakeTurns() throws {
    try project.write(
      """
      -- migrate:up
      create table slow (x int);
      insert into slow select seq from seq_1_to_300000;
      """, to: "1_slow.sql")
    let results = try [project.start("up"), project.start("up")].map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
    #expect(results.filter { $0.errors.contains("applied 1_slow") }.count == 1)
    #expect(results.filter { $0.errors.contains("nothing to do") }.count == 1)
    #expect(try database.sql("select count(*) from slow") == "300000\n")
  }

  @Test func aFileThatFailsGoesOnBehindWhatRan() throws {
    try project.write(
      """
      -- migrate:up
      create table a (i int);
      insert into a values (1);
      insert into nowhere values (1);
      insert into a values (2);
      """, to: "1_a.sql")
    let failed = try project.migrate("up")
    #expect(failed.status == 1)
    #expect(failed.errors.contains("migrations/1_a.sql:4:"), "\(failed.errors)")
    #expect(
      failed.errors.contains(
        "2 of the 4 statements of 1_a are done; the next nb db migrate up goes on after them"),
      "\(failed.errors)")
    #expect(try project.journal() == "1\tapplying\t2\n")
    let status = try project.migrate("status", "--check")
    #expect(status.status == 1)
    #expect(status.output.contains("failed"), "\(status.output)")
    #expect(status.errors.contains("1_a is half applied, after 2 statements"), "\(status.errors)")
    #expect(status.errors.contains("1 migration is half run"), "\(status.errors)")
    // It still fails, and runs nothing twice.
    #expect(try project.migrate("up").status == 1)
    #expect(try database.sql("select * from a") == "1\n")

    // What ran must not change; what comes after it may.
    let good = "-- migrate:up\ncreate table a (i int);\ninsert into a values (1);\n"
    try project.write(
      good.replacing("(1)", with: "(7)") + "insert into a values (2);\n", to: "1_a.sql")
    let changed = try project.migrate("up")
    #expect(changed.status == 73)
    #expect(changed.errors.contains("what ran has changed since"), "\(changed.errors)")
    #expect(changed.errors.contains("repair --mark"), "\(changed.errors)")
    try project.write(good + "insert into a values (2);\n", to: "1_a.sql")
    let resumed = try project.migrate("up")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try database.sql("select * from a order by i") == "1\n2\n")
    #expect(try project.journal() == "1\tapplied\t3\n")
    #expect(try project.migrate("status", "--check").status == 0)
  }

  @Test func aFileWhoseFirstStatementFailsIsPending() throws {
    try project.write("-- migrate:up\nalter table nowhere add x int;\n", to: "1_a.sql")
    #expect(try project.migrate("up").status == 1)
    #expect(try project.migrate("status", "--check").status == 1)
    try project.write("-- migrate:up\ncreate table a (i int);\n", to: "1_a.sql")
    #expect(try project.migrate("up").status == 0)
    #expect(try project.tables() == ["a"])
  }

  @Test(.timeLimit(.minutes(10))) func aKilledRunRepeatsNoChangeOfData() throws {
    try project.write(
      """
      -- migrate:up
      create table a (i int);
      insert into a select seq + sleep(0.02) from seq_1_to_100;
      """, to: "1_a.sql")
    let running = try project.start("up")
    try project.waitForStatement("insert into a", of: running)
    running.send(SIGKILL)
    _ = try running.finish()
    // The server runs the statement to its end, and only then notices that its client is gone.
    let next = try project.migrate("up")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try database.sql("select count(*), count(distinct i) from a") == "100\t100\n")
    #expect(try project.journal() == "1\tapplied\t2\n")
  }

  @Test(.timeLimit(.minutes(10))) func waitingForTheLockEnds() throws {
    try project.write("-- migrate:up\nselect sleep(600);\n", to: "1_a.sql")
    let first = try project.start("up")
    try project.waitForStatement("select sleep", of: first)
    let second = try project.migrate("up", "--lock-timeout", "10ms")
    #expect(second.status == 75)
    #expect(second.errors.contains("--lock-timeout"), "\(second.errors)")
    #expect(second.errors.contains("connection "), "\(second.errors)")
    #expect(second.errors.contains("end it (KILL "), "\(second.errors)")
    first.send(SIGTERM)
    #expect(try first.finish().signal == SIGTERM)
    // Nothing of the file is done, so that all of it may be written anew.
    #expect(try project.journal() == "1\tapplying\t0\n")
    try project.write("-- migrate:up\nselect 1;\n", to: "1_a.sql")
    #expect(try project.migrate("up").status == 0)
    #expect(try project.journal() == "1\tapplied\t1\n")
  }

  @Test(.timeLimit(.minutes(10))) func aLockedTableIsTriedAgainUntilItIsFree() throws {
    try database.sql("create table a (i int)")
    try project.write(
      "-- migrate:up\ncreate table b (i int);\nalter table a add j int;\n", to: "1_a.sql")
    let holder = try NB.start(
      ["db", "exec", database.url, "--no-tx", "-f", "-"], in: project.fixture.directory)
    try holder.write("begin; select 'locked', count(*) from a;\n")
    try holder.waitForOutput("locked")
    let refused = try project.migrate("up", "--lock-timeout", "300ms")
    #expect(refused.status == 75)
    #expect(refused.errors.contains("raise --lock-timeout"), "\(refused.errors)")
    #expect(try project.journal() == "1\tapplying\t1\n")
    let running = try project.start("up")
    try running.wait { running.errors.contains("1_a is held up, and tried again") }
    try holder.write("commit;\n")
    _ = try holder.finish()
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try project.journal() == "1\tapplied\t2\n")
  }
}
