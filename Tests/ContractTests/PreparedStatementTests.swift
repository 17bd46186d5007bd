import AdapterCore
import AdapterRegistry
import TestSupport
import Testing

/// Statements of one text are prepared once on a connection, and few are kept.
@Suite(.needsServers) struct PreparedStatementTests {
  private func open(_ database: TestDatabase) throws -> any SQLDatabase {
    try AdapterRegistry.openSQL(
      database.address, SQLOpenOptions(access: .write), OperationContext())
  }

  private let prepared = "SELECT count(*) FROM pg_prepared_statements"

  @Test func onPostgreSQLEqualTextsShareAStatement() throws {
    let scratch = try TestDatabase(on: TestServers.postgres)
    defer { withExtendedLifetime(scratch) {} }
    let database = try open(scratch)
    try database.execute("CREATE TABLE t (a integer)")
    for number: Int64 in 1...20 { try database.execute("INSERT INTO t VALUES (?)", [.int(number)]) }
    #expect(try database.rows(prepared) == [[.int(1)]])
    // The kinds of values alternate.
    for number: Int64 in 1...20 {
      let value: Value = number % 3 == 0 ? .null : number % 3 == 1 ? .int(1) : .text("2")
      try database.execute("INSERT INTO t VALUES (?)", [value])
    }
    #expect(
      try database.rows("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INS%'")
        .first?.first?.integer ?? 9 <= 3)
    #expect(try database.rows("SELECT count(*) FROM t") == [[.int(40)]])
  }

  @Test func onPostgreSQLOldStatementsAreGivenUpWithinATransactionToo() throws {
    let scratch = try TestDatabase(on: TestServers.postgres)
    defer { withExtendedLifetime(scratch) {} }
    let database = try open(scratch)
    try database.begin(.write)
    for number in 1...100 {
      for _ in 1...2 { _ = try database.rows("SELECT \(number) + ?::int", [.int(1)]) }
    }
    try database.commit()
    try database.begin(.write)
    #expect(try database.rows(prepared).first?.first?.integer ?? 99 <= 32)
    try database.commit()
  }

  @Test func aStatementIsAskedForAnewAfterTheTableChanged() throws {
    for server in [try TestServers.postgres, try TestServers.mariadb] {
      let scratch = try TestDatabase(on: server)
      defer { withExtendedLifetime(scratch) {} }
      let database = try open(scratch)
      try database.execute("CREATE TABLE t (a integer)")
      for _ in 1...3 { try database.execute("INSERT INTO t VALUES (?)", [.int(1)]) }
      try database.execute(
        "ALTER TABLE t ALTER COLUMN a \(server.kind == .postgres ? "TYPE text" : "SET DEFAULT 7")")
      if server.kind == .mariadb { try database.execute("ALTER TABLE t MODIFY a text") }
      for _ in 1...3 { try database.execute("INSERT INTO t VALUES (?)", [.text("x")]) }
      let rows = try database.rows("SELECT a FROM t WHERE a <> ? ORDER BY a", [.text("y")])
      #expect(rows.map(\.first) == ["1", "1", "1", "x", "x", "x"].map { .text($0) })
      try database.execute("ALTER TABLE t ADD COLUMN b integer DEFAULT 5")
      #expect(
        try database.rows("SELECT * FROM t WHERE a = ?", [.text("x")]).map(\.count) == [2, 2, 2])
    }
  }

  @Test func onMariaDBEqualTextsShareAStatement() throws {
    let scratch = try TestDatabase(on: TestServers.mariadb)
    defer { withExtendedLifetime(scratch) {} }
    let database = try open(scratch)
    try database.execute("CREATE TABLE t (a integer, b text)")
    func count() throws -> Int {
      let row = try database.rows("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").first
      return Int(row?.last?.string ?? "") ?? -1
    }
    let before = try count()
    for number: Int64 in 1...50 {
      try database.execute("INSERT INTO t VALUES (?, ?)", [.int(number), .text("x")])
      _ = try database.rows("SELECT a FROM t WHERE a = ?", [.int(number)])
    }
    #expect(try count() - before == 2)
    #expect(try database.rows("SELECT count(*), sum(a) FROM t").first?.first == .int(50))
    // A run that was left in the middle of its rows is not used again.
    #expect(throws: AdapterError.self) {
      try database.execute("SELECT a FROM t WHERE a > ?", [.int(0)], into: StoppingSink())
    }
    #expect(try database.rows("SELECT a FROM t WHERE a > ?", [.int(48)]).count == 2)
  }
}

/// Fails at the first row.
private final class StoppingSink: RowSink {
  func begin(columns: [Column]) {}
  func null() {}
  func bool(_ value: Bool) {}
  func int(_ value: Int64) {}
  func double(_ value: Double) {}
  func decimal(_ digits: BorrowedBytes) {}
  func text(_ utf8: BorrowedBytes) {}
  func bytes(_ value: BorrowedBytes) {}
  func json(_ document: BorrowedBytes) {}
  func endRow() throws(AdapterError) { throw AdapterError(.failed, "enough") }
  func finish() {}
}
