import AdapterCore

/// The catalog (pg_class and its kin), each kind of thing in one query for all tables.
extension PostgreSQLDatabase {
  func tableNames() throws(AdapterError) -> [TableName] {
    try relations(named: nil).map(\.name)
  }

  func schema(table name: String?) throws(AdapterError) -> Schema {
    let relations = try relations(named: name)
    if let name, relations.isEmpty { throw noSuchTable(name) }
    let reader = PostgreSQLCatalog(
      self, relations: name == nil ? nil : relations.map(\.identifier))
    var columns = try reader.columns()
    var constraints = try reader.constraints()
    var indexes = try reader.indexes()
    var triggers = try reader.triggers()
    var partitions = try reader.partitions()
    var schema = Schema()
    for relation in relations {
      let id = relation.identifier
      schema.tables.append(
        relation.table(
          columns: columns.removeValue(forKey: id) ?? [],
          constraints: constraints.removeValue(forKey: id) ?? [],
          indexes: indexes.removeValue(forKey: id) ?? [],
          triggers: triggers.removeValue(forKey: id) ?? [],
          partitions: partitions.removeValue(forKey: id) ?? [], dialect))
    }
    return schema
  }

  /// The tables and views, without the server's own and those of extensions; or those that a name
  /// of the user's may mean.
  func relations(named name: String?) throws(AdapterError) -> [PostgreSQLRelation] {
    var filter = ""
    var parameters: [Value] = []
    if let name {
      // `schema.table`, or a table that has the dot in its name; in any case if none is in this one.
      let folded = "lower(c.relname) = lower(?)"
      filter = """
        AND (pg_table_is_visible(c.oid) AND \(folded)
          OR lower(n.nspname || '.' || c.relname) = lower(?))
        """
      parameters = [.text(name), .text(name)]
    }
    let rows = try rows(
      """
      SELECT c.oid::int8, CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END,
        c.relname, c.relkind::text,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        obj_description(c.oid, 'pg_class')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        AND NOT EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        \(filter)
      ORDER BY pg_table_is_visible(c.oid) DESC, n.nspname COLLATE "C", c.relname COLLATE "C"
      """, parameters)
    let all = rows.compactMap { PostgreSQLRelation($0) }
    guard let name else { return all }
    let same = all.filter { $0.name.description == name || $0.name.name == name }
    return Array((same.isEmpty ? all : same).prefix(1))
  }

  /// `notFound`, with the closest name there is.
  func noSuchTable(_ name: String) -> AdapterError {
    let names = ((try? tableNames()) ?? []).map(\.description)
    let hint =
      closestMatch(to: name, in: names).map { "did you mean '\($0)'?" }
      ?? "nb db schema lists the tables"
    return AdapterError(.notFound, "\(displayName) has no table '\(name)'", hint: hint)
  }

  /// The columns without declared types that another database has and this one has not, such as its
  /// enums.
  private func withKnownTypes(_ columns: [Column]) -> [Column] {
    var known: [String: Bool] = [:]
    return columns.map { column in
      guard column.dialect != nil, let type = column.declaredType(in: .postgresql) else {
        return column
      }
      if known[type] == nil {
        let found = try? rows("SELECT to_regtype($1) IS NOT NULL", [.text(type)]).first?.first
        known[type] = found == .bool(true)
      }
      var column = column
      if known[type] != true { column.declaredType = nil }
      return column
    }
  }

  func createTableStatement(
    _ table: TableName, columns: [Column], primaryKey: [String]
  ) -> String {
    var lines = withKnownTypes(columns).map { column in
      "  \(dialect.quote(column.name)) \(PostgreSQLType.declaration(for: column))"
    }
    if !primaryKey.isEmpty {
      lines.append("  PRIMARY KEY (\(primaryKey.map(dialect.quote).joined(separator: ", ")))")
    }
    return "CREATE TABLE \(dialect.quote(table)) (\n" + lines.joined(separator: ",\n") + "\n)"
  }
}

/// A table or view of pg_class.
struct PostgreSQLRelation {
  var identifier: Int64
  var name: TableName
  private var relationKind: String
  private var viewQuery: String?
  private var partitionKey: String?
  private var comment: String?

  /// Reads a row of `relations(named:)`.
  init?(_ row: [Value]) {
    guard let identifier = row[0].integer, let relation = row[2].string, let kind = row[3].string
    else { return nil }
    self.identifier = identifier
    name = TableName(schema: row[1].string, name: relation)
    relationKind = kind
    viewQuery = row[4].string
    partitionKey = row[5].string
    comment = row[6].string
  }

  /// Whether it has rows of its own, here.
  var holdsRows: Bool { relationKind == "r" || relationKind == "p" || relationKind == "m" }

  private var kind: Schema.Table.Kind {
    switch relationKind {
    case "v": .view
    case "m": .materializedView
    case "f": .virtual
    default: .table
    }
  }

  /// The table with what belongs to it; its statement is made of the parts, as the catalog keeps none.
  func table(
    columns: [PostgreSQLColumn], constraints: [PostgreSQLConstraint], indexes: [Schema.Index],
    triggers: [Schema.Trigger], partitions: [Schema.Partition], _ dialect: SQLDialect
  ) -> Schema.Table {
    Schema.Table(
      name: name, kind: kind, columns: columns.map(\.column),
      primaryKey: constraints.first { $0.kind == "p" }?.columns ?? [],
      foreignKeys: constraints.compactMap(\.foreignKey), indexes: indexes, triggers: triggers,
      comment: comment, partitionKey: partitionKey, partitions: partitions,
      sql: statement(columns, constraints, dialect))
  }

  private func statement(
    _ columns: [PostgreSQLColumn], _ constraints: [PostgreSQLConstraint], _ dialect: SQLDialect
  ) -> String? {
    let quoted = dialect.quote(name)
    switch relationKind {
    case "v", "m":
      let query = (viewQuery ?? "").split(separator: "\n").joined(separator: "\n")
      let body = query.hasSuffix(";") ? String(query.dropLast()) : query
      return "CREATE \(relationKind == "m" ? "MATERIALIZED " : "")VIEW \(quoted) AS\n\(body)"
    case "r", "p":
      let lines =
        columns.map { "  " + $0.declaration(dialect) }
        + constraints.map { "  CONSTRAINT \(dialect.quote($0.name)) \($0.definition)" }
      let partition = partitionKey.map { " PARTITION BY \($0)" } ?? ""
      return "CREATE TABLE \(quoted) (\n\(lines.joined(separator: ",\n"))\n)\(partition)"
    default: return nil
    }
  }
}
