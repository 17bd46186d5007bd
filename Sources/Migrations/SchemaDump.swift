import AdapterCore

/// A schema as SQL: sorted, the same for the same schema, and loadable into an empty database.
enum SchemaDump {
  static func render(
    _ schema: Schema, _ history: MigrationHistory, _ applied: [AppliedMigration]
  ) -> String {
    let tables = schema.tables
      .filter { $0.name != MigrationHistory.table }
      .sorted { $0.name.description < $1.name.description }
    let relations = tables.filter { $0.kind != .view }
    // Indexes need their tables, and triggers may stand on views.
    var statements = relations.compactMap { statement(of: $0, history) }
    statements += relations.flatMap { $0.indexes.sorted { $0.name < $1.name } }.compactMap(\.sql)
    statements += tables.filter { $0.kind == .view }.compactMap(\.sql)
    statements += tables.flatMap { $0.triggers.sorted { $0.name < $1.name } }.map(\.sql)
    var parts = statements.map(terminated)
    let rows = applied.filter { $0.state == .applied }
    if !rows.isEmpty {
      parts.append(terminated(history.creation))
      parts.append(rows.map { history.dumpStatement($0) + "\n" }.joined())
    }
    return parts.joined(separator: "\n")
  }

  private static func statement(of table: Schema.Table, _ history: MigrationHistory) -> String? {
    if let sql = table.sql { return sql }
    let columns = table.columns.map { Column(name: $0.name, declaredType: $0.type) }
    return history.database.createTableStatement(
      table.name, columns: columns, primaryKey: table.primaryKey)
  }

  private static func terminated(_ statement: String) -> String {
    var text = statement[...]
    while let last = text.last, last.isWhitespace || last == ";" { text = text.dropLast() }
    // The catalog keeps what was typed; line ends are the one thing that differs unseen.
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    return lines.joined(separator: "\n") + ";\n"
  }
}
