import AdapterCore

/// A schema as SQL: sorted, the same for the same schema, and loadable into an empty database.
enum SchemaDump {
  static func render(
    _ schema: Schema, _ history: MigrationHistory, _ applied: [AppliedMigration]
  ) -> String {
    let own = [MigrationHistory.table, MigrationLease.table]
    let tables = schema.tables.filter { !own.contains($0.name) }
    var parts = history.database.creationStatements(of: Schema(tables: tables))
    let rows = applied.filter { $0.state == .applied }
    if !rows.isEmpty {
      parts.append(history.creation + ";\n")
      parts.append(rows.map { history.dumpStatement($0) + "\n" }.joined())
    }
    return parts.joined(separator: "\n")
  }
}
