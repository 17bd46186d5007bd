import Foundation
import TestSupport
import Testing

/// A folder with migrations, and nb run in it.
private struct MigrateFixture {
  let base: Fixture

  init(_ files: [String: String] = usersAndOrders) throws {
    base = try Fixture()
    try FileManager.default.createDirectory(
      atPath: base.directory.file("migrations"), withIntermediateDirectories: false)
    for (name, text) in files { try write(text, to: name) }
  }

  func write(_ text: String, to name: String) throws {
    try base.directory.write(text, to: "migrations/" + name)
  }

  func nb(_ command: String, _ arguments: String...) throws -> NB.Result {
    try NB.run(["db", "migrate", command] + arguments, in: base.directory)
  }

  /// Starts it and lets it run.
  func start(_ command: String, _ arguments: String...) throws -> RunningNB {
    try NB.start(["db", "migrate", command] + arguments, in: base.directory)
  }

  /// Applies all to a new database.
  func up() throws {
    let result = try nb("up", "app.db", "--create")
    #expect(result.status == 0, "\(result.errors)")
  }

  /// Makes the database, and says how many rows the slow migration inserts.
  func setWork(_ rows: Int) throws {
    try base.ok(
      "db", "exec", "app.db", "--create",
      "create table if not exists work(rows); delete from work; insert into work values (\(rows))")
  }

  func query(_ sql: String) throws -> String {
    try base.ok("db", "query", "app.db", sql).trimmingCharacters(in: .newlines)
  }

  var tables: String {
    get throws {
      try query(
        "select coalesce(group_concat(name), '') from (select name from sqlite_schema "
          + "where type = 'table' and name not in ('nb_migrations', 'work') order by name)")
    }
  }
}

private let usersAndOrders = [
  "1_users.sql":
    "-- migrate:up\ncreate table users(id);\n-- migrate:down\ndrop table users;\n",
  "2_orders.up.sql": "create table orders(id);\n", "2_orders.down.sql": "drop table orders;\n",
]

/// Inserts as many rows as the table `work` says, so that a test decides how long it runs.
private let slow = """
  -- migrate:up
  create table slow(x);
  insert into slow with recursive n(i) as (
    select 1 union all select i + 1 from n where i < (select rows from work)) select i from n;
  -- migrate:down
  drop table slow;
  """

/// More rows than a test waits for.
private let endless = 1_000_000_000

@Suite struct MigrateTests {
  @Test func newPrintsThePathsItCreated() throws {
    let fixture = try Fixture()
    let single = try fixture.ok("db", "migrate", "new", "add users", "--dir", "a/b")
    #expect(single.wholeMatch(of: /a\/b\/\d{14}_add_users\.sql\n/) != nil)
    let path = fixture.directory.file(single.trimmingCharacters(in: .newlines))
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("-- migrate:up\n"))
    let pair = try fixture.ok("db", "migrate", "new", "x", "--pair").split(separator: "\n")
    #expect(pair.map { $0.hasSuffix("_x.up.sql") || $0.hasSuffix("_x.down.sql") } == [true, true])
    #expect(try fixture.nb("db", "migrate", "new", "../x").status == 2)
  }

  @Test func upDownRedoAndToSayWhatTheyDid() throws {
    let fixture = try MigrateFixture()
    let up = try fixture.nb("up", "app.db", "--create")
    #expect(up.status == 0)
    #expect(up.output == "")
    #expect(up.errors.contains("applied 1_users in "))
    #expect(up.errors.contains("applied 2_orders in "))
    #expect(try fixture.tables == "orders,users")
    #expect(try fixture.nb("up", "app.db").errors == "nb: nothing to do\n")
    #expect(try fixture.nb("up", "app.db", "-q").errors == "")

    #expect(try fixture.nb("down", "app.db").errors.contains("reverted 2_orders"))
    #expect(try fixture.tables == "users")
    #expect(
      try fixture.nb("redo", "app.db").errors == "nb: reverted 1_users\nnb: applied 1_users\n")
    #expect(try fixture.nb("to", "app.db", "2").errors.contains("applied 2_orders"))
    #expect(try fixture.nb("to", "app.db", "migrations/1_users.sql").status == 0)
    #expect(try fixture.tables == "users")
    #expect(try fixture.nb("down", "app.db", "all").status == 0)
    #expect(try fixture.tables == "")
  }

  @Test func aMissingDatabaseOrFolderIsNotFound() throws {
    let fixture = try MigrateFixture()
    for command in ["up", "down", "redo", "status", "verify", "repair", "adopt", "dump"] {
      let result = try fixture.nb(command, "nowhere.db")
      #expect(result.status == 66, "\(command)")
      #expect(result.errors.contains("nowhere.db"))
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.base.directory.file("nowhere.db")))
    let result = try fixture.nb("up", "app.db", "--create", "--dir", "nowhere")
    #expect(result.status == 66)
    #expect(result.errors.contains("cannot read the folder nowhere"))
    #expect(!FileManager.default.fileExists(atPath: fixture.base.directory.file("app.db")))
  }

  @Test(arguments: [
    ["1_a.sql": "-- migrate:up\nbogus;\n"], ["1_a.sql": "-- migrate:up\nselect 'open\n"],
    ["1_a.sql": "-- migrate:up\ncommit;\n"], ["1_a.up.sql": "-- nothing\n"],
    ["1_a.sql": "-- migrate:up\nselect 1;\n", "1_b.sql": "-- migrate:up\nselect 1;\n"],
  ])
  func aRunThatFailsLeavesNoNewDatabase(files: [String: String]) throws {
    let fixture = try MigrateFixture(files)
    for target in ["app.db", "sqlite:app.db?journal_mode=wal"] {
      let result = try fixture.nb("up", target, "--create")
      #expect([1, 65, 73].contains(result.status))
      let left = try FileManager.default.contentsOfDirectory(
        atPath: fixture.base.directory.path)
      #expect(left.filter { $0.hasPrefix("app.db") } == [], "\(target): \(result.errors)")
    }
  }

  @Test func theFirstMigrationStaysWhenTheSecondFails() throws {
    let fixture = try MigrateFixture([
      "1_a.sql": "-- migrate:up\ncreate table a(x);\n", "2_b.sql": "-- migrate:up\nbogus;\n",
    ])
    #expect(try fixture.nb("up", "app.db", "--create").status == 1)
    #expect(try fixture.tables == "a")
  }

  @Test func aPlanForAMissingDatabaseCreatesNothing() throws {
    let fixture = try MigrateFixture(["1_a.sql": "-- migrate:up\ncreate table a(x);\n"])
    let plan = "BEGIN;\n-- up 1_a (migrations/1_a.sql)\ncreate table a(x);\nCOMMIT;\n"
    #expect(try fixture.nb("plan", "app.db").output == plan)
    #expect(try fixture.nb("up", "app.db", "--create", "--dry-run").output == plan)
    #expect(try fixture.nb("up", "app.db", "--dry-run").status == 66)
    #expect(try fixture.nb("plan", "app.db", "down").errors == "nb: nothing to do\n")
    #expect(try fixture.nb("plan", "nowhere/app.db").status == 66)
    #expect(!FileManager.default.fileExists(atPath: fixture.base.directory.file("app.db")))
  }

  @Test(arguments: [
    ["up", "app.db", "0"], ["up", "app.db", "x"], ["down", "app.db", "-1"], ["to", "app.db", "x"],
    ["to", "app.db"], ["plan", "app.db", "sideways"], ["plan", "app.db", "to"],
    ["up", "app.db", "--out-of-order", "maybe"], ["up", "app.db", "--lock-timeout", "soon"],
    ["dump", "app.db", "--check"], ["repair", "app.db", "--mark", "done"], ["new"],
  ])
  func wrongArgumentsAreUsageErrors(words: [String]) throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let result = try NB.run(["db", "migrate"] + words, in: fixture.base.directory)
    #expect(result.status == 2, "\(result.errors)")
    #expect(try fixture.tables == "orders,users")
  }

  @Test func aFailingStatementNamesFileLineAndColumn() throws {
    let fixture = try MigrateFixture([
      "1_a.sql": "-- migrate:up\ncreate table a(x);\n  insert into nowhere values (1);\n"
    ])
    let result = try fixture.nb("up", "app.db", "--create")
    #expect(result.status == 1)
    #expect(
      result.errors.hasPrefix("nb: migrations/1_a.sql:3:15: no such table: nowhere\n")
        || result.errors.hasPrefix("nb: migrations/1_a.sql:3:3: no such table: nowhere\n"),
      "\(result.errors)")
    #expect(result.errors.contains("1_a was rolled back"))
    #expect(!FileManager.default.fileExists(atPath: fixture.base.directory.file("app.db")))
  }

  @Test func malformedFilesAreDataErrors() throws {
    let fixture = try MigrateFixture(["1_a.sql": "-- migrate:up\nselect 1;\n-- migrate:dwon\n"])
    let result = try fixture.nb("up", "app.db", "--create")
    #expect(result.status == 65)
    #expect(result.errors.hasPrefix("nb: migrations/1_a.sql:3: "))
  }

  @Test func anUnterminatedStringIsAnSQLErrorWithItsPlace() throws {
    let fixture = try MigrateFixture(["1_a.sql": "-- migrate:up\nselect 'open\n"])
    let open = try fixture.nb("up", "app.db", "--create")
    #expect(open.status == 1)
    #expect(open.errors.hasPrefix("nb: migrations/1_a.sql:2:8: unterminated string\n"))
  }

  @Test func dryRunAndPlanPrintTheSQLAndChangeNothing() throws {
    let fixture = try MigrateFixture()
    try fixture.setWork(0)
    let plan = try fixture.nb("plan", "app.db").output
    #expect(
      plan == """
        BEGIN;
        -- up 1_users (migrations/1_users.sql)
        create table users(id);
        COMMIT;

        BEGIN;
        -- up 2_orders (migrations/2_orders.up.sql, migrations/2_orders.down.sql)
        create table orders(id);
        COMMIT;

        """)
    #expect(try fixture.nb("up", "app.db", "--dry-run").output == plan)
    #expect(try fixture.tables == "")
    try fixture.up()
    let down = try fixture.nb("plan", "app.db", "down", "2").output
    #expect(try fixture.nb("down", "app.db", "2", "--dry-run").output == down)
    #expect(try fixture.nb("plan", "app.db", "to", "0").output == down)
    #expect(down.contains("drop table orders;\nCOMMIT;\n\nBEGIN;\n"))
    #expect(try fixture.nb("redo", "app.db", "--dry-run").output.contains("create table orders"))
    #expect(try fixture.tables == "orders,users")
    // What is planned runs as it is printed.
    _ = try NB.run(
      ["db", "exec", "app.db", "--no-tx"], input: Data(down.utf8), in: fixture.base.directory)
    #expect(try fixture.tables == "")
  }

  @Test func statusIsRecordsInEveryFormat() throws {
    let fixture = try MigrateFixture()
    #expect(try fixture.nb("up", "app.db", "1", "--create").status == 0)
    let tsv = try fixture.nb("status", "app.db").output.split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(
      tsv.map { $0[0] + " " + $0[1] + " " + $0[2] } == ["1 users applied", "2 orders pending"])
    #expect(tsv[1][3...] == ["\\N", "\\N", "\\N", "migrations/2_orders.up.sql"])
    let json = try fixture.nb("status", "app.db", "-o", "json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: json.stdout) as? [[String: Any]])
    #expect(rows.map { $0["state"] as? String } == ["applied", "pending"])
    #expect(rows[0]["duration_ms"] is Int)
    #expect((rows[0]["applied_at"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]{8}Z/) != nil)
    for format in ["table", "csv", "ndjson", "vertical", "markdown"] {
      let output = try fixture.nb("status", "app.db", "-o", format).output
      #expect(output.contains("pending") && output.contains("version"), "\(format)")
    }
  }

  @Test func statusCheckIsForCI() throws {
    let fixture = try MigrateFixture()
    #expect(try fixture.nb("up", "app.db", "1", "--create").status == 0)
    let pending = try fixture.nb("status", "app.db", "--check")
    #expect(pending.status == 1)
    #expect(pending.errors.hasPrefix("nb: 1 migration is pending\n"))
    #expect(pending.output.contains("pending"))
    try fixture.up()
    #expect(try fixture.nb("status", "app.db", "--check").status == 0)
    try fixture.write("-- migrate:up\ncreate table users(id, name);\n", to: "1_users.sql")
    #expect(try fixture.nb("status", "app.db", "--check").status == 73)
    #expect(try fixture.nb("status", "app.db").status == 0)
  }

  @Test func driftIsRefusedShownAndRepaired() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    #expect(try fixture.nb("verify", "app.db").status == 0)
    try fixture.write(
      "-- migrate:up\ncreate table users(id, name);\n-- migrate:down\ndrop table users;\n",
      to: "1_users.sql")
    for command in ["up", "down", "redo", "plan"] {
      let result = try fixture.nb(command, "app.db")
      #expect(result.status == 73, "\(command)")
      #expect(result.errors.contains("migrations/1_users.sql: changed; applied 20"))
    }
    let verify = try fixture.nb("verify", "app.db")
    #expect(verify.status == 73)
    #expect(verify.errors.contains("\n-create table users(id);\n+create table users(id, name);\n"))
    #expect(verify.output == "")
    #expect(try fixture.nb("repair", "app.db", "--dry-run").output.hasPrefix("1_users: accept"))
    #expect(try fixture.nb("verify", "app.db").status == 73)
    #expect(try fixture.nb("repair", "app.db").status == 0)
    #expect(try fixture.nb("verify", "app.db").status == 0)
    #expect(try fixture.nb("repair", "app.db").errors == "nb: nothing to do\n")
  }

  @Test func outOfOrderIsAPolicy() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    try fixture.write("-- migrate:up\ncreate table late(x);\n", to: "1.sql")
    #expect(try fixture.nb("up", "app.db").status == 73)
    try FileManager.default.removeItem(atPath: fixture.base.directory.file("migrations/1.sql"))
    try fixture.write("-- migrate:up\ncreate table late(x);\n", to: "0_late.sql")
    let refused = try fixture.nb("up", "app.db")
    #expect(refused.status == 73)
    #expect(refused.errors.contains("0_late is pending, but older than 2"))
    #expect(try fixture.nb("up", "app.db", "--out-of-order", "skip").status == 0)
    #expect(try fixture.tables == "orders,users")
    #expect(try fixture.nb("up", "app.db", "--out-of-order", "apply").status == 0)
    #expect(try fixture.tables == "late,orders,users")
  }

  @Test func filesWithoutAVersionAreNamed() throws {
    let fixture = try MigrateFixture()
    try fixture.write("select 1", to: "v3_typo.sql")
    try fixture.write("hello", to: "README.md")
    #expect(
      try fixture.nb("up", "app.db", "--create").errors.hasPrefix("nb: v3_typo.sql is ignored"))
  }

  @Test func dumpIsCheckedAgainstACommittedFile() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let dump = try fixture.nb("dump", "app.db").output
    #expect(dump.hasPrefix("CREATE TABLE orders(id);\n\nCREATE TABLE users(id);\n"))
    #expect(try fixture.nb("dump", "app.db", "-f", "schema.sql").output == "")
    #expect(try fixture.base.directory.read("schema.sql") == dump)
    #expect(try fixture.nb("dump", "app.db", "-f", "schema.sql", "--check").status == 0)
    // The dump makes the same database, and knows that nothing is pending.
    try fixture.base.ok("db", "exec", "copy.db", "--create", "-f", "schema.sql")
    #expect(try fixture.nb("dump", "copy.db").output == dump)
    #expect(try fixture.nb("status", "copy.db", "--check").status == 0)

    #expect(try fixture.nb("down", "app.db").status == 0)
    let stale = try fixture.nb("dump", "app.db", "-f", "schema.sql", "--check")
    #expect(stale.status == 1)
    #expect(stale.errors.contains("\n-CREATE TABLE orders(id);\n"))
    #expect(try fixture.base.directory.read("schema.sql") == dump)
    #expect(try fixture.nb("dump", "app.db", "-f", "no/where.sql").status == 66)
  }

  @Test func adoptTakesOverAHistory() throws {
    let fixture = try MigrateFixture()
    try fixture.base.ok(
      "db", "exec", "app.db", "--create",
      "create table users(id); create table schema_migrations(version varchar(128) primary key); "
        + "insert into schema_migrations values ('1');")
    let refused = try fixture.nb("up", "app.db")
    #expect(refused.status == 73)
    #expect(refused.errors.contains("was migrated by dbmate"))
    #expect(try fixture.nb("adopt", "app.db", "--dry-run").output == "1_users\n")
    #expect(try fixture.nb("adopt", "app.db", "--table", "users").status == 65)
    #expect(try fixture.nb("adopt", "app.db", "--table", "nowhere").status == 66)
    let adopted = try fixture.nb("adopt", "app.db", "--drop")
    #expect(
      adopted.errors == "nb: adopted 1 migration from dbmate's schema_migrations\n")
    #expect(try fixture.tables == "users")
    #expect(try fixture.nb("up", "app.db").errors.contains("applied 2_orders"))
    #expect(try fixture.nb("adopt", "app.db").status == 73)
  }

  @Test func errorsAreJSONWhenAskedFor() throws {
    let fixture = try MigrateFixture(["1_a.sql": "-- migrate:up\nnonsense;\n"])
    let result = try fixture.nb("up", "app.db", "--create", "--error-format", "json")
    let error = try #require(
      try JSONSerialization.jsonObject(with: result.stderr) as? [String: Any])
    #expect(error["kind"] as? String == "failed")
    #expect((error["position"] as? [String: Any])?["line"] as? Int == 2)
  }

  // MARK: Several processes

  @Test func twoRunsAtOnceTakeTurns() throws {
    let fixture = try MigrateFixture(["1_slow.sql": slow])
    try fixture.setWork(300_000)
    let runs = try (0..<2).map { _ in try fixture.start("up", "app.db") }
    let results = try runs.map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0])
    let notes = results.map(\.errors).sorted()
    #expect(notes[0].hasPrefix("nb: applied 1_slow in "))
    #expect(notes[1] == "nb: nothing to do\n")
    #expect(try fixture.query("select count(*) from slow") == "300000")
  }

  @Test func waitingForTheLockEnds() throws {
    let fixture = try MigrateFixture(["1_slow.sql": slow])
    try fixture.setWork(endless)
    let first = try fixture.start("up", "app.db")
    try waitUntilWriting(first, fixture)
    let second = try fixture.nb("up", "app.db", "--lock-timeout", "10ms")
    #expect(second.status == 75)
    #expect(second.errors.contains("--lock-timeout"))
    first.send(SIGTERM)
    #expect(try first.finish().signal == SIGTERM)
  }

  @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
  func stoppingInTheMiddleLeavesItBeforeAndTheNextRunWorks(signal: Int32) throws {
    let fixture = try MigrateFixture(usersAndOrders.merging(["3_slow.sql": slow]) { $1 })
    try fixture.setWork(endless)
    let running = try fixture.start("up", "app.db")
    try running.wait { running.errors.contains("applied 2_orders") }
    try waitUntilWriting(running, fixture)
    running.send(signal)
    let result = try running.finish()
    #expect(result.signal == signal)
    #expect(try fixture.tables == "orders,users")
    #expect(
      try fixture.query("select group_concat(version) from nb_migrations order by 1") == "1,2")
    try fixture.setWork(1000)
    let next = try fixture.nb("up", "app.db")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try fixture.query("select count(*) from slow") == "1000")
  }

  @Test func killingAJournaledFileResumesBehindWhatIsDone() throws {
    let journaled = slow.replacing("migrate:up", with: "migrate:up transaction:false")
    let fixture = try MigrateFixture(["1_slow.sql": journaled])
    try fixture.setWork(endless)
    let running = try fixture.start("up", "app.db")
    try waitUntilWriting(running, fixture)
    running.send(SIGKILL)
    _ = try running.finish()
    #expect(try fixture.query("select state, statements from nb_migrations") == "applying\t1")
    let check = try fixture.nb("status", "app.db", "--check")
    #expect(check.status == 1)
    #expect(check.errors.contains("1 migration is half run"))
    try fixture.setWork(1000)
    let next = try fixture.nb("up", "app.db")
    #expect(next.status == 0, "\(next.errors)")
    #expect(try fixture.query("select count(*) from slow") == "1000")
    #expect(try fixture.nb("status", "app.db", "--check").status == 0)
  }

  /// Waits until the slow statement has so many rows that SQLite writes them to the file.
  private func waitUntilWriting(_ running: RunningNB, _ fixture: MigrateFixture) throws {
    let path = fixture.base.directory.file("app.db")
    try running.wait {
      let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      return (size ?? 0) > 1_000_000 || !running.isRunning
    }
    #expect(running.isRunning)
  }

  // MARK: On a terminal

  private func revertOnATerminal(_ fixture: MigrateFixture) throws -> PtyProcess {
    let directory = fixture.base.directory
    return try PtyProcess(
      [
        NB.path, "db", "migrate", "down", directory.file("app.db"), "--dir",
        directory.file("migrations"),
      ], environment: ["HOME": directory.path], columns: 200)
  }

  @Test(arguments: [("y\r", "reverted 2_orders", 0), ("n\r", "not confirmed", 1), ("\r", "not", 1)])
  func revertingAsksOnATerminal(answer: String, words: String, status: Int32) throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let terminal = try revertOnATerminal(fixture)
    try terminal.wait(for: "revert 2_orders on")
    terminal.type(answer)
    #expect(try terminal.finish() == .exited(status))
    #expect(terminal.output.contains(words))
    #expect(try fixture.tables == (status == 0 ? "users" : "orders,users"))
  }

  @Test func theEndOfInputAtTheQuestionIsNoAndEndsTheLine() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let terminal = try revertOnATerminal(fixture)
    try terminal.wait(for: "[y/N]")
    terminal.type("\u{4}")
    #expect(try terminal.finish() == .exited(1))
    #expect(
      terminal.screen.text.split(separator: "\n").contains { $0.hasPrefix("nb: not confirmed") })
    #expect(try fixture.tables == "orders,users")
  }

  @Test func aVersionIsNoNumberOfMigrations() throws {
    let fixture = try MigrateFixture()
    let result = try fixture.base.nb("db", "migrate", "up", "app.db", "20260102", "--create")
    #expect(result.status == 2)
    #expect(result.errors.contains("hint: nb db migrate to TARGET 20260102"))
  }

  @Test func controlCAtTheQuestionChangesNothing() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let terminal = try revertOnATerminal(fixture)
    try terminal.wait(for: "[y/N]")
    terminal.type("\u{3}")
    #expect(try terminal.finish() == .signalled(SIGINT))
    #expect(try fixture.tables == "orders,users")
  }

  @Test func yesDoesNotAsk() throws {
    let fixture = try MigrateFixture()
    try fixture.up()
    let directory = fixture.base.directory
    let terminal = try PtyProcess(
      [
        NB.path, "db", "migrate", "down", directory.file("app.db"), "--yes", "--dir",
        directory.file("migrations"),
      ], environment: ["HOME": directory.path])
    #expect(try terminal.finish() == .exited(0))
    #expect(!terminal.output.contains("[y/N]"))
    #expect(try fixture.tables == "users")
  }

  @Test func aDatabaseMadeForAFailedMigrationIsNotLeftBehind() throws {
    let fixture = try MigrateFixture([
      "1_a.sql": "-- migrate:up transaction:false\nselect * from nowhere;\n"
    ])
    let result = try fixture.nb("up", "new.db", "--create")
    #expect(result.status == 1)
    #expect(!FileManager.default.fileExists(atPath: fixture.base.directory.file("new.db")))
  }
}
