import AdapterCore
import CSQLite
import Platform

/// One connection to an SQLite database.
final class SQLiteDatabase: SQLDatabase {
  let handle: OpaquePointer
  let path: String
  let access: SQLOpenOptions.Access
  let operation: OperationContext
  var lockTimeout = LockTimeout(nil, nil)
  /// Until when the lock that is waited for now may take.
  private var lockWait = Deadline.never
  private var registration: Cancellation.Registration?
  private var signalAction: SignalAction?
  private var isClosed = false
  /// Whether this connection made the file; without a commit it is taken away again.
  private var isFileNew = false
  fileprivate var hasCommitted = false
  /// Set when a write failed in a way that leaves the journal behind.
  var hasUnfinishedRollback = false

  let dialect = SQLDialect.sqlite
  let readsWhileWriting = true
  /// The path, unless the file goes by another name (the unfinished file of a backup).
  let displayName: String

  /// Takes ownership of an open handle.
  init(
    handle: OpaquePointer, path: String, displayName: String? = nil,
    access: SQLOpenOptions.Access, operation: OperationContext
  ) {
    self.handle = handle
    self.path = path
    self.displayName = displayName ?? path
    self.access = access
    self.operation = operation
    let shared = SharedHandle(pointer: handle)
    if operation.cancellation.heedsSignals {
      signalAction = SignalAction(nb_sqlite3_interrupt, UnsafeMutableRawPointer(handle))
    }
    registration = operation.cancellation.addQuickHandler { sqlite3_interrupt(shared.pointer) }
  }

  deinit { close() }

  /// Sets up a fresh connection: strict quoting, keys enforced, the settings, and a first read that
  /// shows whether the file is a database at all. A new file to which nothing is committed afterwards
  /// goes again when this closes.
  func configure(_ settings: SQLiteSettings, isFileNew: Bool) throws(AdapterError) {
    self.isFileNew = isFileNew
    // A misspelt "column" must be an error, not a string.
    nb_sqlite3_db_config_bool(handle, SQLITE_DBCONFIG_DQS_DDL, 0)
    nb_sqlite3_db_config_bool(handle, SQLITE_DBCONFIG_DQS_DML, 0)
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_busy_handler(handle, waitForLock, context)
    // sqlite3_interrupt is lost when no statement runs at that moment; this catches it.
    sqlite3_progress_handler(handle, 1_000_000, stopWhenCancelled, context)
    try run("PRAGMA foreign_keys=on", doing: .opening)
    for pragma in settings.pragmas { try apply(pragma) }
    try run("PRAGMA schema_version", doing: .opening)
    if access == .read { try run("PRAGMA query_only=on", doing: .opening) }
    if isFileNew { sqlite3_commit_hook(handle, noteCommit, context) }
  }

  private func apply(_ pragma: Target.Setting) throws(AdapterError) {
    if access == .read && SQLiteSettings.writingPragmas.contains(pragma.key) { return }
    let answer: [[Value]]
    do throws(AdapterError) {
      answer = try rows("PRAGMA \(dialect.quote(pragma.key))=\(dialect.literal(pragma.value))")
    } catch {
      var error = error
      if error.kind == .failed {
        error = pragma.error("cannot set \(pragma.key) to '\(pragma.value)': \(error.message)")
      }
      throw error
    }
    // A journal mode that cannot be had changes nothing and answers with the old one.
    if pragma.key == "journal_mode", case .text(let mode)? = answer.first?.first,
      mode != pragma.value.lowercased(), path != ":memory:"
    {
      throw pragma.error("cannot set journal_mode to '\(pragma.value)'; it is '\(mode)'")
    }
  }

  /// Runs fixed SQL without parameters or rows (sqlite3_exec).
  func run(_ sql: String, doing action: SQLiteAction? = nil) throws(AdapterError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code, doing: action ?? .statement(SQLText(sql))) }
  }

  var localFiles: [String] {
    guard path != ":memory:" else { return [] }
    // SQLite names them after the file that a link leads to.
    let resolved = FileSystem.realPath(path) ?? path
    return ["", "-wal", "-shm", "-journal"].map { resolved + $0 }
  }

  func ping() throws(AdapterError) { try run("SELECT 1 FROM sqlite_schema LIMIT 1") }

  func prepare(_ statement: SQLText) throws(AdapterError) -> any SQLStatement {
    try SQLiteStatement(statement, on: self)
  }

  func begin(_ mode: TransactionMode) throws(AdapterError) {
    try operation.cancellation.check()
    switch mode {
    case .read: try run("BEGIN")
    case .write: try run("BEGIN IMMEDIATE", doing: .other("write to \(displayName)"))
    }
  }

  func commit() throws(AdapterError) {
    // Ctrl-C ends a whole pipeline: the program that feeds nb dies, nb reads the end of its input,
    // and must not take that for the end of the data.
    try operation.cancellation.check()
    let code = sqlite3_exec(handle, "COMMIT", nil, nil, nil)
    guard code == SQLITE_OK else { throw commitError(error(code, doing: .other("commit"))) }
  }

  func rollback() {
    if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    // After a full disk or an I/O error SQLite leaves its journal to the next reader, which undoes
    // the work and gives the space back. That is done here rather than left to another process.
    if hasUnfinishedRollback {
      hasUnfinishedRollback = false
      sqlite3_exec(handle, "SELECT 1 FROM sqlite_schema LIMIT 1", nil, nil, nil)
    }
  }

  /// A transaction that read before another one wrote cannot write any more: waiting does not help.
  func mayReplay(after error: AdapterError) -> Bool {
    // SQLITE_BUSY_SNAPSHOT
    error.code == "SQLITE_BUSY (517)"
  }

  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
  var allowsConcurrentWriters: Bool { false }

  func discardIfNew() { hasCommitted = false }

  func interrupt() { sqlite3_interrupt(handle) }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if isFileNew { removeUnusedFile() }
    signalAction = nil
    if let registration { operation.cancellation.removeHandler(registration) }
    // The v2 form waits for statements that are still referenced.
    sqlite3_close_v2(handle)
  }

  /// Work that came to nothing leaves no empty database behind. The lock keeps out whoever might be
  /// about to write to it.
  private func removeUnusedFile() {
    // A commit that failed was announced as well, and left no page.
    guard !hasCommitted || isFileEmpty else { return }
    // Leaving the write-ahead log takes its two files away; it fails while others have the file open.
    // The lock begins a journal, for which a full disk has no space.
    guard sqlite3_exec(handle, "PRAGMA journal_mode=memory", nil, nil, nil) == SQLITE_OK,
      sqlite3_exec(handle, "BEGIN EXCLUSIVE", nil, nil, nil) == SQLITE_OK
    else { return }
    if isSchemaEmpty { FileSystem.remove(path) }
    sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
  }

  /// Asked of SQLite itself, because a statement of the port refuses to run once work is cancelled.
  private var isSchemaEmpty: Bool {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    let sql = "SELECT 1 FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1"
    return sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK
      && sqlite3_step(statement) == SQLITE_DONE
  }

  private var isFileEmpty: Bool {
    guard let status = try? FileStatus(path: path) else { return false }
    return status.kind == .regular && status.size == 0
  }

  func makeLoader(_ request: LoadRequest) throws(AdapterError) -> any RowLoader {
    try SQLiteLoader(request, on: self)
  }

  var foreignKeys: (any ForeignKeyEnforcement)? { SQLiteForeignKeys(self) }

  func lockMigrations(wait: Deadline) throws(AdapterError) -> any MigrationLock {
    try SQLiteMigrationLock(path: path, wait: wait, operation: operation)
  }
}

/// A connection's handle on its way to `sqlite3_interrupt`, the one call allowed from any thread.
private struct SharedHandle: @unchecked Sendable {
  let pointer: OpaquePointer
}

/// sqlite3_busy_handler: sleeps a little and says whether to try again. Unlike sqlite3_busy_timeout
/// it ends at once when the work is cancelled.
private func waitForLock(_ context: UnsafeMutableRawPointer?, _ attempts: Int32) -> Int32 {
  guard let context else { return 0 }
  let database = Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue()
  return database.keepsWaiting(attempts: Int(attempts)) ? 1 : 0
}

/// sqlite3_commit_hook: 0 lets the commit go on.
private func noteCommit(_ context: UnsafeMutableRawPointer?) -> Int32 {
  guard let context else { return 0 }
  Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue().hasCommitted = true
  return 0
}

/// sqlite3_progress_handler: non-zero ends the statement with SQLITE_INTERRUPT.
private func stopWhenCancelled(_ context: UnsafeMutableRawPointer?) -> Int32 {
  guard let context else { return 0 }
  let database = Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue()
  return database.operation.cancellation.isCancelled ? 1 : 0
}

extension SQLiteDatabase {
  /// Waits 1, 2, 4, 8 and then up to 16 ms between attempts, up to the busy timeout.
  ///
  /// Short waits of uneven length: a reader gets in only between the transactions of somebody who
  /// writes without a pause.
  fileprivate func keepsWaiting(attempts: Int) -> Bool {
    if attempts == 0 { lockWait = .after(lockTimeout.duration) }
    guard let left = lockWait.remaining, left > .zero, !operation.cancellation.isCancelled else {
      return false
    }
    let microseconds = attempts < 4 ? 1000 << attempts : Int.random(in: 4000...16_000)
    sleepFor(min(left, .microseconds(microseconds)))
    return !operation.cancellation.isCancelled
  }
}
