import AdapterCore
import CSQLite
import Foundation
import TestSupport
import Testing

@testable import SQLite

/// SQLite's result codes as kinds of errors, each provoked as it comes about.
@Suite struct SQLiteErrorTests {
  private let directory: TemporaryDirectory
  private let database: SQLiteDatabase

  init() throws {
    directory = try TemporaryDirectory()
    database = try Self.open(directory.file("test.db"), .create)
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, CHECK (a < 10))")
    try database.execute("INSERT INTO t VALUES (1, 'x')")
  }

  private static func open(
    _ path: String, _ access: SQLOpenOptions.Access, _ settings: [String: String] = [:]
  ) throws -> SQLiteDatabase {
    let address = Target.Address(
      scheme: "sqlite", path: path,
      settings: settings.map { Target.Setting(key: $0.key, value: $0.value) })
    return try SQLiteAdapter.openConnection(
      address, SQLOpenOptions(access: access), OperationContext())
  }

  private func failure(_ body: () throws -> Void) throws -> AdapterError {
    try #require(throws: AdapterError.self) { try body() }
  }

  @Test(arguments: [
    ("INSERT INTO t VALUES (1, 'y')", "SQLITE_CONSTRAINT"),
    ("INSERT INTO t VALUES (2, NULL)", "SQLITE_CONSTRAINT"),
    ("INSERT INTO t VALUES (11, 'y')", "SQLITE_CONSTRAINT"), ("SELEC", "SQLITE_ERROR"),
    ("SELECT nope FROM t", "SQLITE_ERROR"), ("SELECT abs(-9223372036854775808)", "SQLITE_ERROR"),
  ])
  func whatTheStatementDoesWrongIsFailed(_ sql: String, _ code: String) throws {
    let error = try failure { try database.execute(sql) }
    #expect(error.kind == .failed)
    #expect(error.code?.hasPrefix(code) == true, "\(error)")
    #expect(!error.isRetryable)
  }

  @Test func aValueThatDoesNotFitIsData() throws {
    let error = try failure { try database.execute("INSERT INTO t VALUES ('x', 'y')") }
    #expect(error.kind == .data)
    #expect(error.code == "SQLITE_MISMATCH")
  }

  @Test func aValueThatIsTooLongIsData() throws {
    sqlite3_limit(database.handle, SQLITE_LIMIT_LENGTH, 1000)
    let error = try failure { try database.execute("SELECT length(zeroblob(2000))") }
    #expect(error.kind == .data)
    #expect(error.code == "SQLITE_TOOBIG")
    #expect(error.hint != nil)
  }

  @Test func aLockOfAnotherConnectionIsTemporary() throws {
    let other = try Self.open(directory.file("test.db"), .write, ["busy_timeout": "20"])
    try database.begin(.write)
    let error = try failure { try other.begin(.write) }
    #expect(error.kind == .temporary)
    #expect(error.code == "SQLITE_BUSY")
    #expect(error.isRetryable)
  }

  @Test func aTableInUseOnTheSameConnectionIsTemporary() throws {
    let sink = ActingSink { [database] () throws(AdapterError) in
      try database.execute("DROP TABLE t")
    }
    let error = try failure { try database.execute("SELECT * FROM t", into: sink) }
    #expect(error.kind == .temporary)
    #expect(error.code?.hasPrefix("SQLITE_LOCKED") == true)
  }

  /// Closing any descriptor of a file drops the locks that the process has on it.
  @Test func anotherConnectionLeavesTheLocksOfTheFirst() throws {
    try database.begin(.write)
    let second = try Self.open(directory.file("test.db"), .read)
    second.close()
    let other = try NB.run(
      [
        "db", "exec", "sqlite:\(directory.file("test.db"))?busy_timeout=20ms",
        "INSERT INTO t VALUES (2, 'y')",
      ], in: directory)
    #expect(other.status == 75, "\(other.errors)")
    database.rollback()
  }

  @Test func aPipeIsNoDatabase() throws {
    let path = directory.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let error = try failure { _ = try Self.open(path, .read) }
    #expect(error.kind == .data)
    #expect(error.message.contains("pipe"))
  }

  @Test func aLogThatCannotBeMadeIsNoWriteOfTheQuery() throws {
    let reader = try Self.open(directory.file("test.db"), .read)
    let error = reader.error(SQLITE_READONLY | (5 << 8), doing: .opening)
    #expect(error.kind == .denied)
    #expect(error.hint?.contains("WAL") == true, "\(error)")
  }

  @Test func aWriteOnAReadOnlyConnectionIsDenied() throws {
    let reader = try Self.open(directory.file("test.db"), .read)
    let error = try failure { try reader.run("DELETE FROM t") }
    #expect(error.kind == .denied)
    #expect(error.code?.hasPrefix("SQLITE_READONLY") == true)
    #expect(error.hint?.contains("exec") == true)
  }

  @Test func aFullDatabaseIsIO() throws {
    try database.execute("PRAGMA max_page_count = 3")
    let error = try failure {
      try database.execute("CREATE TABLE big AS SELECT randomblob(100000) AS x")
    }
    #expect(error.kind == .io)
    #expect(error.code == "SQLITE_FULL")
    #expect(error.hint != nil)
  }

  @Test func aFileThatIsNoDatabaseIsData() throws {
    try directory.write(String(repeating: "no database\n", count: 100), to: "text")
    let error = try failure { _ = try Self.open(directory.file("text"), .read) }
    #expect(error.kind == .data)
    #expect(error.code == "SQLITE_NOTADB")
  }

  @Test func aDamagedPageIsData() throws {
    try database.execute(
      """
      CREATE TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
      WHERE i < 5000) SELECT i, hex(randomblob(50)) AS x FROM n
      """)
    database.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: directory.file("test.db")))
    for index in bytes.indices.dropFirst(4096 * 3) { bytes[index] = 0x5A }
    try directory.write(bytes, to: "test.db")
    let damaged = try Self.open(directory.file("test.db"), .read)
    let error = try failure { try damaged.execute("SELECT sum(length(x)) FROM n") }
    #expect(error.kind == .data)
    #expect(error.code?.hasPrefix("SQLITE_CORRUPT") == true)
  }

  @Test func anInterruptWithoutACauseIsCancelled() throws {
    let sink = ActingSink { [database] in database.interrupt() }
    let error = try failure { try database.execute("SELECT * FROM t, t AS u, t AS v", into: sink) }
    #expect(error.kind == .cancelled)
  }

  /// The codes that cannot be provoked on every machine.
  @Test(arguments: [
    (SQLITE_PERM, ErrorKind.denied), (SQLITE_AUTH, .denied), (SQLITE_READONLY, .denied),
    (SQLITE_IOERR, .io), (SQLITE_NOMEM, .io), (SQLITE_FULL, .io), (SQLITE_PROTOCOL, .temporary),
    (SQLITE_MISUSE, .bug), (SQLITE_RANGE, .bug), (SQLITE_INTERNAL, .bug),
    (SQLITE_SCHEMA, .failed), (SQLITE_ABORT, .failed), (SQLITE_CONSTRAINT, .failed),
    (SQLITE_FORMAT, .data), (SQLITE_NOTADB, .data),
    (SQLITE_CORRUPT, .data), (SQLITE_CANTOPEN, .io), (SQLITE_INTERRUPT, .cancelled),
  ])
  func everyCodeHasItsKind(_ code: Int32, _ kind: ErrorKind) {
    #expect(SQLiteDatabase.kind(of: code) == kind)
    let name = SQLiteDatabase.name(of: code)
    #expect(name.hasPrefix("SQLITE_"))
    #expect(SQLiteDatabase.name(of: code | 512) == "\(name) (\(code | 512))")
  }
}

/// Does something after the first row.
private final class ActingSink: RowSink {
  private let action: () throws(AdapterError) -> Void

  init(_ action: @escaping () throws(AdapterError) -> Void) { self.action = action }

  func begin(columns: [Column]) {}
  func null() {}
  func bool(_ value: Bool) {}
  func int(_ value: Int64) {}
  func double(_ value: Double) {}
  func decimal(_ digits: BorrowedBytes) {}
  func text(_ utf8: BorrowedBytes) {}
  func bytes(_ value: BorrowedBytes) {}
  func json(_ document: BorrowedBytes) {}
  func endRow() throws(AdapterError) { try action() }
  func finish() {}
}
