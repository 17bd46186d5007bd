import AdapterCore
import CSQLite

/// `PRAGMA foreign_keys`, a no-op within a transaction.
final class SQLiteForeignKeys: ForeignKeyEnforcement {
  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  func isEnforced() throws(AdapterError) -> Bool {
    try database.rows("PRAGMA foreign_keys").first?.first?.integer == 1
  }

  func setEnforced(_ isEnforced: Bool) throws(AdapterError) {
    try database.run("PRAGMA foreign_keys=\(isEnforced ? "on" : "off")")
  }

  func setting(by statement: SQLText) -> Bool? {
    guard let first = statement.text.utf8.first, first | 0x20 == UInt8(ascii: "p") else {
      return nil
    }
    // `PRAGMA main.foreign_keys = 'off'` and `PRAGMA foreign_keys(off)` are the same.
    let words = statement.text.prefix(80).lowercased()
      .split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      .filter { $0 != "main" }
    guard words.count == 3, words[0] == "pragma", words[1] == "foreign_keys" else { return nil }
    switch words[2] {
    case "on", "yes", "true", "1": return true
    default: return false
    }
  }

  func violations() throws(AdapterError) -> [String] { try violations(limit: -1) }

  /// The first violations; all where the limit is negative.
  func violations(limit: Int) throws(AdapterError) -> [String] {
    let sql = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT ?"
    return try database.rows(sql, [.int(Int64(limit))]).map { row in
      let place = row[1].integer.map { "row \($0) of " } ?? "a row of "
      return "\(place)\(row[0].string ?? "") refers to no row of \(row[2].string ?? "")"
    }
  }
}

extension SQLiteDatabase {
  /// What `AdapterError.code` is when a foreign key is broken (SQLITE_CONSTRAINT_FOREIGNKEY).
  static let foreignKeyCode = name(of: SQLITE_CONSTRAINT | (3 << 8))

  /// The error of a COMMIT with the first rows that break a deferred key, which SQLite does not name.
  func commitError(_ cause: AdapterError) -> AdapterError {
    guard cause.code == Self.foreignKeyCode else { return cause }
    let shown = 3
    let found = (try? SQLiteForeignKeys(self).violations(limit: shown + 1)) ?? []
    guard let first = found.first else { return cause }
    var error = cause
    error.message = "cannot commit: FOREIGN KEY constraint failed: \(first)"
    error.details = Array(found.dropFirst().prefix(shown - 1))
    if found.count > shown { error.details.append("and more; PRAGMA foreign_key_check lists them") }
    return error
  }

  /// The tables with a foreign key to the table of that name.
  func tables(referringTo name: String) throws(AdapterError) -> [String] {
    let sql = """
      SELECT DISTINCT l.name FROM pragma_table_list l, pragma_foreign_key_list(l.name) k
      WHERE l.schema = 'main' AND k."table" = ? COLLATE NOCASE ORDER BY l.name
      """
    return try rows(sql, [.text(name)]).compactMap { $0[0].string }
  }
}
