import AdapterCore
import Foundation
import TestSupport
import Testing

@testable import SQLite

/// Backup and restore of SQLite's journal modes, page sizes and header fields.
@Suite struct SQLiteBackupTests {
  private func open(
    _ path: String, _ access: SQLOpenOptions.Access = .create, _ pragmas: [(String, String)] = []
  ) throws -> any SQLDatabase {
    try SQLiteAdapter.open(
      Target.Address(
        scheme: "sqlite", path: path,
        settings: pragmas.map { Target.Setting(key: $0.0, value: $0.1) }),
      SQLOpenOptions(access: access), OperationContext())
  }

  private func fill(_ database: any SQLDatabase, rows: Int = 3000) throws {
    try database.execute("CREATE TABLE t (x TEXT)")
    try database.execute(
      """
      INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      SELECT printf('row %d', i) FROM n
      """, [.int(Int64(rows))])
  }

  private func backUp(_ database: any SQLDatabase, _ path: String) throws {
    try database.require(database.backup, "backup")
      .backUp(to: path, overwrite: false, progress: { _ in })
  }

  private func restore(_ path: String, _ database: any SQLDatabase) throws {
    _ = try database.require(database.backup, "backup")
      .restore(from: path, confirm: { _ in true }, progress: { _ in })
  }

  private func pragma(_ name: String, _ database: any SQLDatabase) throws -> Value? {
    try database.rows("PRAGMA \(name)").first?.first
  }

  @Test(arguments: ["delete", "wal", "truncate"])
  func aCopyKeepsTheHeaderAndIsASingleFile(_ mode: String) throws {
    let folder = try TemporaryDirectory()
    let source = try open(
      folder.file("a.db"), .create, [("page_size", "1024"), ("journal_mode", mode)])
    try fill(source)
    try source.execute("PRAGMA user_version = 42")
    try source.execute("PRAGMA application_id = 4711")
    try source.execute("DELETE FROM t WHERE rowid % 3 = 0")
    try FileManager.default.createDirectory(
      atPath: folder.file("copies"), withIntermediateDirectories: false)
    try backUp(source, folder.file("copies/b.db"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("copies")) == ["b.db"])
    let copy = try open(folder.file("copies/b.db"), .read)
    #expect(try pragma("user_version", copy) == .int(42))
    #expect(try pragma("application_id", copy) == .int(4711))
    #expect(try pragma("page_size", copy) == .int(1024))
    #expect(try pragma("journal_mode", copy) == .text("delete"))
    let query = "SELECT rowid, x FROM t"
    #expect(try copy.rows(query) == source.rows(query))
    #expect(try pragma("journal_mode", source) == .text(mode))
  }

  @Test(arguments: ["delete", "wal"], ["delete", "wal"])
  func aRestoreKeepsTheJournalModeWhateverThePageSize(
    _ sourceMode: String, _ targetMode: String
  ) throws {
    let folder = try TemporaryDirectory()
    let source = try open(
      folder.file("a.db"), .create, [("page_size", "8192"), ("journal_mode", sourceMode)])
    try fill(source)
    let target = try open(
      folder.file("b.db"), .create, [("page_size", "1024"), ("journal_mode", targetMode)])
    try target.execute("CREATE TABLE other (x)")
    // Straight from a database that others have open, not from a backup.
    try restore(folder.file("a.db"), target)
    #expect(try pragma("journal_mode", target) == .text(targetMode))
    #expect(try target.rows("SELECT count(*) FROM t") == [[.int(3000)]])
    target.close()
    let again = try open(folder.file("b.db"), .read)
    #expect(try pragma("journal_mode", again) == .text(targetMode))
    #expect(try pragma("integrity_check", again) == .text("ok"))
    #expect(try again.rows("SELECT count(*) FROM t") == [[.int(3000)]])
  }

  @Test func aReaderInTheMiddleOfARestoreKeepsItsView() throws {
    let folder = try TemporaryDirectory()
    let source = try open(folder.file("a.db"))
    try fill(source)
    let target = try open(folder.file("b.db"), .create, [("journal_mode", "wal")])
    try fill(target, rows: 5)
    let reader = try open(folder.file("b.db"), .read)
    try reader.begin(.read)
    #expect(try reader.rows("SELECT count(*) FROM t") == [[.int(5)]])
    try restore(folder.file("a.db"), target)
    #expect(try reader.rows("SELECT count(*) FROM t") == [[.int(5)]])
    try reader.commit()
    #expect(try reader.rows("SELECT count(*) FROM t") == [[.int(3000)]])
  }

  @Test func aLockedDatabaseIsNotRestoredInto() throws {
    let folder = try TemporaryDirectory()
    try fill(try open(folder.file("a.db")))
    let holder = try open(folder.file("b.db"))
    try fill(holder, rows: 5)
    try holder.begin(.read)
    #expect(try holder.rows("SELECT count(*) FROM t") == [[.int(5)]])
    let target = try open(folder.file("b.db"), .write, [("busy_timeout", "100")])
    let error = try #require(throws: AdapterError.self) { try restore(folder.file("a.db"), target) }
    #expect(error.kind == .temporary)
    try holder.commit()
    try restore(folder.file("a.db"), target)
    #expect(try holder.rows("SELECT count(*) FROM t") == [[.int(3000)]])
  }

  @Test func neitherCopiesAFileOntoItself() throws {
    let folder = try TemporaryDirectory()
    let database = try open(folder.file("a.db"))
    try fill(database)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.db"), withDestinationPath: "a.db")
    for name in ["a.db", "link.db", "./a.db"] {
      let path = folder.path + "/" + name
      let out = try #require(throws: AdapterError.self) {
        try database.require(database.backup, "backup")
          .backUp(to: path, overwrite: true, progress: { _ in })
      }
      #expect(out.kind == .usage)
      let back = try #require(throws: AdapterError.self) { try restore(path, database) }
      #expect(back.kind == .usage)
    }
    #expect(try database.rows("SELECT count(*) FROM t") == [[.int(3000)]])
  }

  @Test func aFileThatIsAnOpenDatabaseIsNotOverwritten() throws {
    let folder = try TemporaryDirectory()
    let live = try open(folder.file("live.db"), .create, [("journal_mode", "wal")])
    try fill(live, rows: 5)
    let source = try open(folder.file("a.db"))
    let error = try #require(throws: AdapterError.self) {
      try source.require(source.backup, "backup")
        .backUp(to: folder.file("live.db"), overwrite: true, progress: { _ in })
    }
    #expect(error.kind == .conflict)
    #expect(error.hint?.contains("restore") == true)
    #expect(try live.rows("SELECT count(*) FROM t") == [[.int(5)]])
  }

  @Test func aDamagedSourceIsNotBackedUp() throws {
    let folder = try TemporaryDirectory()
    let path = folder.file("a.db")
    let database = try open(path)
    try fill(database)
    database.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.replaceSubrange(8192..<12288, with: Data(repeating: 0x5A, count: 4096))
    try bytes.write(to: URL(fileURLWithPath: path))
    let error = try #require(throws: AdapterError.self) {
      try backUp(try open(path, .read), folder.file("copy.db"))
    }
    #expect(error.kind == .data)
    #expect(error.message.contains("a.db"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.db"])
  }

  @Test func rowsThatBreakAConstraintAreBackedUpWithANote() throws {
    let folder = try TemporaryDirectory()
    let notes = Notes()
    let database = try SQLiteAdapter.open(
      Target.Address(
        scheme: "sqlite", path: folder.file("a.db"),
        settings: [
          Target.Setting(key: "foreign_keys", value: "off"),
          Target.Setting(key: "ignore_check_constraints", value: "on"),
        ]),
      SQLOpenOptions(access: .create), OperationContext(note: { notes.add($0) }))
    try database.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0))")
    try database.execute("CREATE TABLE c (p INTEGER REFERENCES p (id))")
    try database.execute("INSERT INTO p VALUES (1, -1)")
    try database.execute("INSERT INTO c VALUES (99)")
    try backUp(database, folder.file("copy.db"))
    #expect(notes.lines.contains { $0.contains("CHECK constraint failed in p") })
    #expect(notes.lines.contains { $0.contains("1 rows of c refer to missing rows") })
    #expect(try open(folder.file("copy.db"), .read).rows("SELECT n FROM p") == [[.int(-1)]])
  }

  @Test func aDatabaseThatIsStillEmptyIsBackedUpToo() throws {
    let folder = try TemporaryDirectory()
    try backUp(try open(folder.file("a.db")), folder.file("copy.db"))
    #expect(try open(folder.file("copy.db"), .read).schema(table: nil).tables.isEmpty)
  }
}

/// Notes that an operation printed.
private final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var list: [String] = []

  var lines: [String] { lock.withLock { list } }

  func add(_ line: String) { lock.withLock { list.append(line) } }
}
