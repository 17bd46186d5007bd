import AdapterCore
import TestSupport
import Testing

@testable import Migrations

private let three = [
  "1_a.sql": "-- migrate:up\ncreate table a(x);\n-- migrate:down\ndrop table a;",
  "2_b.sql": "-- migrate:up\ncreate table b(x);\n-- migrate:down\ndrop table b;",
  "3_c.up.sql": "create table c(x);", "3_c.down.sql": "drop table c;",
]

@Suite struct MigratorTests {
  @Test func upAppliesAllInOrderAndThenNothing() throws {
    let fixture = try Fixture(three)
    #expect(try fixture.run(.up(limit: nil)) == ["up 1_a", "up 2_b", "up 3_c"])
    #expect(try fixture.tables == ["a", "b", "c"])
    #expect(try fixture.states == ["1 applied", "2 applied", "3 applied"])
    #expect(try fixture.run(.up(limit: nil)) == [])
  }

  @Test func limitsAndVersionsLeadThere() throws {
    let fixture = try Fixture(three)
    #expect(try fixture.run(.up(limit: 1)) == ["up 1_a"])
    #expect(try fixture.run(.to(try #require(MigrationVersion("3")))) == ["up 2_b", "up 3_c"])
    #expect(try fixture.run(.to(try #require(MigrationVersion("1")))) == ["down 3_c", "down 2_b"])
    #expect(try fixture.run(.to(try #require(MigrationVersion("0")))) == ["down 1_a"])
    #expect(try fixture.tables == [])
    let error = #expect(throws: AdapterError.self) {
      try fixture.run(.to(try #require(MigrationVersion("4"))))
    }
    #expect(error?.kind == .notFound)
  }

  /// From the fourth on several are committed together, and one of those fails.
  @Test func oneThatFailsAmongManyLeavesThoseBeforeIt() throws {
    var files: [String: String] = [:]
    for number in 10...49 {
      files["\(number)_t.sql"] = "-- migrate:up\ncreate table t\(number)(x);"
    }
    files["40_t.sql"] = "-- migrate:up\ncreate table t40(x);\nnonsense;"
    let fixture = try Fixture(files)
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.details.last == "40_t was rolled back and is not applied")
    #expect(try fixture.tables == (10..<40).map { "t\($0)" })
    #expect(try fixture.database.rows("select count(*) from nb_migrations") == [[.int(30)]])
  }

  /// What ends the run between a statement and its entry in the journal must not make the next run
  /// repeat the statement. Here the entry is refused.
  @Test func outsideATransactionAStatementAndItsEntryAreOne() throws {
    let fixture = try Fixture([
      "1_a.sql": """
      -- migrate:up transaction:false
      create table a(x);
      create trigger stop before update on nb_migrations when new.statements > 2
      begin select raise(abort, 'stopped'); end;
      insert into a values (1);
      """
    ])
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(try fixture.database.rows("select count(*) from a") == [[.int(0)]])
    try fixture.execute("drop trigger stop")
    try fixture.run(.up(limit: nil))
    #expect(try fixture.database.rows("select count(*) from a") == [[.int(1)]])
  }

  @Test func outsideATransactionNothingDoneLeavesNoHistory() throws {
    let fixture = try Fixture(["1_a.sql": "-- migrate:up transaction:false\nnonsense;"])
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(try fixture.database.schema(table: nil).tables.isEmpty)
  }

  @Test func downRevertsTheNewestFirst() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: nil))
    #expect(try fixture.run(.down(limit: 1)) == ["down 3_c"])
    #expect(try fixture.states == ["1 applied", "2 applied", "3 pending"])
    #expect(try fixture.run(.down(limit: nil)) == ["down 2_b", "down 1_a"])
    #expect(try fixture.run(.down(limit: 1)) == [])
  }

  @Test func redoIsOneTransaction() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: nil))
    try fixture.execute("insert into c values (1)")
    #expect(
      try fixture.run(.redo(count: 2)) == ["down 3_c", "down 2_b", "up 2_b", "up 3_c"])
    #expect(try fixture.database.rows("select count(*) from c") == [[.int(0)]])
    // When the second half fails, the first is undone too.
    try fixture.execute("insert into c values (1); create table d(x)")
    try fixture.write(
      "-- migrate:up\ncreate table d(x);\n-- migrate:down\nselect 1;", to: "4_d.sql")
    _ = try fixture.migrator.adoptMarked("4")
    let error = #expect(throws: AdapterError.self) { try fixture.run(.redo(count: 2)) }
    #expect(error?.message.contains("d already exists") == true)
    #expect(try fixture.database.rows("select count(*) from c") == [[.int(1)]])
    #expect(try fixture.states.allSatisfy { $0.hasSuffix("applied") })
  }

  @Test func aFailingStatementSaysWhereAndLeavesNothing() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up\ncreate table a(x);\n\n  insert into nowhere values (1);\n"
    ])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .failed)
    #expect(error?.position?.file?.hasSuffix("migrations/1_a.sql") == true)
    #expect(error?.position?.line == 4)
    #expect(error?.message.contains("nowhere") == true)
    // Not even the table of the history.
    #expect(try fixture.database.schema(table: nil).tables == [])
  }

  @Test func aLaterFailureKeepsTheMigrationsBefore() throws {
    let fixture = try Fixture(three)
    try fixture.write("-- migrate:up\nnonsense;", to: "2_b.sql")
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(try fixture.states == ["1 applied", "2 pending", "3 pending"])
  }

  @Test func everyFileIsCheckedBeforeTheFirstRuns() throws {
    let fixture = try Fixture(three)
    try fixture.write("-- migrate:up\nselect 'open;", to: "3_c.up.sql")
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.message == "unterminated string")
    #expect(try fixture.tables == [])
  }

  @Test func downWithoutASectionIsRefusedBeforeAnythingRan() throws {
    let fixture = try Fixture(three)
    try fixture.write("-- migrate:up\ncreate table b(x);", to: "2_b.sql")
    try fixture.run(.up(limit: nil))
    let error = #expect(throws: AdapterError.self) { try fixture.run(.down(limit: 2)) }
    #expect(error?.kind == .failed)
    #expect(error?.message.contains("2_b has no section for down") == true)
    #expect(try fixture.tables == ["a", "b", "c"])
  }

  @Test func anEmptySectionIsRefused() throws {
    let fixture = try Fixture(["1_a.sql": "-- migrate:up\n\n-- migrate:down\n"])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .data)
  }

  @Test func downWorksFromTheHistoryWhenTheFileIsGone() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: nil))
    try fixture.remove("3_c.up.sql")
    try fixture.remove("3_c.down.sql")
    #expect(try fixture.states == ["1 applied", "2 applied", "3 missing"])
    #expect(try fixture.run(.down(limit: 1)) == ["down 3_c"])
    #expect(try fixture.tables == ["a", "b"])
  }

  @Test func transactionControlAndParametersAreRefused() throws {
    for statement in ["begin", "COMMIT", "end", "rollback", "START TRANSACTION"] {
      let fixture = try Fixture(["1_a.sql": "-- migrate:up\ncreate table a(x);\n\(statement);"])
      let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
      #expect(error?.kind == .data, "\(statement)")
      #expect(error?.position?.line == 3)
    }
    let fixture = try Fixture(["1_a.sql": "-- migrate:up\ncreate table a as select ?1 as x;"])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.message.contains("parameters") == true)
    #expect(try fixture.tables == [])
  }

  @Test func savepointsAreAllowed() throws {
    let fixture = try Fixture([
      "1_a.sql":
        "-- migrate:up\nsavepoint s; create table a(x); rollback to s; release s; create table b(x);"
    ])
    try fixture.run(.up(limit: nil))
    #expect(try fixture.tables == ["b"])
  }

  // MARK: Drift and order

  @Test func driftIsRefusedAndNamed() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: 2))
    try fixture.write(
      "-- migrate:up\ncreate table a(x, y);\n-- migrate:down\ndrop table a;", to: "1_a.sql")
    for goal in [MigrationGoal.up(limit: nil), .down(limit: 1), .redo(count: 1)] {
      let error = #expect(throws: AdapterError.self) { try fixture.run(goal) }
      #expect(error?.kind == .conflict)
      #expect(error?.details.contains { $0.contains("migrations/1_a.sql: changed") } == true)
    }
    let drift = try fixture.migrator.drift()
    #expect(drift.map(\.kind) == [.changed])
    #expect(
      drift[0].diff == [
        "@@ -1,4 +1,4 @@", " -- migrate:up", "-create table a(x);", "+create table a(x, y);",
        " -- migrate:down", " drop table a;",
      ])
    #expect(try fixture.states == ["1 drift", "2 applied", "3 pending"])
  }

  @Test func lineEndsAndFinalNewlinesAreNoDrift() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: nil))
    for (name, text) in three {
      try fixture.write(text.replacing("\n", with: "\r\n") + "\r\n", to: name)
    }
    #expect(try fixture.migrator.drift() == [])
  }

  @Test func repairAcceptsChangedFilesAndForgetsMissingOnes() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: 2))
    try fixture.write("-- migrate:up\ncreate table a(x, y);", to: "1_a.sql")
    try fixture.remove("2_b.sql")
    let actions = try fixture.migrator.repair(mark: nil)
    #expect(actions.count == 2)
    #expect(try fixture.states == ["1 applied", "3 pending"])
    #expect(try fixture.migrator.drift() == [])
    #expect(try fixture.migrator.repair(mark: nil) == [])
  }

  @Test func outOfOrderFollowsThePolicy() throws {
    let fixture = try Fixture(three)
    try fixture.remove("2_b.sql")
    try fixture.run(.up(limit: nil))
    try fixture.write(three["2_b.sql"] ?? "", to: "2_b.sql")
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .conflict)
    #expect(error?.message.contains("2_b is pending, but older than 3") == true)
    #expect(try fixture.run(.up(limit: nil), .skip) == [])
    #expect(try fixture.run(.up(limit: nil), .apply) == ["up 2_b"])
    #expect(try fixture.states == ["1 applied", "2 applied", "3 applied"])
  }

  // MARK: Outside a transaction

  @Test func aJournaledFileResumesWhereItStopped() throws {
    let fixture = try Fixture([
      "1_a.sql": """
      -- migrate:up transaction:false
      create table a(x);
      insert into a values (1);
      insert into b values (1);
      insert into a values (2);
      """
    ])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.position?.line == 4)
    #expect(error?.details.contains { $0.contains("2 of the 4 statements") } == true)
    #expect(try fixture.states == ["1 failed"])
    // Correcting the statement that failed is no drift.
    try fixture.write(
      """
      -- migrate:up transaction:false
      create table a(x);
      insert into a values (1);
      insert into a values (10);
      insert into a values (2);
      """, to: "1_a.sql")
    #expect(try fixture.run(.up(limit: nil)) == ["up 1_a"])
    #expect(try fixture.database.rows("select x from a") == [[.int(1)], [.int(10)], [.int(2)]])
    #expect(try fixture.states == ["1 applied"])
  }

  @Test func changingWhatRanIsRefusedOnResume() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up transaction:false\ncreate table a(x);\nnonsense;"
    ])
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    try fixture.write(
      "-- migrate:up transaction:false\ncreate table a(x, y);\nselect 1;", to: "1_a.sql")
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .conflict)
    for (mark, state) in [(RepairAction.Mark.applied, "1 applied"), (.pending, "1 pending")] {
      let repaired = try Fixture([
        "1_a.sql": "-- migrate:up transaction:false\ncreate table a(x);\nnonsense;"
      ])
      #expect(throws: AdapterError.self) { try repaired.run(.up(limit: nil)) }
      let usage = #expect(throws: AdapterError.self) {
        try repaired.migrator.repair(mark: nil)
      }
      #expect(usage?.kind == .usage)
      _ = try repaired.migrator.repair(mark: mark)
      #expect(try repaired.states == [state])
    }
  }

  @Test func aJournaledFileThatFailsAtOnceIsNotHalfRun() throws {
    let fixture = try Fixture([
      "1_a.sql":
        "-- migrate:up transaction:false\nnonsense;\n-- migrate:down transaction:false\nnonsense;"
    ])
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(try fixture.states == ["1 pending"])
    _ = try fixture.migrator.adoptMarked("1")
    #expect(throws: AdapterError.self) { try fixture.run(.down(limit: 1)) }
    #expect(try fixture.states == ["1 applied"])
  }

  @Test func aHalfRevertedFileIsFinishedByDown() throws {
    let fixture = try Fixture([
      "1_a.sql": """
      -- migrate:up
      create table a(x);
      create table b(x);
      -- migrate:down transaction:false
      drop table b;
      drop table c;
      drop table a;
      """
    ])
    try fixture.run(.up(limit: nil))
    #expect(throws: AdapterError.self) { try fixture.run(.down(limit: 1)) }
    #expect(try fixture.states == ["1 failed"])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .conflict)
    try fixture.execute("create table c(x)")
    #expect(try fixture.run(.down(limit: 1)) == ["down 1_a"])
    #expect(try fixture.tables == [])
  }

  @Test func vacuumRunsOutsideATransactionOnly() throws {
    let fixture = try Fixture(["1_v.sql": "-- migrate:up\nvacuum;"])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.hint?.contains("transaction:false") == true)
    try fixture.write("-- migrate:up transaction:false\nvacuum;", to: "1_v.sql")
    #expect(try fixture.run(.up(limit: nil)) == ["up 1_v"])
  }

  @Test func anOpenTransactionAtTheEndOfAFileIsRefused() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up transaction:false\ncreate table a(x);\nbegin;\ncreate table b(x);"
    ])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .data)
    #expect(try fixture.tables == ["a"])
    try fixture.write(
      "-- migrate:up transaction:false\ncreate table a(x);\nbegin;\ncreate table b(x);\ncommit;",
      to: "1_a.sql")
    #expect(try fixture.run(.up(limit: nil)) == ["up 1_a"])
    #expect(try fixture.tables == ["a", "b"])
  }

  // MARK: Foreign keys

  private static let parentAndChild = """
    create table parent(id integer primary key);
    create table child(parent references parent(id) on delete cascade);
    insert into parent values (1); insert into child values (1);
    """

  @Test func aTableIsRebuiltWithForeignKeysOff() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up\n" + Self.parentAndChild,
      "2_b.sql": """
      -- migrate:up
      PRAGMA foreign_keys = OFF;
      create table new(id integer primary key, name);
      insert into new(id) select id from parent;
      drop table parent;
      alter table new rename to parent;
      PRAGMA foreign_keys(on);
      """,
    ])
    try fixture.run(.up(limit: nil))
    // With keys on, the cascade would have emptied it.
    #expect(try fixture.database.rows("select * from child") == [[.int(1)]])
    #expect(try fixture.database.rows("pragma foreign_keys") == [[.int(1)]])
  }

  @Test func aRebuildThatBreaksKeysIsRolledBack() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up\n" + Self.parentAndChild,
      "2_b.sql": "-- migrate:up\npragma foreign_keys=off;\ndelete from parent;",
    ])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .failed)
    #expect(error?.details == ["row 1 of child refers to no row of parent"])
    #expect(try fixture.database.rows("select count(*) from parent") == [[.int(1)]])
    #expect(try fixture.database.rows("pragma foreign_keys") == [[.int(1)]])
  }

  @Test func switchingKeysInTheMiddleIsRefused() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up\nselect 1;\npragma foreign_keys=off;\nselect 2;"
    ])
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.kind == .data)
    #expect(error?.position?.line == 3)
  }

  @Test func settingsOfAFileDoNotReachTheNext() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up transaction:false\npragma foreign_keys=off;\nselect 1;"
    ])
    try fixture.run(.up(limit: nil))
    #expect(try fixture.database.rows("pragma foreign_keys") == [[.int(1)]])
  }

  // MARK: Folder

  @Test func oneVersionTwiceNamesBothFiles() throws {
    let fixture = try Fixture(["1_a.sql": "-- migrate:up\nselect 1", "001_b.up.sql": "select 1"])
    let error = #expect(throws: AdapterError.self) { try fixture.migrator }
    #expect(error?.kind == .conflict)
    #expect(error?.message.contains("1_a.sql") == true)
    #expect(error?.message.contains("001_b.up.sql") == true)
  }

  @Test func aLoneDownFileIsRefused() throws {
    let fixture = try Fixture(["1_a.down.sql": "select 1"])
    #expect(#expect(throws: AdapterError.self) { try fixture.migrator }?.kind == .data)
  }

  @Test func aMissingFolderIsNotFound() {
    let error = #expect(throws: AdapterError.self) {
      try MigrationDirectory("/nonexistent/migrations").load()
    }
    #expect(error?.kind == .notFound)
  }

  @Test func newMigrationsGetAVersionOfTheirOwn() throws {
    let directory = try TemporaryDirectory()
    let migrations = MigrationDirectory(directory.file("deep/migrations"))
    let first = try migrations.create(name: "add users", isPair: false)
    let second = try migrations.create(name: "add_more", isPair: true)
    #expect(first.count == 1 && first[0].hasSuffix("_add_users.sql"))
    #expect(second.map { $0.hasSuffix(".up.sql") } == [true, false])
    #expect(try migrations.load().map(\.name) == ["add_users", "add_more"])
    for name in ["", "../x", "1", "a/b"] {
      let error = #expect(throws: AdapterError.self) {
        try migrations.create(name: name, isPair: false)
      }
      #expect(error?.kind == .usage)
    }
  }

  @Test func aRowThatNbDidNotWriteIsRefused() throws {
    let fixture = try Fixture(three)
    try fixture.run(.up(limit: 1))
    try fixture.execute("update nb_migrations set state = 'x'")
    #expect(#expect(throws: AdapterError.self) { try fixture.states }?.kind == .data)
  }

  @Test func theTextOfALargeFileIsNotKept() throws {
    let padding = String(repeating: "-- 0123456789\n", count: 80_000)
    let up = "-- migrate:up transaction:false\ncreate table a(x);\nbogus;\n"
    let fixture = try Fixture(["1_a.sql": up + padding])
    #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(try fixture.migrator.status()[0].applied?.source == nil)
    // An unchanged file resumes all the same, a changed one cannot be compared.
    let error = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(error?.message.contains("bogus") == true)
    try fixture.write(up + padding + "x", to: "1_a.sql")
    #expect(
      #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }?.kind == .conflict)
    _ = try fixture.migrator.repair(mark: .applied)
    try fixture.write("-- migrate:up\nselect 1;\n", to: "1_a.sql")
    #expect(try fixture.migrator.drift()[0].diff.count == 1)
  }

  @Test func thePlanIsTheSQLInOrder() throws {
    let fixture = try Fixture([
      "1_a.sql": "-- migrate:up\ncreate table a(x);\n-- migrate:down\ndrop table a;",
      "2_v.sql": "-- migrate:up transaction:false\nvacuum",
    ])
    let folder = fixture.directory.file("migrations")
    var units: [String] = []
    for unit in try fixture.migrator.plan(.up(limit: nil)) {
      var sql = ""
      try unit.write { sql += $0 }
      units.append(sql)
    }
    #expect(
      units.joined(separator: "\n") == """
        BEGIN;
        -- up 1_a (\(folder)/1_a.sql)
        create table a(x);
        COMMIT;

        -- outside a transaction
        -- up 2_v (\(folder)/2_v.sql)
        vacuum;

        """)
    #expect(try fixture.database.schema(table: nil).tables == [])
  }
}

extension Migrator {
  /// Writes a row as if the migration had run.
  func adoptMarked(_ version: String) throws(AdapterError) {
    guard let migration = migrations.first(where: { $0.version.text == version }) else { return }
    try history.createIfMissing()
    try history.insert(
      AppliedMigration(
        version: migration.version, name: migration.name, checksum: migration.checksum,
        source: migration.source))
  }
}
