extension SQLDatabase {
  /// The statements that create a schema, each ending in `;` and a newline, in an order in which they
  /// run: tables by name, but after those that their keys refer to, indexes, views, triggers. The same
  /// for the same schema.
  public func creationStatements(of schema: Schema) -> [String] {
    let tables = schema.tables.sorted { $0.name.description < $1.name.description }
    let views = tables.filter { $0.kind == .view || $0.kind == .materializedView }
    let relations = inOrderOfKeys(tables.filter { $0.kind == .table || $0.kind == .virtual })
    var statements = relations.map { table in
      table.sql
        ?? createTableStatement(
          table.name, columns: table.columns.map { Column(name: $0.name, declaredType: $0.type) },
          primaryKey: table.primaryKey)
    }
    // Indexes need their tables, and triggers may stand on views.
    statements += relations.flatMap { $0.indexes.sorted { $0.name < $1.name } }.compactMap(\.sql)
    statements += views.compactMap(\.sql)
    statements += views.flatMap { $0.indexes.sorted { $0.name < $1.name } }.compactMap(\.sql)
    statements += tables.flatMap { $0.triggers.sorted { $0.name < $1.name } }.map(\.sql)
    return statements.map(terminatedStatement)
  }
}

/// A catalog keeps what was typed; line ends are the one thing that differs unseen.
private func terminatedStatement(_ statement: String) -> String {
  var text = statement[...]
  while let last = text.last, last.isWhitespace || last == ";" { text = text.dropLast() }
  let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
  return lines.joined(separator: "\n") + ";\n"
}

/// The tables with those before it that a table's foreign keys refer to, otherwise in the order given.
private func inOrderOfKeys(_ tables: [Schema.Table]) -> [Schema.Table] {
  var ordered: [Schema.Table] = []
  var visited: Set<String> = []
  func visit(_ table: Schema.Table) {
    guard visited.insert(table.name.description).inserted else { return }
    for key in table.foreignKeys {
      if let referenced = tables.first(where: { $0.name.description == key.referencedTable }) {
        visit(referenced)
      }
    }
    ordered.append(table)
  }
  for table in tables { visit(table) }
  return ordered
}
