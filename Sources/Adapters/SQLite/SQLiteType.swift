import AdapterCore

/// SQLite's rules for declared types (https://www.sqlite.org/datatype3.html, section 3.1).
enum SQLiteType {
  enum Affinity {
    case integer, real, numeric, text, none
  }

  /// The affinity of a column by its declared type.
  static func affinity(ofDeclared type: String) -> Affinity {
    let type = type.uppercased()
    if type.contains("INT") { return .integer }
    if type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") { return .text }
    if type.isEmpty || type.contains("BLOB") { return .none }
    if type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") { return .real }
    return .numeric
  }

  /// What the column's values most likely are; nil for an expression.
  static func kind(ofDeclared type: String?) -> Column.Kind {
    guard let type, !type.isEmpty else { return .unknown }
    switch type.uppercased() {
    case "JSON", "JSONB": return .json
    case "BOOLEAN", "BOOL": return .boolean
    case let name where name.hasPrefix("DATE") || name.hasPrefix("TIMESTAMP"): return .timestamp
    case let name where name.hasPrefix("DECIMAL") || name.hasPrefix("NUMERIC"): return .decimal
    default: break
    }
    return switch affinity(ofDeclared: type) {
    case .integer: .integer
    case .real: .real
    case .text: .text
    case .none: type.uppercased().contains("BLOB") ? .bytes : .unknown
    case .numeric: .unknown
    }
  }

  /// The type that a new table declares for a column.
  static func declaration(for column: Column) -> String {
    let declared = column.declaredType(in: .sqlite)
    // What a STRICT table calls ANY would be NUMERIC in the new one, and turn '007' into 7.
    if declared?.uppercased() == "ANY" { return "" }
    if let type = declared, isPlain(type) { return type }
    return switch column.kind {
    case .integer: "INTEGER"
    case .real: "REAL"
    // NUMERIC would store 1.10 as 1.1 and round a long one.
    case .decimal, .text, .timestamp: "TEXT"
    case .bytes: "BLOB"
    case .json: "JSON"
    case .boolean: "BOOLEAN"
    case .unknown: ""
    }
  }

  /// Whether a declared type can be repeated in a statement as it is.
  private static func isPlain(_ type: String) -> Bool {
    type.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x28, 0x29, 0x2C, 0x5F: true
      default: false
      }
    }
  }
}
