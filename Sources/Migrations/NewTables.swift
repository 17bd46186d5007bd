import AdapterCore
import Platform

/// Tells migrations that only make new tables, and indexes on those, by their words: what is not plain
/// to see is none.
struct NewTables {
  private let dialect: SQLDialect
  private var names: Set<String> = []

  init(_ dialect: SQLDialect) { self.dialect = dialect }

  /// Whether a unit, behind those that were taken before, locks nothing that others could use.
  mutating func takes(_ unit: MigrationUnit) -> Bool {
    unit.steps.allSatisfy { step in step.statements.allSatisfy { takes($0) } }
  }

  private mutating func takes(_ statement: SQLText) -> Bool {
    // A quoted name, or one with its schema, could be any.
    guard !statement.text.contains("\""), !statement.text.contains(".") else { return false }
    let words = statement.words(dialect)
    guard words.count > 2, words[0] == "CREATE" else { return false }
    switch words[1] {
    case "TABLE":
      // A key locks the table that it refers to; one that may exist is not new.
      let others = ["IF", "REFERENCES", "INHERITS", "OF", "AS", "SELECT", "LIKE"]
      guard !words.contains(where: others.contains) else { return false }
      names.insert(words[2])
      return true
    case "INDEX", "UNIQUE":
      guard let on = words.firstIndex(of: "ON"), on + 1 < words.count else { return false }
      return names.contains(words[on + 1])
    case "TYPE", "SEQUENCE", "DOMAIN": return true
    default: return false
    }
  }
}
