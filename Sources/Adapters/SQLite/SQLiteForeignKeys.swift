import AdapterCore

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

  func violations() throws(AdapterError) -> [String] {
    try database.rows("PRAGMA foreign_key_check").map { row in
      let place = row[1].integer.map { "row \($0) of " } ?? "a row of "
      return "\(place)\(row[0].string ?? "") refers to no row of \(row[2].string ?? "")"
    }
  }
}
