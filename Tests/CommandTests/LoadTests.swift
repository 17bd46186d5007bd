import Foundation
import TestSupport
import Testing

@Suite struct LoadTests {
  @Test func createsATableWithInferredTypes() throws {
    let fixture = try Fixture()
    try fixture.directory.write(
      "id,zip,price,name,empty\n1,01234,1.5,Ann,\n2,99999,2,\"B\"\"ob\",\n", to: "a.csv")
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--create", "--key", "id")
    #expect(
      try fixture.ok("db", "query", "app.db", "select name, type, pk from pragma_table_info('t')")
        == "id\tINTEGER\t1\nzip\tTEXT\t0\nprice\tREAL\t0\nname\tTEXT\t0\nempty\tTEXT\t0\n")
    #expect(
      try fixture.ok("db", "query", "app.db", "select * from t")
        == "1\t01234\t1.5\tAnn\t\\N\n2\t99999\t2.0\tB\"ob\t\\N\n")
  }

  @Test func nullAndTheEmptyTextStayApart() throws {
    let fixture = try Fixture()
    try fixture.directory.write("a,b\n,\"\"\n", to: "a.csv")
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--create")
    #expect(
      try fixture.ok("db", "query", "app.db", "select a is null, b = '' from t") == "1\t1\n")
  }

  @Test func readsGzip() throws {
    let fixture = try Fixture()
    // gzip -n of "id\n5\n6\n"
    let compressed = Data(
      base64Encoded: "H4sIAAAAAAAAA8tM4TLlMuMCAIt2PPkHAAAA")
    try fixture.directory.write(try #require(compressed), to: "a.csv.gz")
    try fixture.ok("db", "load", "app.db", "t", "a.csv.gz", "--create")
    #expect(try fixture.ok("db", "query", "app.db", "select sum(id) from t") == "11\n")
  }

  @Test func readsStandardInput() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "load", "app.db", "t", "-", "--create", "--format", "ndjson",
      input: "{\"a\":1,\"b\":{\"c\":[1]}}\n{\"b\":null}\n")
    #expect(
      try fixture.ok("db", "query", "app.db", "select a, b from t", "-o", "ndjson")
        == "{\"a\":1,\"b\":{\"c\":[1]}}\n{\"a\":null,\"b\":null}\n")
  }

  @Test(arguments: [
    ("append", "1\told\n2\tnew\n"), ("replace", "2\tnew\n"),
  ])
  func modes(_ mode: String, _ expected: String) throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      "create table t (id integer primary key, v text); insert into t values (1, 'old')")
    try fixture.directory.write("id,v\n2,new\n", to: "a.csv")
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--mode", mode)
    #expect(try fixture.ok("db", "query", "app.db", "select * from t order by id") == expected)
  }

  @Test func upsertUpdatesByKey() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      "create table t (id integer primary key, v text, w text); insert into t values (1, 'old', 'kept')"
    )
    try fixture.directory.write("id,v\n1,new\n2,two\n", to: "a.csv")
    try fixture.ok("db", "load", "app.db", "t", "a.csv", "--mode", "upsert", "--key", "id")
    #expect(
      try fixture.ok("db", "query", "app.db", "select * from t order by id")
        == "1\tnew\tkept\n2\ttwo\t\\N\n")
  }

  @Test(arguments: [
    ("id,v\n1,a\n2,b,c\n", 3, "ragged"), ("id,v\n1,a\nx,b\n", 3, "integer"),
    ("id,v\n1,a\n1,b\n", 3, "UNIQUE"), ("id,v\n1,a\n2,\"open\n", 3, "quote"),
  ])
  func aBadRowLeavesTheTableAsItWas(_ content: String, _ line: Int, _ reason: String) throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      "create table t (id integer primary key, v text); insert into t values (7, 'old')")
    try fixture.directory.write(content, to: "a.csv")
    for mode in ["append", "replace"] {
      let result = try fixture.nb("db", "load", "app.db", "t", "a.csv", "--mode", mode)
      #expect(result.status == 65)
      #expect(result.errors.contains("a.csv:\(line)"))
      #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "7\told\n")
    }
  }

  @Test func invalidUTF8IsReportedWithItsPlace() throws {
    let fixture = try Fixture()
    try fixture.directory.write(Data("id,v\n1,a\n2,b".utf8) + [0xFF, 0x0A], to: "a.csv")
    let result = try fixture.nb("db", "load", "app.db", "t", "a.csv", "--create")
    #expect(result.status == 65)
    #expect(result.errors.contains("a.csv:3"))
    #expect(result.errors.contains("UTF-8"))
  }

  @Test func rejectsGoToTheirFile() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (id integer primary key, v text)")
    try fixture.directory.write("id,v\n1,a\n2,b,c\nx,d\n1,e\n3,f\n", to: "a.csv")
    let result = try fixture.nb("db", "load", "app.db", "t", "a.csv", "--reject", "bad.csv")
    #expect(result.status == 0)
    #expect(result.errors.contains("3"))
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "1\ta\n3\tf\n")
    let rejected = try fixture.directory.read("bad.csv").split(separator: "\n")
    #expect(rejected.count == 4)
    #expect(rejected[0] == "line,reason,record")
    #expect(rejected[1].hasPrefix("3,"))
    #expect(rejected[1].hasSuffix("\"2,b,c\""))
    #expect(rejected[3].contains("UNIQUE"))
  }

  @Test func aBrokenLineFarDownIsFound() throws {
    let fixture = try Fixture()
    var text = ""
    for number in 1...100_000 { text += "{\"id\":\(number)}\n" }
    text += "{\"id\":\n{\"id\":100002}\n"
    try fixture.directory.write(text, to: "a.ndjson")
    let result = try fixture.nb("db", "load", "app.db", "t", "a.ndjson", "--create")
    #expect(result.status == 65)
    #expect(result.errors.contains("a.ndjson:100001"))
    #expect(!fixture.directory.exists("app.db"))
  }

  @Test func aFailedLoadLeavesNoNewDatabase() throws {
    let fixture = try Fixture()
    try fixture.directory.write("id\n1\n2,3\n", to: "a.csv")
    #expect(try fixture.nb("db", "load", "new.db", "t", "a.csv", "--create").status == 65)
    #expect(!fixture.directory.exists("new.db"))
    #expect(!fixture.directory.exists("new.db-journal"))
  }

  @Test func batchesAreCommitted() throws {
    let fixture = try Fixture()
    try fixture.directory.write("id\n1\n2\n3\n4\nx\n", to: "a.csv")
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    let result = try fixture.nb("db", "load", "app.db", "t", "a.csv", "--batch", "3")
    #expect(result.status == 65)
    #expect(result.errors.contains("3 rows were committed"))
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "3\n")
  }

  @Test(arguments: [
    (["nope", "a.csv"], 66, "nope"), (["t", "missing.csv"], 66, "missing.csv"),
    (["t", "other.csv"], 66, "colour"), (["t", "a.csv", "--mode", "upsert"], 2, "--key"),
    (["t", "a.csv", "--mode", "upsrt"], 2, "upsert"), (["tt", "a.csv"], 66, "'t'"),
    (["t", "."], 74, "directory"),
  ])
  func refusesWhatIsNotThere(_ arguments: [String], _ status: Int, _ word: String) throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id integer)")
    try fixture.directory.write("id\n1\n", to: "a.csv")
    try fixture.directory.write("colour\n1\n", to: "other.csv")
    let result = try NB.run(["db", "load", "app.db"] + arguments, in: fixture.directory)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains(word))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func aSignalLeavesTheTableAsItWas(_ signal: Int32) throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (id integer); insert into t values (0)")
    let load = try NB.start(
      ["db", "load", "app.db", "t", "-", "--mode", "replace"], in: fixture.directory)
    try load.write("id\n" + (1...50_000).map { "\($0)\n" }.joined())
    // The write lock shows that the load is under way.
    try load.wait {
      (try? fixture.nb(
        "db", "exec", "sqlite:app.db?busy_timeout=0", "insert into t select 1 where 0"
      ).status) == 75
    }
    load.send(signal)
    let result = try load.finish()
    #expect(result.signal == signal)
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "0\n")
    try fixture.ok("db", "load", "app.db", "t", "-", input: "id\n5\n")
  }

  @Test func aReaderUndoesWhatAKilledLoadLeft() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (id integer); insert into t values (0)")
    // A small cache makes SQLite write to the file long before the commit.
    let load = try NB.start(
      ["db", "load", "sqlite:app.db?cache_size=10", "t", "-"], in: fixture.directory)
    try load.write("id\n" + (1...100_000).map { "\($0)\n" }.joined())
    try load.wait { (try? fixture.directory.readData("app.db").count) ?? 0 > 100_000 }
    load.send(SIGKILL)
    try load.finish()
    #expect(fixture.directory.exists("app.db-journal"))
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "0\n")
    #expect(!fixture.directory.exists("app.db-journal"))
  }

  @Test func aFileThatCannotGrowLeavesTheDatabaseAsItWas() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (id integer); insert into t values (0)")
    try fixture.directory.write("id\n" + (1...200_000).map { "\($0)\n" }.joined(), to: "a.csv")
    let size = try fixture.directory.readData("app.db").count
    // A limit on the size of files stands in for a full disk: the write fails in the same place.
    let result = try fixture.shell("ulimit -f 400; exec nb db load app.db t a.csv")
    #expect(result.status == 74)
    #expect(try fixture.directory.readData("app.db").count == size)
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "0\n")
  }

  @Test func aFullDatabaseIsNoFaultOfTheRow() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create", "create table t (id integer); insert into t values (0)")
    try fixture.directory.write("id\n" + (1...100_000).map { "\($0)\n" }.joined(), to: "a.csv")
    let full = "sqlite:app.db?max_page_count=20"
    for flags in [[], ["--reject", "rejected.csv"]] {
      let result = try NB.run(["db", "load", full, "t", "a.csv"] + flags, in: fixture.directory)
      #expect(result.status == 74, "\(result.errors)")
      #expect(result.errors.contains("hint: free some space"), "\(result.errors)")
    }
    #expect(try fixture.ok("db", "query", "app.db", "select * from t") == "0\n")
  }

  @Test(arguments: [
    "db load new.db t a.csv --create", "db exec new.db 'create table t(a)' --create",
  ])
  func aDatabaseThatFindsNoSpaceIsNotLeftBehind(_ command: String) throws {
    let fixture = try Fixture()
    try fixture.directory.write("a\n1\n", to: "a.csv")
    let result = try fixture.shell("ulimit -f 0; exec nb \(command)")
    #expect(result.status == 74, "\(result.errors)")
    #expect(!fixture.directory.exists("new.db"))
  }

  @Test func rowsThatTheTableDropsAreNotCounted() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      """
      create table t (id integer unique on conflict ignore);
      create trigger odd before insert on t when new.id % 2 = 1
      begin select raise(ignore); end;
      create table k (id integer primary key); insert into k values (1);
      """)
    let rows = "id\n1\n2\n2\n3\n4\n"
    let load = try NB.run(
      ["db", "load", "app.db", "t", "-", "--stats=json"], input: Data(rows.utf8),
      in: fixture.directory)
    #expect(load.errors.contains(#""rows":2,"#), "\(load.errors)")
    #expect(try fixture.ok("db", "query", "app.db", "select id from t") == "2\n4\n")
    // A row that is there already, and is nothing but its key, is where it should be.
    let upsert = try NB.run(
      ["db", "load", "app.db", "k", "-", "--mode", "upsert", "--key", "id", "--stats=json"],
      input: Data("id\n1\n2\n".utf8), in: fixture.directory)
    #expect(upsert.errors.contains(#""rows":2,"#), "\(upsert.errors)")
  }

  @Test func aKeyThatIsTakenNamesTheWayOut() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "load", "app.db", "users", "-", input: "id,name\n1,X\n")
    #expect(result.status == 65)
    #expect(result.errors.contains("--mode upsert --key"), "\(result.errors)")
  }
}
