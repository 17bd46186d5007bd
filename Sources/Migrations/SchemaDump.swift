import AdapterCore

/// A schema as SQL: sorted, the same for the same schema, and loadable into an empty database.
enum SchemaDump {
  static func render(
    _ history: MigrationHistory, _ applied: [AppliedMigration]
  ) throws(AdapterError) -> String {
    var parts = try definitions(of: history.database)
    let rows = applied.filter { $0.state == .applied }
    if !rows.isEmpty {
      parts.append(history.creation + ";\n")
      parts.append(rows.map { history.dumpStatement($0) + "\n" }.joined())
    }
    return parts.joined(separator: "\n")
  }

  private static func definitions(of database: any SQLDatabase) throws(AdapterError) -> [String] {
    let own = [MigrationHistory.table, MigrationLease.table]
    if let definitions = try database.definitions(without: own) { return definitions }
    let tables = try database.schema(table: nil).tables.filter { !own.contains($0.name) }
    return database.creationStatements(of: Schema(tables: tables))
  }
}
