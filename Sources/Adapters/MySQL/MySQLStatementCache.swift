import CMariaDB

/// Prepared statements that wait for the next statement of the same text.
struct MySQLStatementCache {
  private static let limit = 16
  /// Longer texts seldom come twice.
  private static let longestText = 4096

  /// The one used last at the end.
  private var entries: [(sql: String, handle: UnsafeMutablePointer<MYSQL_STMT>)] = []

  mutating func take(_ sql: String) -> UnsafeMutablePointer<MYSQL_STMT>? {
    entries.lastIndex { $0.sql == sql }.map { entries.remove(at: $0).handle }
  }

  mutating func put(_ handle: UnsafeMutablePointer<MYSQL_STMT>, for sql: String) -> Bool {
    guard sql.utf8.count <= Self.longestText else { return false }
    if entries.count == Self.limit { mysql_stmt_close(entries.removeFirst().handle) }
    entries.append((sql, handle))
    return true
  }

  /// Closes those that give rows: what they say of their columns may be wrong.
  mutating func removeQueries() {
    entries.removeAll { entry in
      guard mysql_stmt_field_count(entry.handle) > 0 else { return false }
      mysql_stmt_close(entry.handle)
      return true
    }
  }

  /// Closes them all (mysql_stmt_close).
  mutating func removeAll() {
    for (_, handle) in entries { mysql_stmt_close(handle) }
    entries = []
  }
}
