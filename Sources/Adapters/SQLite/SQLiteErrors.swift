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
    if primary == SQLITE_CANTOPEN { error.kind = kindOfCannotOpen(message) }
    error.hint = hint(code, message, action)
    return error
  }

  /// What kind of error a primary result code is (https://www.sqlite.org/rescode.html).
  static func kind(of primary: Int32) -> ErrorKind {
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
      SQLITE_ABORT: "SQLITE_ABORT", SQLITE_INTERNAL: "SQLITE_INTERNAL",
      SQLITE_NOTFOUND: "SQLITE_NOTFOUND", SQLITE_PROTOCOL: "SQLITE_PROTOCOL",
      SQLITE_SCHEMA: "SQLITE_SCHEMA", SQLITE_MISUSE: "SQLITE_MISUSE",
      SQLITE_FORMAT: "SQLITE_FORMAT", SQLITE_RANGE: "SQLITE_RANGE",
    ]
    let name = primaries[code & 0xFF] ?? "SQLITE \(code & 0xFF)"
    return code > 0xFF ? "\(name) (\(code))" : name
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
