import AdapterCore
import CSQLite
import Platform

/// What to try next after an error.
extension SQLiteDatabase {
  func hint(_ code: Int32, _ message: String, _ action: SQLiteAction) -> String? {
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: lockHint
    case SQLITE_READONLY where access == .read: readOnlyHint(action)
    case SQLITE_READONLY: "the file or its folder cannot be written by this user"
    case SQLITE_NOTADB: "the file is not an SQLite database, or it is encrypted"
    case SQLITE_CORRUPT: "the file is damaged or cut short; restore a backup (nb db restore)"
    case SQLITE_FULL: "free some space on the disk of \(displayName)"
    case SQLITE_IOERR: "check the disk of \(displayName) and the space left on it"
    case SQLITE_CANTOPEN: cannotOpenHint(message)
    case SQLITE_AUTH: "the statement does what this connection does not allow"
    case SQLITE_TOOBIG: "SQLite stores values and statements of up to 1 GB"
    case SQLITE_NOMEM: "memory ran out; use less at a time"
    case SQLITE_CONSTRAINT: constraintHint(code >> 8)
    case SQLITE_ERROR:
      if case .statement(let sql) = action { statementHint(message, sql) } else { nil }
    default: nil
    }
  }

  private var lockHint: String {
    lockTimeout.isCallers
      ? "another process holds the lock; wait for it, or raise --lock-timeout"
      : "another process holds the lock; "
        + "raise busy_timeout (sqlite:\(displayName)?busy_timeout="
        + (lockTimeout.duration < .seconds(30) ? "30s)" : "5m)")
  }

  /// By the number of the constraint's kind (https://www.sqlite.org/rescode.html).
  private func constraintHint(_ kind: Int32) -> String {
    switch kind {
    case 3: "write the row that it refers to first, or delete those that refer to it"
    case 5: "give the column a value, or the table a default for it"
    case 6, 8, 10: "such a row is there already; insert or replace, or on conflict, say what to do"
    case 12: "give a value of the column's type, or change it with CAST"
    default: "`nb db schema \(displayName)` shows what the table demands"
    }
  }

  /// Whether a row was refused for its key: SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE or _ROWID.
  static func isKeyTaken(_ code: Int32) -> Bool {
    code & 0xFF == SQLITE_CONSTRAINT && [6, 8, 10].contains(code >> 8)
  }

  // MARK: Files

  private func readOnlyHint(_ action: SQLiteAction) -> String {
    // Opening writes nothing but the index of a write-ahead log.
    if case .opening = action { return logHint }
    return "query only reads; use exec to write"
  }

  /// What ATTACH says of a file; of the database itself it is "unable to open database file".
  private static let attaching = "unable to open database: "

  /// SQLITE_CANTOPEN by its cause.
  func kindOfCannotOpen(_ message: String) -> ErrorKind {
    if message.hasPrefix(Self.attaching) {
      let file = String(message.dropFirst(Self.attaching.count))
      return FileSystem.exists(file) ? .denied : .notFound
    }
    // sqlite3_system_errno is of the last attempt of several, such as ENOENT.
    do throws(Errno) {
      try FileSystem.checkWritable(FileSystem.parent(of: path))
      return .io
    } catch {
      return .denied
    }
  }

  private func cannotOpenHint(_ message: String) -> String {
    if message.hasPrefix(Self.attaching) {
      if kindOfCannotOpen(message) == .denied { return "this user cannot open the file" }
      return access == .read
        ? "there is no such file; check the path (query makes no new one)"
        : "there is no such file and none can be made; check the folder"
    }
    guard access == .read else { return "this user must be able to write in its folder" }
    return logHint
  }

  /// For a file that could be read: what cannot be opened is what stands beside it.
  private var logHint: String {
    let log = path + "-wal"
    let beginning = "a database in WAL mode needs a folder that can be written; "
    if let status = try? FileStatus(path: log), status.size > 0 {
      return beginning + "copy it into one, together with \(log)"
    }
    return beginning + "if nobody writes to it use sqlite:\(displayName)?immutable=1, or copy it"
  }

  // MARK: SQL

  private func statementHint(_ message: String, _ sql: SQLText) -> String? {
    if message.contains("within a transaction") {
      return "several statements run in one transaction; use --no-tx to run each on its own"
    }
    if message.hasSuffix("syntax error") { return syntaxHint(message) }
    if message == "incomplete input" {
      return "the statement ends too early; a parenthesis, a word or END may be missing"
    }
    if message.hasPrefix("unrecognized token") {
      return "text goes in single quotes, names of tables and columns in double quotes"
    }
    if let name = message.name(after: "no such table: ") { return tableHint(name) }
    if let name = message.name(after: "no such column: ") { return columnHint(name, sql) }
    if let name = message.name(after: "no column named ") { return columnHint(name, sql) }
    if let name = message.name(after: "no such function: ") {
      return suggestion(
        for: name, in: names("SELECT DISTINCT name FROM pragma_function_list ORDER BY name"))
        ?? "`nb db query :memory: 'PRAGMA function_list'` lists the functions"
    }
    return nil
  }

  /// The words that most statements have come first: among equally close ones they are meant.
  private static let usualKeywords = [
    "SELECT", "FROM", "WHERE", "INSERT", "INTO", "VALUES", "UPDATE", "SET", "DELETE", "CREATE",
    "TABLE", "JOIN", "ORDER", "GROUP", "BY", "LIMIT",
  ]

  private func syntaxHint(_ message: String) -> String {
    let elsewhere = "the mistake is at the mark or just before it"
    let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
    guard message.hasPrefix("near \""), parts.count == 3 else { return elsewhere }
    let word = String(parts[1])
    let keywords = SQLiteCatalog.keywords
    if keywords.contains(word.uppercased()) {
      return "something is missing before \(word); a name that is an SQL word goes in double quotes"
    }
    return closestMatch(to: word, in: Self.usualKeywords + keywords)
      .map { "did you mean \($0)?" } ?? elsewhere
  }

  private func tableHint(_ name: String) -> String {
    let tables = tableNamesForHint
    if tables.isEmpty { return "\(displayName) has no tables; is it the right database?" }
    return suggestion(for: name, in: tables) ?? "`nb db schema \(displayName)` lists the tables"
  }

  /// Looks among the columns of the tables that the statement names.
  private func columnHint(_ name: String, _ sql: SQLText) -> String {
    let words = Set(
      sql.text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    let tables = tableNamesForHint.filter { words.contains($0.lowercased()) }
    let columns = tables.flatMap { table in
      names("SELECT name FROM pragma_table_info(\(dialect.literal(table))) ORDER BY cid")
    }
    let isQuoted = sql.text.contains("\"\(name)\"")
    let quoting = "text goes in single quotes; double quotes are for names"
    if let guess = closestMatch(to: name, in: columns) {
      return isQuoted ? "did you mean \"\(guess)\"? \(quoting)" : "did you mean '\(guess)'?"
    }
    if isQuoted { return quoting }
    guard tables.count == 1, !columns.isEmpty, columns.count <= 12 else {
      return "`nb db schema \(displayName)` lists the columns; text goes in single quotes"
    }
    return "\(tables[0]) has \(columns.joined(separator: ", ")); text goes in single quotes"
  }

  private var tableNamesForHint: [String] {
    names(
      "SELECT name FROM pragma_table_list WHERE type <> 'shadow' AND name NOT LIKE 'sqlite_%' "
        + "ORDER BY name")
  }

  private func names(_ sql: String) -> [String] { SQLiteCatalog.names(sql, on: handle) }

  private func suggestion(for name: String, in names: [String]) -> String? {
    closestMatch(to: name, in: names).map { "did you mean '\($0)'?" }
  }
}

extension String {
  /// The name at the end, after `words`, without the schema or table in front of it.
  fileprivate func name(after words: String) -> String? {
    guard contains(words), let last = split(separator: " ").last else { return nil }
    return last.split(separator: ".").last.map(String.init)
  }
}
