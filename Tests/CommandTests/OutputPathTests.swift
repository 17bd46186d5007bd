import Foundation
import TestSupport
import Testing

/// Files that commands are told to write, where something is there already.
@Suite struct OutputPathTests {
  private func makeTable(_ fixture: Fixture) throws {
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    try fixture.directory.write("id\n1\nx\n", to: "a.csv")
    try fixture.directory.write("earlier", to: "bad.csv")
  }

  @Test(arguments: [
    "app.db", "./app.db", "link.db", "hard.db", "app.db-wal", "app.db-shm", "app.db-journal",
    "a.csv", "./a.csv", "link.csv",
  ])
  func rejectsNeverGoOverTheDatabaseOrTheInput(_ path: String) throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    _ = try fixture.shell("ln -s app.db link.db; ln app.db hard.db; ln -s a.csv link.csv")
    for target in ["app.db", "link.db"] {
      let result = try fixture.nb("db", "load", target, "t", "a.csv", "--reject", path)
      #expect(result.status == 2, "\(result.errors)")
      #expect(result.errors.contains("hint"))
    }
    #expect(try fixture.directory.read("a.csv") == "id\n1\nx\n")
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test func rejectsNeverGoOverAnInputOnStandardInput() throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    let result = try fixture.shell("nb db load app.db t - --reject a.csv < a.csv")
    #expect(result.status == 2)
    #expect(try fixture.directory.read("a.csv") == "id\n1\nx\n")
  }

  @Test(arguments: [
    ["nope", "a.csv"], ["t", "missing.csv"], ["t", "other.csv"], ["t", "empty.csv"],
  ])
  func anEarlierRejectFileOutlivesALoadThatFails(_ arguments: [String]) throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    try fixture.directory.write("colour\n1\n", to: "other.csv")
    try fixture.directory.write("", to: "empty.csv")
    let result = try NB.run(
      ["db", "load", "app.db"] + arguments + ["--reject", "bad.csv"], in: fixture.directory)
    #expect(result.status != 0)
    #expect(try fixture.directory.read("bad.csv") == "earlier")
  }

  @Test func rejectsOfBatchesThatStayAreKept() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    try fixture.directory.write(
      "[{\"id\":1},\n{\"id\":\"x\"},\n{\"id\":2},\nbroken]", to: "a.json")
    let result = try fixture.nb(
      "db", "load", "app.db", "t", "a.json", "--reject", "bad.csv", "--batch", "1")
    #expect(result.status == 65)
    #expect(try fixture.directory.read("bad.csv").contains("\n2,"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "2\n")
  }

  @Test func rejectsCanGoToStandardOutput() throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    let result = try fixture.nb("db", "load", "app.db", "t", "a.csv", "--reject", "-")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("line,reason,record\n3,"))
    #expect(result.output.hasSuffix(",x\n"))
    #expect(result.errors == "nb: 1 row rejected\n")
    #expect(!fixture.directory.exists("-"))
  }

  @Test func rejectsCanGoToAPipe() throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    let result = try fixture.shell(
      "mkfifo p; cat p > got & nb db load app.db t a.csv --reject p; wait; cat got")
    #expect(result.output.hasPrefix("line,reason,record\n3,"))
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--reject", "/dev/null")
  }

  @Test(arguments: ["app.db", "link.db", "app.db-wal"])
  func aSchemaDumpNeverGoesOverTheDatabase(_ path: String) throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    _ = try fixture.shell("ln -s app.db link.db")
    let result = try fixture.nb("db", "migrate", "dump", "app.db", "-f", path)
    #expect(result.status == 2, "\(result.errors)")
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test(arguments: ["app.db", "link.db", "hard.db"])
  func aBackupNeverGoesOverItsDatabase(_ path: String) throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    _ = try fixture.shell("ln -s app.db link.db; ln app.db hard.db")
    let result = try fixture.nb("db", "backup", "app.db", path, "--overwrite")
    #expect(result.status == 2, "\(result.errors)")
    #expect(try fixture.shell("test app.db -ef hard.db && test -L link.db").status == 0)
  }

  @Test(arguments: [
    ["exec", "new.db", "bogus", "--create"], ["exec", "new.db", "-f", "nope.sql", "--create"],
    ["exec", "new.db", "select :a", "--each", "nope.csv", "--create"],
    ["exec", "new.db", "create table t (a); bogus", "--create"],
    ["exec", "sqlite:new.db?journal_mode=wal", "bogus", "--create"],
    ["copy", "app.db", "new.db", "--table", "nope", "--create"],
    ["copy", "app.db", "new.db", "--query", "bogus", "--into", "t", "--create"],
    ["load", "new.db", "t", "bad.csv", "--create", "--key", "nope"],
    ["load", "new.db", "t", "a.csv", "--create", "--reject", "new.db"],
  ])
  func aDatabaseThatWasOnlyBegunIsTakenAway(_ arguments: [String]) throws {
    let fixture = try Fixture()
    try makeTable(fixture)
    let result = try NB.run(["db"] + arguments, in: fixture.directory)
    #expect(result.status != 0)
    #expect(try fixture.shell("ls -A | grep new.db").output == "")
  }
}
