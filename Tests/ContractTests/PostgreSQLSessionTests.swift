import AdapterCore
import AdapterRegistry
import Foundation
import TestSupport
import Testing

/// What only PostgreSQL has: sessions that read, prepared statements, notices, poolers.
@Suite(.needsServers) struct PostgreSQLSessionTests {
  private func makeTable() throws -> PostgreSQLScratch {
    let scratch = try PostgreSQLScratch()
    try scratch.open().execute("CREATE TABLE t (a integer)")
    return scratch
  }

  /// Runs statements one after another, as a script does, up to the first that fails.
  private func run(_ statements: [String], on database: any SQLDatabase) throws(AdapterError) {
    for sql in statements { try database.execute(sql, into: RowCollector()) }
  }

  @Test(arguments: [
    ["SET default_transaction_read_only = off", "INSERT INTO t VALUES (1)"],
    ["SET TRANSACTION READ WRITE", "INSERT INTO t VALUES (1)"],
    ["SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "INSERT INTO t VALUES (1)"],
    ["SELECT set_config('transaction_read_only', 'off', false)", "INSERT INTO t VALUES (1)"],
    ["BEGIN READ WRITE", "INSERT INTO t VALUES (1)", "COMMIT"],
    [
      "BEGIN", "COMMIT AND CHAIN", "SET TRANSACTION READ WRITE", "INSERT INTO t VALUES (1)",
      "COMMIT",
    ],
    ["ROLLBACK", "INSERT INTO t VALUES (1)"],
    ["COMMIT", "START TRANSACTION READ WRITE", "INSERT INTO t VALUES (1)", "COMMIT"],
    ["DO $$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO t VALUES (1); END $$"],
    ["DO $$ BEGIN COMMIT; INSERT INTO t VALUES (1); END $$"],
    ["WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM w"],
    ["EXPLAIN ANALYZE INSERT INTO t VALUES (1)"], ["SELECT a INTO u FROM t"],
    ["COPY (SELECT 1) TO PROGRAM 'true'; COPY t FROM PROGRAM 'echo 1'"],
    ["COPY t FROM PROGRAM 'echo 1'"], ["VACUUM t"], ["CREATE DATABASE nb_never"],
  ])
  func noStatementMakesAReadingSessionWrite(_ statements: [String]) throws {
    let scratch = try makeTable()
    let reader = try scratch.open(.read)
    let error = try #require(throws: AdapterError.self) { try run(statements, on: reader) }
    #expect([.failed, .usage].contains(error.kind), "\(error)")
    reader.close()
    let writer = try scratch.open()
    #expect(try writer.rows("SELECT * FROM t").isEmpty)
    #expect(try writer.schema(table: nil).tables.count == 1)
  }

  @Test func aReadingSessionHoldsNoLockBetweenStatements() throws {
    let scratch = try makeTable()
    let reader = try scratch.open(.read)
    #expect(try reader.rows("SELECT * FROM t").isEmpty)
    let writer = try scratch.open(settings: [Target.Setting(key: "lock_timeout", value: "100ms")])
    try writer.execute("DROP TABLE t")
  }

  @Test func sixteenHundredColumnsGoThrough() throws {
    let database = try PostgreSQLScratch().open()
    let columns = (1...1600).map { "c\($0) int" }.joined(separator: ", ")
    try database.execute("CREATE TABLE w (\(columns))")
    let marks = Array(repeating: "?", count: 1600).joined(separator: ", ")
    let row = (1...1600).map { Value.int(Int64($0)) }
    try database.execute("INSERT INTO w VALUES (\(marks))", row)
    #expect(try database.rows("SELECT * FROM w") == [row])
  }

  @Test func noticesReachThePerson() throws {
    let notes = Notes()
    let scratch = try PostgreSQLScratch()
    let operation = OperationContext(note: { [scratch] in
      _ = scratch
      notes.add($0)
    })
    let database = try scratch.open(operation: operation)
    try database.execute("DROP TABLE IF EXISTS nothing")
    #expect(notes.all == ["notice: table \"nothing\" does not exist, skipping"])
  }

  @Test func theSessionReadsAsIfTheRoleHadNoSettings() throws {
    let scratch = try PostgreSQLScratch()
    let name = scratch.address.path.dropFirst()
    for setting in [
      "datestyle = 'SQL, DMY'", "intervalstyle = sql_standard", "bytea_output = escape",
      "extra_float_digits = -3", "standard_conforming_strings = off",
    ] {
      try scratch.open().execute("ALTER DATABASE \"\(name)\" SET \(setting)")
    }
    let row: [Value] = [
      .text("2024-02-01"), .text("1 day"), .bytes([0x5C, 0]), .double(0.1 + 0.2), .text("\\"),
    ]
    #expect(
      try scratch.open().rows(
        "SELECT date '2024-02-01', interval '1 day', '\\x5c00'::bytea, 0.1::float8 + 0.2, '\\'")
        == [row])
  }

  @Test func aSessionSettingHoldsAndAnUnknownOneIsRefused() throws {
    let scratch = try makeTable()
    let setting = Target.Setting(key: "search_path", value: "pg_catalog")
    #expect(
      try scratch.open(settings: [setting]).rows("SHOW search_path") == [[.text("pg_catalog")]])
    let error = try #require(throws: AdapterError.self) {
      _ = try scratch.open(settings: [Target.Setting(key: "sslmod", value: "require")])
    }
    #expect(error.kind == .usage)
    #expect(error.hint == "did you mean 'sslmode'?")
  }

  @Test func behindAPoolerStatementsRunAndTheMigrationLockIsRefused() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    var address = try database.address
    address.host = "127.0.0.1:\(try TestServers.pgbouncer.port)"
    let pooled = try AdapterRegistry.openSQL(
      address, SQLOpenOptions(access: .write), OperationContext())
    try pooled.execute("CREATE TABLE t (a integer)")
    let insert = try pooled.prepare(SQLText("INSERT INTO t (a) VALUES (?)"))
    for number in 1...5 { try insert.run(with: [.int(Int64(number))]) }
    #expect(try pooled.rows("SELECT count(*) FROM t WHERE a > ?", [.int(2)]) == [[.int(3)]])
    let error = try #require(throws: AdapterError.self) {
      _ = try pooled.lockMigrations(wait: .after(.seconds(1)))
    }
    #expect(error.kind == .unavailable)
  }

  @Test(.timeLimit(.minutes(10)))
  func aConnectionThatIsCutIsATemporaryErrorThatSaysHowFarItCame() throws {
    let scratch = try makeTable()
    let (victim, killer) = (try scratch.open(), try scratch.open())
    let pid = try #require(try victim.rows("SELECT pg_backend_pid()").first?.first?.integer)
    let sink = CountingSink()
    let shared = Unchecked(killer)
    let killing = BackgroundTask {
      let killer = shared.value
      while try killer.rows(
        "SELECT 1 FROM pg_stat_activity WHERE pid = ? AND state = 'active'", [.int(pid)]
      ).isEmpty {}
      try killer.execute("SELECT pg_terminate_backend(?::int)", [.int(pid)])
    }
    let error = try #require(throws: AdapterError.self) {
      try victim.execute(
        "SELECT i, pg_sleep(CASE WHEN i = 2000 THEN 60 ELSE 0 END) FROM generate_series(1, 3000) i",
        into: sink)
    }
    try killing.finish()
    #expect(error.kind == .temporary)
    #expect(!error.isRetryable)
    #expect(throws: AdapterError.self) { try victim.ping() }
  }
}

/// Notes of an operation, in order.
private final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var notes: [String] = []

  var all: [String] { lock.withLock { notes } }

  func add(_ note: String) { lock.withLock { notes.append(note) } }
}
