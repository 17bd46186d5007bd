import AdapterCore

/// The catalog, read through SQLite's PRAGMA functions.
extension SQLiteDatabase {
  func schema(table name: String?) throws(AdapterError) -> Schema {
    var schema = Schema()
    for entry in try catalogEntries(named: name) { schema.tables.append(try table(entry)) }
    if let name, schema.tables.isEmpty { throw noSuchTable(name) }
    return schema
  }

  private struct CatalogEntry {
    var schema: String
    var name: String
    var kind: Schema.Table.Kind
    var sql: String?
  }

  /// Tables and views by name, without SQLite's own and without the shadow tables of virtual ones.
  private func catalogEntries(named name: String?) throws(AdapterError) -> [CatalogEntry] {
    let parts = splitName(name)
    let filter = parts.map {
      "WHERE l.schema = ? AND l.name = \(dialect.literal($0.name)) COLLATE NOCASE"
    }
    let sql = """
      SELECT l.schema, l.name, l.type, s.sql FROM pragma_table_list l
      LEFT JOIN \(dialect.quote(parts?.schema ?? "main")).sqlite_schema s ON s.name = l.name
      \(filter ?? "WHERE l.schema = ?") AND l.type IN ('table', 'view', 'virtual')
        AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      ORDER BY l.name
      """
    var entries: [CatalogEntry] = []
    for row in try rows(sql, [.text(parts?.schema ?? "main")]) {
      guard let schemaName = row[0].string, let tableName = row[1].string else { continue }
      entries.append(
        CatalogEntry(
          schema: schemaName, name: tableName,
          kind: row[2].string.flatMap(Schema.Table.Kind.init) ?? .table, sql: row[3].string))
    }
    return entries
  }

  /// `schema.table`, unless a table of the main schema has the dot in its name.
  private func splitName(_ name: String?) -> TableName? {
    guard let name else { return nil }
    guard let dot = name.firstIndex(of: ".") else { return TableName(name: name) }
    let schema = String(name[..<dot])
    let isAttached = try? rows(
      "SELECT 1 FROM pragma_database_list WHERE name = ?", [.text(schema)])
    guard isAttached?.isEmpty == false else { return TableName(name: name) }
    return TableName(schema: schema, name: String(name[name.index(after: dot)...]))
  }

  private func table(_ entry: CatalogEntry) throws(AdapterError) -> Schema.Table {
    let isInMain = entry.schema == "main"
    var table = Schema.Table(
      name: TableName(schema: isInMain ? nil : entry.schema, name: entry.name), kind: entry.kind,
      sql: entry.sql)
    try readColumns(into: &table, entry)
    guard entry.kind != .view else {
      table.triggers = try triggers(entry)
      return table
    }
    table.foreignKeys = try foreignKeys(entry)
    table.indexes = try indexes(entry)
    if let rowID = table.declaredRowID,
      let column = table.columns.firstIndex(where: { $0.name == rowID })
    {
      table.columns[column].isNullable = false
    }
    table.triggers = try triggers(entry)
    return table
  }

  private func readColumns(
    into table: inout Schema.Table, _ entry: CatalogEntry
  ) throws(AdapterError) {
    // hidden: 0 ordinary, 1 hidden column of a virtual table, 2 and 3 generated.
    let found = try rows(
      "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?, ?)",
      [.text(entry.name), .text(entry.schema)])
    var keys: [(position: Int64, name: String)] = []
    for row in found where row[5].integer != 1 {
      let name = row[0].string ?? ""
      table.columns.append(
        Schema.Column(
          name: name, type: row[1].string ?? "", isNullable: row[2].integer == 0,
          defaultExpression: row[3].string, isGenerated: (row[5].integer ?? 0) >= 2))
      if let position = row[4].integer, position > 0 { keys.append((position, name)) }
    }
    table.primaryKey = keys.sorted { $0.position < $1.position }.map(\.name)
  }

  private func foreignKeys(_ entry: CatalogEntry) throws(AdapterError) -> [Schema.ForeignKey] {
    let found = try rows(
      """
      SELECT id, "table", "from", "to", on_update, on_delete
      FROM pragma_foreign_key_list(?, ?) ORDER BY id DESC, seq
      """, [.text(entry.name), .text(entry.schema)])
    var keys: [(id: Int64, key: Schema.ForeignKey)] = []
    for row in found {
      let id = row[0].integer ?? 0
      if keys.last?.id != id {
        let key = Schema.ForeignKey(
          columns: [], referencedTable: row[1].string ?? "", referencedColumns: [],
          onDelete: row[5].string ?? "NO ACTION", onUpdate: row[4].string ?? "NO ACTION")
        keys.append((id, key))
      }
      keys[keys.count - 1].key.columns.append(row[2].string ?? "")
      if let target = row[3].string { keys[keys.count - 1].key.referencedColumns.append(target) }
    }
    return keys.map(\.key)
  }

  private func indexes(_ entry: CatalogEntry) throws(AdapterError) -> [Schema.Index] {
    let found = try rows(
      """
      SELECT l.name, l."unique", l.origin, l.partial, s.sql
      FROM pragma_index_list(?1, ?2) l
      LEFT JOIN \(dialect.quote(entry.schema)).sqlite_schema s
        ON s.type = 'index' AND s.name = l.name
      ORDER BY l.name
      """, [.text(entry.name), .text(entry.schema)])
    var indexes: [Schema.Index] = []
    for row in found {
      guard let name = row[0].string else { continue }
      let columns = try rows(
        "SELECT name FROM pragma_index_xinfo(?, ?) WHERE key = 1 ORDER BY seqno",
        [.text(name), .text(entry.schema)])
      indexes.append(
        Schema.Index(
          name: name, columns: columns.map { $0[0].string ?? "(expression)" },
          isUnique: row[1].integer == 1, isConstraint: row[2].string != "c",
          isPartial: row[3].integer == 1, sql: row[4].string))
    }
    return indexes
  }

  private func triggers(_ entry: CatalogEntry) throws(AdapterError) -> [Schema.Trigger] {
    let found = try rows(
      """
      SELECT name, sql FROM \(dialect.quote(entry.schema)).sqlite_schema
      WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name
      """, [.text(entry.name)])
    return found.map { Schema.Trigger(name: $0[0].string ?? "", sql: $0[1].string ?? "") }
  }

  func createTableStatement(
    _ table: TableName, columns: [Column], primaryKey: [String]
  ) -> String {
    var lines = columns.map { column in
      let type = SQLiteType.declaration(for: column)
      return "  " + dialect.quote(column.name) + (type.isEmpty ? "" : " " + type)
    }
    if !primaryKey.isEmpty {
      lines.append("  PRIMARY KEY (\(primaryKey.map(dialect.quote).joined(separator: ", ")))")
    }
    return "CREATE TABLE \(dialect.quote(table)) (\n" + lines.joined(separator: ",\n") + "\n)"
  }

  /// `notFound`, with the closest name there is.
  func noSuchTable(_ name: String) -> AdapterError {
    let all = (try? rows("SELECT name FROM pragma_table_list WHERE schema = 'main'")) ?? []
    let names = all.compactMap { $0.first?.string }.filter { !$0.hasPrefix("sqlite_") }
    let hint =
      closestMatch(to: name, in: names).map { "did you mean '\($0)'?" }
      ?? "nb db schema \(path) lists the tables"
    return AdapterError(.notFound, "\(displayName) has no table '\(name)'", hint: hint)
  }
}
