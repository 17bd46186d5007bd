import AdapterCore
import Platform

extension MySQLDatabase {
  func definitions(without tables: [TableName]) throws(AdapterError) -> [String]? {
    try requireDatabase()
    var statements: [String] = []
    let broken = try MySQLDefinitions.brokenViews(of: self)
    for view in broken {
      statements.append("-- not carried: the view \(view), which refers to what is not there\n")
    }
    let sequences = try MySQLDumpTable.all(of: self).filter(\.isSequence)
    for sequence in sequences {
      let row = try rows("SHOW CREATE SEQUENCE \(sequence.quoted)").first
      statements.append((row?[1].string ?? "") + ";\n")
    }
    let left = tables.map(\.name) + sequences.map(\.name)
    var found = try schema(table: nil).tables.filter { table in
      table.kind == .table && !left.contains(table.name.name)
    }
    for index in found.indices { found[index].triggers = [] }
    statements += creationStatements(of: Schema(tables: found))
    let definitions = MySQLDefinitions(self, leavingOut: broken)
    var settings = ""
    for part in MySQLDefinitions.Part.allCases {
      for definition in try definitions.read(part) {
        if definition.settings != settings {
          settings = definition.settings
          statements.append("SET \(settings);\n")
        }
        var definition = definition
        definition.sql = Self.withoutDefiner(definition.sql)
        statements.append(definition.script)
      }
    }
    if !settings.isEmpty {
      statements.append(
        "SET sql_mode = DEFAULT, collation_connection = DEFAULT, time_zone = DEFAULT;\n")
    }
    return statements
  }

  /// Drops ``DEFINER=`user`@`host` `` from a CREATE: the user need not exist elsewhere.
  static func withoutDefiner(_ sql: String) -> String {
    guard let start = sql.firstRange(of: "DEFINER=") else { return sql }
    // In a text or behind a name it is no clause.
    guard !sql[..<start.lowerBound].contains(where: { "`'\"(".contains($0) }) else { return sql }
    var rest = sql[start.upperBound...]
    dropName(from: &rest)
    if rest.first == "@" {
      rest = rest.dropFirst()
      dropName(from: &rest)
    }
    return String(sql[..<start.lowerBound]) + rest.drop { $0 == " " }
  }

  /// Drops a name in backticks, or in double quotes as the definition's `sql_mode` has it; in a name
  /// its quotes are doubled.
  private static func dropName(from text: inout Substring) {
    guard let quote = text.first, quote == "`" || quote == "\"" else { return }
    while text.first == quote {
      text = text.dropFirst().drop { $0 != quote }.dropFirst()
    }
  }
}
