import AdapterCore
import CSQLite

/// What was being done when SQLite gave an error; decides the words of the message.
enum SQLiteAction {
  case opening
  /// A statement, with its text and origin.
  case statement(SQLText)
  case other(String)
}

extension SQLiteDatabase {
  /// The error for a result code of the last call on this connection (sqlite3_errmsg,
  /// sqlite3_error_offset).
  ///
  /// SQLite's messages name tables, columns and tokens of the statement, never a bound value.
  func error(_ code: Int32, doing action: SQLiteAction) -> AdapterError {
    let primary = code & 0xFF
    if primary == SQLITE_FULL || primary == SQLITE_IOERR { hasUnfinishedRollback = true }
    // BUSY too: the wait for a lock ends when the work is cancelled.
    if primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY,
      let error = operation.cancellation.error
    {
      return error
    }
    let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "unknown error"
    var error = AdapterError(
      Self.kind(of: primary), message, code: Self.name(of: code),
      isRetryable: primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    switch action {
    case .opening: error.message = "cannot open \(displayName): \(message)"
    case .other(let work): error.message = "cannot \(work): \(message)"
    case .statement(let sql): addPosition(of: sql, to: &error)
    }
    error.hint = hint(primary, code, message)
    return error
  }

  private static func kind(of primary: Int32) -> ErrorKind {
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED: .temporary
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .denied
    case SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_FORMAT: .data
    case SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM: .io
    case SQLITE_NOTFOUND: .notFound
    case SQLITE_PROTOCOL: .temporary
    case SQLITE_MISUSE, SQLITE_INTERNAL, SQLITE_RANGE: .bug
    case SQLITE_INTERRUPT: .cancelled
    default: .failed
    }
  }

  /// The constant's name for the codes that people look up; the number for the rest.
  static func name(of code: Int32) -> String {
    let primaries: [Int32: String] = [
      SQLITE_ERROR: "SQLITE_ERROR", SQLITE_PERM: "SQLITE_PERM", SQLITE_BUSY: "SQLITE_BUSY",
      SQLITE_LOCKED: "SQLITE_LOCKED", SQLITE_NOMEM: "SQLITE_NOMEM",
      SQLITE_READONLY: "SQLITE_READONLY", SQLITE_INTERRUPT: "SQLITE_INTERRUPT",
      SQLITE_IOERR: "SQLITE_IOERR", SQLITE_CORRUPT: "SQLITE_CORRUPT", SQLITE_FULL: "SQLITE_FULL",
      SQLITE_CANTOPEN: "SQLITE_CANTOPEN", SQLITE_TOOBIG: "SQLITE_TOOBIG",
      SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT", SQLITE_MISMATCH: "SQLITE_MISMATCH",
      SQLITE_NOTADB: "SQLITE_NOTADB", SQLITE_AUTH: "SQLITE_AUTH",
    ]
    let name = primaries[code & 0xFF] ?? "SQLITE \(code & 0xFF)"
    return code > 0xFF ? "\(name) (\(code))" : name
  }

  private func hint(_ primary: Int32, _ code: Int32, _ message: String) -> String? {
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED:
      "another process holds the lock; raise busy_timeout (sqlite:\(displayName)?busy_timeout=30s)"
    case SQLITE_READONLY where access == .read:
      "query only reads; use exec to write"
    case SQLITE_READONLY:
      "the file or its folder cannot be written by this user"
    case SQLITE_NOTADB:
      "the file is not an SQLite database, or it is encrypted"
    case SQLITE_CORRUPT:
      "the file is damaged or cut short; restore a backup (nb db restore)"
    case SQLITE_FULL:
      "free some space on the disk of \(displayName)"
    case SQLITE_CANTOPEN where access == .read:
      "a database in WAL mode needs a writable folder; for one that nobody writes use "
        + "sqlite:\(displayName)?immutable=1"
    case SQLITE_ERROR
    where message.contains("within a transaction")
      || message.contains("from within a transaction"):
      "several statements run in one transaction; use --no-tx to run each on its own"
    case SQLITE_ERROR where message.hasPrefix("no such table"):
      "nb db schema lists the tables"
    case SQLITE_ERROR where message.hasPrefix("no such column"):
      "text goes in single quotes; double quotes are for names"
    default: nil
    }
  }

  /// Turns SQLite's byte offset into line and column, and shows the line with a marker.
  private func addPosition(of sql: SQLText, to error: inout AdapterError) {
    let offset = Int(sqlite3_error_offset(handle))
    guard offset >= 0, offset <= sql.text.utf8.count else {
      error.position = sql.position
      return
    }
    let located = sql.locate(byteOffset: offset)
    error.position = located.position
    error.details += located.excerpt
  }
}

extension AdapterError {
  /// Whether the file needs a rollback or recovery that a reader may not do (SQLITE_READONLY_ROLLBACK,
  /// SQLITE_READONLY_RECOVERY).
  var leavesRecoveryToWriter: Bool {
    code == SQLiteDatabase.name(of: SQLITE_READONLY | (3 << 8))
      || code == SQLiteDatabase.name(of: SQLITE_READONLY | (1 << 8))
  }
}
