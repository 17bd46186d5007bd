import Foundation
import TestSupport
import Testing

/// Histories of other tools, as those tools leave them on each engine.
///
/// dbmate's are made by dbmate itself, which `make deps-test` installs. golang-migrate and goose are
/// no packages that can be pinned in that way: their tables are created by the statements that their
/// drivers hold.
@Suite(.needsServers) struct AdoptionTests {
  enum Engine: String, CaseIterable, Sendable {
    case sqlite, postgres, mariadb
  }

  private static let dbmate = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../.build/benchmark-peers/bin/dbmate").standardized.path

  static var hasDbmate: Bool { FileManager.default.isExecutableFile(atPath: dbmate) }

  /// A folder of three migrations and a database of an engine's.
  private struct Project {
    let fixture: Fixture
    let database: TestDatabase?
    /// Where nb finds the database, and where dbmate does.
    let target: String
    let dbmateURL: String

    init(_ engine: Engine) throws {
      fixture = try Fixture()
      let folder = fixture.directory
      try FileManager.default.createDirectory(
        atPath: folder.file("migrations"), withIntermediateDirectories: false)
      for (version, name) in [("001", "a"), ("002", "b"), ("003", "c")] {
        try folder.write(
          "-- migrate:up\ncreate table \(name) (i int);\n-- migrate:down\ndrop table \(name);\n",
          to: "migrations/\(version)_\(name).sql")
      }
      switch engine {
      case .sqlite:
        database = nil
        target = "app.db"
        dbmateURL = "sqlite:" + folder.file("app.db")
        _ = try fixture.nb("db", "exec", "app.db", "--create", "create table t (i int)")
      case .postgres:
        let database = try TestDatabase(on: TestServers.postgres)
        self.database = database
        target = database.url
        dbmateURL = database.url + "?sslmode=disable"
      case .mariadb:
        let database = try TestDatabase(on: TestServers.mariadb)
        self.database = database
        target = database.url
        dbmateURL = database.url.replacing("mariadb://", with: "mysql://")
      }
    }

    func migrate(_ verb: String, _ arguments: String...) throws -> NB.Result {
      try NB.run(["db", "migrate", verb, target] + arguments, in: fixture.directory)
    }

    func sql(_ statements: String) throws {
      let result = try fixture.nb("db", "exec", target, statements)
      #expect(result.status == 0, "\(result.errors)")
    }

    func query(_ statement: String) throws -> String {
      try fixture.nb("db", "query", target, statement).output
    }

    /// What every adoption comes to when the first two of three migrations were applied.
    func expectAdoption(from tool: String, table: String) throws {
      let refused = try migrate("up")
      #expect(refused.status == 73)
      #expect(refused.errors.contains("was migrated by \(tool)"), "\(refused.errors)")
      #expect(refused.errors.contains("nb db migrate adopt"), "\(refused.errors)")
      #expect(try migrate("adopt", "--dry-run").output == "001_a\n002_b\n")
      let adopted = try migrate("adopt")
      #expect(adopted.status == 0, "\(adopted.errors)")
      #expect(
        adopted.errors.contains("adopted 2 migrations from \(tool)'s \(table)"),
        "\(adopted.errors)")
      let up = try migrate("up")
      #expect(up.status == 0, "\(up.errors)")
      #expect(up.errors.contains("applied 003_c") && !up.errors.contains("applied 002_b"))
      #expect(try migrate("status", "--check").status == 0)
      #expect(try migrate("down", "all").status == 0)
      #expect(try query("select count(*) from nb_migrations") == "0\n")
    }
  }

  @Test(.enabled(if: hasDbmate, "needs make deps-test"), arguments: Engine.allCases)
  func whatDbmateMadeIsTakenOver(engine: Engine) throws {
    let project = try Project(engine)
    let folder = project.fixture.directory
    let last = folder.file("migrations/003_c.sql")
    let text = try String(contentsOfFile: last, encoding: .utf8)
    try FileManager.default.removeItem(atPath: last)
    let made = try NB.run(
      [
        "--url", project.dbmateURL, "--migrations-dir", folder.file("migrations"),
        "--no-dump-schema", "up",
      ], executable: Self.dbmate, in: folder)
    #expect(made.status == 0, "\(made.output)\(made.errors)")
    try text.write(toFile: last, atomically: true, encoding: .utf8)
    try project.expectAdoption(from: "dbmate", table: "schema_migrations")
  }

  @Test(.enabled(if: hasDbmate, "needs make deps-test"), arguments: Engine.allCases)
  func dbmatesTableGoesWhenAskedTo(engine: Engine) throws {
    let project = try Project(engine)
    let folder = project.fixture.directory
    let made = try NB.run(
      [
        "--url", project.dbmateURL, "--migrations-dir", folder.file("migrations"),
        "--migrations-table", "applied", "--no-dump-schema", "up",
      ], executable: Self.dbmate, in: folder)
    #expect(made.status == 0, "\(made.output)\(made.errors)")
    let adopted = try project.migrate("adopt", "--drop", "--yes")
    #expect(adopted.status == 0, "\(adopted.errors)")
    #expect(adopted.errors.contains("adopted 3 migrations"), "\(adopted.errors)")
    let gone = try project.fixture.nb("db", "query", project.target, "select * from applied")
    #expect(gone.status == 1)
    #expect(try project.migrate("up").errors.contains("nothing to do"))
  }

  private static func golangMigrate(_ engine: Engine) -> String {
    switch engine {
    case .sqlite:
      """
      CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool);
      CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);
      INSERT INTO schema_migrations (version, dirty) VALUES (2, 0);
      """
    case .postgres:
      """
      CREATE TABLE IF NOT EXISTS "public"."schema_migrations"
        (version bigint not null primary key, dirty boolean not null);
      INSERT INTO "public"."schema_migrations" (version, dirty) VALUES (2, false);
      """
    case .mariadb:
      """
      CREATE TABLE `schema_migrations` (version bigint not null primary key, dirty boolean not null);
      INSERT INTO `schema_migrations` (version, dirty) VALUES (2, 0);
      """
    }
  }

  @Test(arguments: Engine.allCases)
  func whatGolangMigrateLeavesIsTakenOver(engine: Engine) throws {
    let project = try Project(engine)
    try project.sql(Self.golangMigrate(engine))
    try project.sql("create table a (i int); create table b (i int)")
    try project.expectAdoption(from: "golang-migrate", table: "schema_migrations")
  }

  @Test(arguments: Engine.allCases)
  func aDirtyHistoryIsRefused(engine: Engine) throws {
    let project = try Project(engine)
    try project.sql(Self.golangMigrate(engine))
    try project.sql(
      "update schema_migrations set dirty = \(engine == .postgres ? "true" : "1")")
    let refused = try project.migrate("adopt")
    #expect(refused.status == 73)
    #expect(refused.errors.contains("schema_migrations is dirty"), "\(refused.errors)")
  }

  private static func goose(_ engine: Engine) -> String {
    let (create, yes, no) =
      switch engine {
      case .sqlite:
        (
          """
          CREATE TABLE goose_db_version (
            id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
            is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))
          """, "1", "0"
        )
      case .postgres:
        (
          """
          CREATE TABLE goose_db_version (
            id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
            is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now())
          """, "true", "false"
        )
      case .mariadb:
        (
          """
          CREATE TABLE goose_db_version (
            id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL,
            tstamp timestamp NULL default now(), PRIMARY KEY(id))
          """, "1", "0"
        )
      }
    return create + """
      ;
      INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, \(yes)), (1, \(yes)),
        (2, \(yes)), (3, \(yes)), (3, \(no));
      """
  }

  @Test(arguments: Engine.allCases)
  func whatGooseLeavesIsTakenOver(engine: Engine) throws {
    let project = try Project(engine)
    try project.sql(Self.goose(engine))
    try project.sql("create table a (i int); create table b (i int)")
    try project.expectAdoption(from: "goose", table: "goose_db_version")
  }
}
