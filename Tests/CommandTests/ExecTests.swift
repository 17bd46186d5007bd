import Foundation
import TestSupport
import Testing

@Suite struct ExecTests {
  @Test func whoSaysAlwaysSeesABarBesideTheOutput() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id int)")
    let records = "id\n" + (1...300_000).map { "\($0)\n" }.joined()
    let file = fixture.directory.file("t.csv")
    try Data(records.utf8).write(to: URL(fileURLWithPath: file))
    let terminal = try PtyProcess([
      NB.path, "db", "exec", fixture.directory.file("app.db"), "insert into t values (:id)",
      "--each", file, "--progress", "always",
    ])
    try terminal.wait("bar") { $0.text.contains("%") }
    #expect(try terminal.finish(timeout: 60) == .exited(0))
  }

  @Test func severalStatementsAreAllOrNothing() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", "exec", "app.db", "insert into users values (4, 'D', 1);\ninsert into nope values (1)")
    #expect(result.status == 1)
    #expect(result.errors.contains("line 2:1: no such table: nope"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test func noTxKeepsWhatWasDone() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", "exec", "app.db", "--no-tx",
      "insert into users values (4, 'D', 1); insert into nope values (1)")
    #expect(result.status == 1)
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "4\n")
  }

  @Test func aSingleStatementNeedsNoTransaction() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "exec", "app.db", "vacuum")
  }

  @Test func loadsTheDumpOfTheSQLiteShell() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "new.db", "--create",
      input: """
        PRAGMA foreign_keys=OFF;
        BEGIN TRANSACTION;
        CREATE TABLE child (id INTEGER REFERENCES parent(id));
        INSERT INTO child VALUES(1);
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        INSERT INTO parent VALUES(1);
        CREATE TRIGGER t AFTER INSERT ON child BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END;
        COMMIT;
        """)
    #expect(try fixture.ok("db", "query", "new.db", "select count(*) from child") == "1\n")
  }

  @Test func aTransactionLeftOpenIsRolledBackAndSaid() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "exec", "app.db", "begin; delete from users;")
    #expect(result.status == 1)
    #expect(result.errors.contains("COMMIT"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test(arguments: [
    ("delete from users;\nCOMMIT;\nselect 1", "line 2:1"),
    ("delete from users; end transaction; insert into nope values (1)", "END"),
    ("delete from users; /* x */ Commit", "COMMIT"),
    ("delete from users; rollback; select 1", "ROLLBACK"),
    ("delete from users; rollback /* to */; select 1", "ROLLBACK"),
    ("delete from users; begin; select 1; commit", "BEGIN"),
    ("begin; delete from users; begin; commit", "BEGIN"), ("commit", "COMMIT"),
    ("begin; delete from users; commit; delete from users", "goes on"),
    ("begin; delete from users; commit; begin; commit", "goes on"),
    ("pragma user_version=3; delete from users; commit", "COMMIT"),
  ])
  func whatWouldBreakAllOrNothingIsRefused(_ sql: String, _ word: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "exec", "app.db", sql)
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.errors.contains(word))
    #expect(result.errors.contains("--no-tx"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test(arguments: [
    ("begin immediate; delete from users; commit", "0"),
    ("pragma foreign_keys=off; begin; delete from users; end; pragma foreign_keys=on", "0"),
    ("begin; delete from users; rollback", "3"),
    ("begin; delete from users; rollback; pragma user_version=1", "3"),
    ("savepoint a; delete from users; rollback to a; release a", "3"),
    ("delete from users; savepoint a; select 1; rollback transaction to savepoint a", "0"),
    ("delete from users; create trigger g after insert on users begin select 1; end;", "0"),
  ])
  func aWholeTransactionAndSavepointsAreRun(_ sql: String, _ left: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "exec", "app.db", sql)
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "\(left)\n")
  }

  @Test func aFailureBehindASavepointLeavesNothing() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", "exec", "app.db",
      "savepoint a; delete from users; release a; insert into nope values (1)")
    #expect(result.status == 1)
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test(arguments: ["a:double=nan", "a:double=1e400", "a:int=x"])
  func aParameterThatWouldBecomeAnotherValueIsRefused(_ parameter: String) throws {
    let result = try Fixture().nb("db", "query", ":memory:", "select :a", "-p", parameter)
    #expect(result.status == 65)
    #expect(result.errors.contains("hint"))
  }

  @Test func anEmptyParameterOfBytesIsNoNull() throws {
    #expect(
      try Fixture().ok("db", "query", ":memory:", "select quote(:a)", "-p", "a:bytes=") == "X''\n")
  }

  @Test(arguments: [["-f", "nope.sql"], ["select :a", "--each", "nope.csv"]])
  func aMissingFileIsNamedWithAHint(_ arguments: [String]) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try NB.run(["db", "exec", "app.db"] + arguments, in: fixture.directory)
    #expect(result.status == 66)
    #expect(result.errors.contains("nope."))
    #expect(result.errors.contains("hint"))
  }

  @Test func printsTheRowsOfReturning() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(
      try fixture.ok(
        "db", "exec", "app.db", "insert into users (name) values (:n) returning id", "-p", "n=Eve")
        == "4\n")
  }

  @Test(arguments: [
    ("rows.csv", "id,name,age\n10,X,1\n11,\"Y, Z\",\n"),
    ("rows.tsv", "id\tname\tage\n10\tX\t1\n11\tY, Z\t\\N\n"),
    ("rows.ndjson", "{\"id\":10,\"name\":\"X\",\"age\":1}\n{\"id\":11,\"name\":\"Y, Z\"}\n"),
  ])
  func runsOncePerRecord(_ name: String, _ content: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write(content, to: name)
    try fixture.ok(
      "db", "exec", "app.db", "insert into users values (:id, :name, :age)", "--each", name)
    #expect(
      try fixture.ok("db", "query", "app.db", "select * from users where id >= 10")
        == "10\tX\t1\n11\tY, Z\t\\N\n")
  }

  @Test func aBadRecordLeavesNothing() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write("id,name\n10,X\n11,Y\n10,again\n", to: "r.csv")
    let result = try fixture.nb(
      "db", "exec", "app.db", "insert into users (id, name) values (:id, :name)", "--each", "r.csv")
    #expect(result.status == 1)
    #expect(result.errors.contains("r.csv:4"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
  }

  @Test func batchesBeforeABadRecordStay() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write("id,name\n10,X\n11,Y\n12,Z\n10,again\n", to: "r.csv")
    let result = try fixture.nb(
      "db", "exec", "app.db", "insert into users (id, name) values (:id, :name)", "--each", "r.csv",
      "--batch", "2")
    #expect(result.status == 1)
    #expect(result.errors.contains("2 rows were committed"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "5\n")
  }

  @Test func foreignKeysAreEnforced() throws {
    let fixture = try Fixture()
    let result = try fixture.nb(
      "db", "exec", "k.db", "--create",
      "create table p (id integer primary key); create table c (p references p); insert into c values (5)"
    )
    #expect(result.status == 1)
    #expect(result.errors.contains("FOREIGN KEY"))
  }

  @Test(arguments: [
    ([], "no SQL"), (["select 1", "-f", "x.sql"], "both"), (["  -- nothing\n"], "no statement"),
    (["select 1; select 2", "--each", "r.csv"], "second"),
    (["select 1", "--batch", "5"], "--each"), (["select 1", "--batch", "0"], "--batch"),
  ])
  func refusesOddArguments(_ arguments: [String], _ word: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write("id\n1\n", to: "r.csv")
    let result = try NB.run(["db", "exec", "app.db"] + arguments, in: fixture.directory)
    #expect(result.status == 2)
    if word != "no SQL" { #expect(result.errors.contains(word)) }
  }

  @Test func aReadOnlyFolderIsDenied() throws {
    // Root may write anywhere, so only the file's own immutability is tested through SQLite's mode.
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", "exec", "sqlite:app.db?immutable=1", "delete from users")
    #expect(result.status == 77)
  }
}
