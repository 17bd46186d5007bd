import Foundation
import TestSupport
import Testing

/// `nb db migrate` on MariaDB, where a statement that defines something commits at once.
@Suite(.needsServers) struct MariaDBMigrateTests {
  private let fixture: Fixture
  private let database: TestDatabase

  init() throws {
    fixture = try Fixture()
    database = try TestDatabase(on: TestServers.mariadb)
    try FileManager.default.createDirectory(
      atPath: fixture.directory.file("migrations"), withIntermediateDirectories: false)
  }

  private func write(_ text: String, to name: String) throws {
    try fixture.directory.write(text, to: "migrations/" + name)
  }

  private func writeUsersAndOrders() throws {
    try write(
      "-- migrate:up\ncreate table users (id int);\n-- migrate:down\ndrop table users;\n",
      to: "1_users.sql")
    try write(
      "-- migrate:up\ncreate table orders (id int);\n-- migrate:down\ndrop table orders;\n",
      to: "2_orders.sql")
  }

  private func migrate(_ command: String, _ arguments: String...) throws -> NB.Result {
    try NB.run(["db", "migrate", command, database.url] + arguments, in: fixture.directory)
  }

  private func start(_ command: String) throws -> RunningNB {
    try NB.start(["db", "migrate", command, database.url], in: fixture.directory)
  }

  private func tables() throws -> String {
    try database.sql(
      """
      select coalesce(group_concat(table_name order by 1), '') from information_schema.tables
      where table_schema = database() and table_name <> 'nb_migrations'
      """
    ).trimmingCharacters(in: .newlines)
  }

  private func journal() throws -> String {
    try database.sql("select version, state, statements from nb_migrations order by version")
  }

  @Test func everyCommandDoesWhatItDoesElsewhere() throws {
    try writeUsersAndOrders()
    let plan = try migrate("plan")
    #expect(plan.output.contains("-- up 1_users (migrations/1_users.sql)\ncreate table users"))
    #expect(!plan.output.contains("BEGIN"), "\(plan.output)")
    #expect(try tables() == "")
    #expect(try migrate("up").errors.contains("applied 2_orders in "))
    #expect(try tables() == "orders,users")
    #expect(try migrate("status", "--check").status == 0)
    #expect(try migrate("verify").status == 0)
    #expect(try migrate("redo").errors.contains("applied 2_orders"))
    #expect(try migrate("down").status == 0)
    #expect(try tables() == "users")
    let status = try migrate("status", "-o", "csv").output.split(separator: "\n")
    #expect(status[1].hasPrefix("1,users,applied,") && status[2].hasPrefix("2,orders,pending,"))
    #expect(try migrate("to", "2").status == 0)
    try write("-- migrate:up\ncreate table users (id int, n int);\n", to: "1_users.sql")
    let verify = try migrate("verify")
    #expect(verify.status == 73)
    #expect(verify.errors.contains("\n-create table users (id int);\n"), "\(verify.errors)")
    #expect(try migrate("up").status == 73)
    #expect(try migrate("repair").status == 0)
    #expect(try migrate("verify").status == 0)
  }

  @Test(.timeLimit(.minutes(2))) func twoRunsAtOnceTakeTurns() throws {
    try write(
      """
      -- migrate:up
      create table slow (x int);
      insert into slow select seq from seq_1_to_300000;
      """, to: "1_slow.sql")
    let results = try [start("up"), start("up")].map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
    #expect(results.filter { $0.errors.contains("applied 1_slow") }.count == 1)
    #expect(results.filter { $0.errors.contains("nothing to do") }.count == 1)
    #expect(try database.sql("select count(*) from slow") == "300000\n")
  }

  @Test func aFileThatFailsGoesOnBehindWhatRan() throws {
    try write(
      """
      -- migrate:up
      create table a (i int);
      insert into a values (1);
      insert into nowhere values (1);
      insert into a values (2);
      """, to: "1_a.sql")
    let failed = try migrate("up")
    #expect(failed.status == 1)
    #expect(failed.errors.contains("migrations/1_a.sql:4:"), "\(failed.errors)")
    #expect(
      failed.errors.contains(
        "2 of the 4 statements of 1_a are done; the next nb db migrate up goes on after them"),
      "\(failed.errors)")
    #expect(try journal() == "1\tapplying\t2\n")
    let status = try migrate("status", "--check")
    #expect(status.status == 1)
    #expect(status.output.contains("failed"), "\(status.output)")
    #expect(status.errors.contains("1_a is half applied, after 2 statements"), "\(status.errors)")
    #expect(status.errors.contains("1 migration is half run"), "\(status.errors)")
    // It still fails, and runs nothing twice.
    #expect(try migrate("up").status == 1)
    #expect(try database.sql("select * from a") == "1\n")

    // What ran must not change; what comes after it may.
    let good = "-- migrate:up\ncreate table a (i int);\ninsert into a values (1);\n"
    try write(good.replacing("(1)", with: "(7)") + "insert into a values (2);\n", to: "1_a.sql")
    let changed = try migrate("up")
    #expect(changed.status == 73)
    #expect(changed.errors.contains("what ran has changed since"), "\(changed.errors)")
    #expect(changed.errors.contains("repair --mark"), "\(changed.errors)")
    try write(good + "insert into a values (2);\n", to: "1_a.sql")
    let resumed = try migrate("up")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try database.sql("select * from a order by i") == "1\n2\n")
    #expect(try journal() == "1\tapplied\t3\n")
    #expect(try migrate("status", "--check").status == 0)
  }

  @Test func aFileWhoseFirstStatementFailsIsPending() throws {
    try write("-- migrate:up\nalter table nowhere add x int;\n", to: "1_a.sql")
    #expect(try migrate("up").status == 1)
    #expect(try migrate("status", "--check").status == 1)
    try write("-- migrate:up\ncreate table a (i int);\n", to: "1_a.sql")
    #expect(try migrate("up").status == 0)
    #expect(try tables() == "a")
  }

  @Test(.timeLimit(.minutes(2))) func aKilledRunRepeatsNoChangeOfData() throws {
    try write(
      """
      -- migrate:up
      create table a (i int);
      insert into a select seq + sleep(0.02) from seq_1_to_100;
      """, to: "1_a.sql")
    let running = try start("up")
    let server = database.server
    let inserting = """
      select count(*) from information_schema.processlist
      where db = '\(database.name)' and info like 'insert into a%'
      """
    try running.wait { (try? server.sql(inserting)) == "1\n" }
    running.send(SIGKILL)
    _ = try running.finish()
    // The server runs the statement to its end, and only then notices that its client is gone.
    let next = try migrate("up")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try database.sql("select count(*), count(distinct i) from a") == "100\t100\n")
    #expect(try journal() == "1\tapplied\t2\n")
  }

  @Test(.timeLimit(.minutes(2))) func waitingForTheLockEnds() throws {
    try write("-- migrate:up\nselect sleep(600);\n", to: "1_a.sql")
    let first = try start("up")
    let server = database.server
    let sleeping = """
      select count(*) from information_schema.processlist
      where db = '\(database.name)' and info like 'select sleep%'
      """
    try first.wait { (try? server.sql(sleeping)) == "1\n" }
    let second = try migrate("up", "--lock-timeout", "10ms")
    #expect(second.status == 75)
    #expect(second.errors.contains("--lock-timeout"), "\(second.errors)")
    first.send(SIGTERM)
    #expect(try first.finish().signal == SIGTERM)
    // Nothing of the file is done, so that all of it may be written anew.
    #expect(try journal() == "1\tapplying\t0\n")
    try write("-- migrate:up\nselect 1;\n", to: "1_a.sql")
    #expect(try migrate("up").status == 0)
    #expect(try journal() == "1\tapplied\t1\n")
  }
}
