import AdapterCore
import TestSupport
import Testing

@testable import Migrations

private let files = [
  "1_a.sql": "-- migrate:up\ncreate table a(x);", "2_b.sql": "-- migrate:up\ncreate table b(x);",
  "3_c.sql": "-- migrate:up\ncreate table c(x);",
]

// The tables as the tools create them, each under a name of the user's own.
private let dbmate = """
  CREATE TABLE IF NOT EXISTS "versions" (version varchar(128) primary key);
  INSERT INTO "versions" (version) VALUES
    ('1'),
    ('2');
  """
private let golangMigrate = """
  CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool);
  CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);
  insert into schema_migrations values (2, 0);
  """
private let goose = """
  CREATE TABLE goose_db_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version_id INTEGER NOT NULL,
    is_applied INTEGER NOT NULL,
    tstamp TIMESTAMP DEFAULT (datetime('now'))
  );
  insert into goose_db_version (version_id, is_applied)
    values (0, 1), (1, 1), (2, 1), (3, 1), (3, 0);
  """

@Suite struct AdoptTests {
  @Test(arguments: [
    (dbmate, ForeignHistory.Tool.dbmate), (golangMigrate, .golangMigrate), (goose, .goose),
  ])
  func aHistoryIsRecognisedByItsColumns(sql: String, tool: ForeignHistory.Tool) throws {
    let fixture = try Fixture(files)
    try fixture.execute(sql)
    // Nothing is applied a second time meanwhile.
    let refused = #expect(throws: AdapterError.self) { try fixture.run(.up(limit: nil)) }
    #expect(refused?.kind == .conflict)
    #expect(refused?.hint?.contains("adopt") == true)

    let adoption = try fixture.migrator.adopt(drop: false)
    #expect(adoption.from.tool == tool)
    #expect(try fixture.states == ["1 applied", "2 applied", "3 pending"])
    #expect(try fixture.tables.contains(adoption.from.table.name))
    #expect(try fixture.migrator.status()[0].applied?.origin == .adopted)
    #expect(try fixture.run(.up(limit: nil)) == ["up 3_c"])
  }

  @Test func afterAdoptionEverythingCanBeRevertedAndApplied() throws {
    let files = files.mapValues { text in
      let table = text.dropFirst("-- migrate:up\ncreate table ".count).prefix(1)
      return text + "\n-- migrate:down\ndrop table \(table);"
    }
    let fixture = try Fixture(files)
    try fixture.execute(dbmate + "create table a(x); create table b(x);")
    _ = try fixture.migrator.adopt(drop: false)
    #expect(try fixture.run(.down(limit: nil)) == ["down 2_b", "down 1_a"])
    // dbmate's table still lists them, but is none of nb's business any more.
    #expect(try fixture.run(.up(limit: nil)) == ["up 1_a", "up 2_b", "up 3_c"])
  }

  @Test func leadingZerosOfAFileNameDoNotCount() throws {
    let text = "-- migrate:up\ncreate table a(x);\n-- migrate:down\ndrop table a;"
    let fixture = try Fixture(["00001_a.sql": text])
    try fixture.execute(
      "create table a(x);" + golangMigrate + "update schema_migrations set version = 1;")
    _ = try fixture.migrator.adopt(drop: false)
    try fixture.remove("00001_a.sql")
    try fixture.write(text, to: "001_a.sql")
    #expect(try fixture.run(.down(limit: 1)) == ["down 001_a"])
    #expect(try fixture.states == ["001 pending"])
    #expect(try fixture.run(.up(limit: nil)) == ["up 001_a"])
    #expect(try fixture.run(.redo(count: 1)) == ["down 001_a", "up 001_a"])
  }

  @Test func dropRemovesTheOtherTable() throws {
    let fixture = try Fixture(files)
    try fixture.execute(dbmate)
    _ = try fixture.migrator.adopt(drop: true)
    #expect(try fixture.tables == [])
    #expect(try fixture.states == ["1 applied", "2 applied", "3 pending"])
  }

  @Test func aDirtyHistoryIsRefused() throws {
    let fixture = try Fixture(files)
    try fixture.execute(golangMigrate + "update schema_migrations set dirty = 1;")
    let error = #expect(throws: AdapterError.self) {
      try fixture.migrator.adopt(drop: true)
    }
    #expect(error?.kind == .conflict)
    #expect(error?.message.contains("dirty") == true)
    #expect(try fixture.states == ["1 pending", "2 pending", "3 pending"])
  }

  @Test func severalHistoriesNeedAChoice() throws {
    let fixture = try Fixture(files)
    try fixture.execute(dbmate + goose)
    let error = #expect(throws: AdapterError.self) { try fixture.migrator.adoptable() }
    #expect(error?.kind == .conflict)
    #expect(error?.details == ["goose_db_version (goose)", "versions (dbmate)"])
    #expect(try fixture.migrator.adoptable(table: "versions").from.tool == .dbmate)
  }

  @Test func tablesThatOnlyLookAlikeAreLeftAlone() throws {
    let fixture = try Fixture(files)
    try fixture.execute("create table app (version); insert into app values ('1.2-beta');")
    let error = #expect(throws: AdapterError.self) { try fixture.migrator.adoptable() }
    #expect(error?.kind == .notFound)
    #expect(
      #expect(throws: AdapterError.self) {
        try fixture.migrator.adoptable(table: "app")
      }?.kind == .data)
    // Versions of something else do not stand in the way of a first run either.
    try fixture.execute("update app set version = '77'")
    #expect(try fixture.run(.up(limit: 1)) == ["up 1_a"])
    #expect(
      #expect(throws: AdapterError.self) {
        try fixture.migrator.adoptable()
      }?.kind == .conflict)
  }

  @Test func versionsWithoutAFileAreRecordedAsMissing() throws {
    let fixture = try Fixture(["2_b.sql": "-- migrate:up\ncreate table b(x);"])
    try fixture.execute(dbmate)
    let adoption = try fixture.migrator.adopt(drop: false)
    #expect(adoption.missing.map(\.version.text) == ["1"])
    #expect(try fixture.states == ["1 missing", "2 applied"])
  }
}
