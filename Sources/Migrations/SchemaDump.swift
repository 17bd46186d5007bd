import AdapterCore

/// A schema as SQL: sorted, the same for the same schema, and loadable into an empty database.
enum SchemaDump {
  static func render(
    _ schema: Schema, _ history: MigrationHistory, _ applied: [AppliedMigration]
  ) -> String {
    let tables = schema.tables.filter { $0.name != MigrationHistory.table }
    var parts = history.database.creationStatements(of: Schema(tables: tables))
    let rows = applied.filter { $0.state == .applied }
    if !rows.isEmpty {
      parts.append(history.creation + ";\n")
      parts.append(rows.map { history.dumpStatement($0) + "\n" }.joined())
    }
    return parts.joined(separator: "\n")
  }
}
