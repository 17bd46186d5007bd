import AdapterCore
import CMariaDB
import Platform

/// The catalog, read from information_schema and by SHOW CREATE.
extension MySQLDatabase {
  func tableNames() throws(AdapterError) -> [TableName] {
    try rows(
      """
      SELECT table_name FROM information_schema.tables
      WHERE table_schema = DATABASE() ORDER BY table_name
      """
    ).compactMap { $0[0].string.map { TableName(name: $0) } }
  }

  func schema(table name: String?) throws(AdapterError) -> Schema {
    try requireDatabase()
    guard let name else { return try MySQLCatalog(self, table: nil).read() }
    let exact = try MySQLCatalog(self, table: TableName(name: name)).read()
    if !exact.tables.isEmpty { return exact }
    // `schema.table`, unless a table has the dot in its name.
    if let dot = name.firstIndex(of: ".") {
      let parts = TableName(
        schema: String(name[..<dot]), name: String(name[name.index(after: dot)...]))
      let qualified = try MySQLCatalog(self, table: parts).read()
      if !qualified.tables.isEmpty { return qualified }
    }
    throw noSuchTable(name)
  }

  /// Throws `usage` when the connection is in no database.
  func requireDatabase() throws(AdapterError) {
    guard try rows("SELECT DATABASE()").first?.first == .null else { return }
    throw AdapterError(
      .usage, "\(displayName) names no database",
      hint: "add it to the URL: mysql://HOST/DATABASE")
  }

  /// A definition as it would be in a database of another name: the server names a sequence with its
  /// database.
  func withoutOwnDatabase(_ sql: String) throws(AdapterError) -> String {
    guard sql.contains("nextval(") else { return sql }
    let name = try rows("SELECT DATABASE()").first?.first?.string ?? ""
    return sql.split(
      separator: "nextval(\(dialect.quote(name)).", omittingEmptySubsequences: false
    ).joined(separator: "nextval(")
  }

  /// `notFound`, with the closest name there is.
  func noSuchTable(_ name: String) -> AdapterError {
    let names = (try? tableNames().map(\.name)) ?? []
    let hint =
      closestMatch(to: name, in: names).map { "did you mean '\($0)'?" }
      ?? "nb db schema lists the tables"
    return AdapterError(.notFound, "\(displayName) has no table '\(name)'", hint: hint)
  }

  /// Types with character sets and collations, which decide what a key takes for the same.
  func columnDeclarations(of table: String) throws(AdapterError) -> [String: String] {
    guard let found = try schema(table: table).tables.first else { return [:] }
    let schema = found.name.schema.map { dialect.literal($0) } ?? "DATABASE()"
    let rows = try rows(
      """
      SELECT column_name, character_set_name, collation_name FROM information_schema.columns
      WHERE table_schema = \(schema) AND table_name = ? AND collation_name IS NOT NULL
      """, [.text(found.name.name)])
    var types: [String: String] = [:]
    for column in found.columns { types[column.name] = column.type }
    for row in rows {
      guard let name = row[0].string, let characters = row[1].string, let order = row[2].string
      else { continue }
      types[name]? += " CHARACTER SET \(characters) COLLATE \(order)"
    }
    return types
  }

  func readTimesInUTC() throws(AdapterError) -> Bool {
    try run("SET SESSION time_zone = '+00:00'")
    return true
  }

  /// The type without a collation that this server has not: MariaDB's and MySQL's differ.
  private func withKnownCollation(_ type: String) -> String {
    guard let found = type.firstRange(of: " CHARACTER SET ") else { return type }
    let words = type[found.upperBound...].split(separator: " ")
    guard words.count == 3,
      runRegardless("DO CONVERT('' USING \(words[0])) COLLATE \(words[2])") != nil
    else { return type }
    return String(type[..<found.lowerBound])
  }

  func createTableStatement(
    _ table: TableName, columns: [Column], primaryKey: [String]
  ) -> String {
    let keys = Set(primaryKey)
    var lines = columns.map { column in
      let isKey = keys.contains(column.name)
      let type = withKnownCollation(
        MySQLType.declaration(for: column, isKey: isKey, dialect))
      // Keys that differ in case, accents or trailing spaces are different keys, as elsewhere.
      let isText = isKey && type == "VARCHAR(255)"
      let collation = isMariaDB ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin"
      return "  \(dialect.quote(column.name)) \(type)" + (isText ? " COLLATE \(collation)" : "")
    }
    if !primaryKey.isEmpty {
      lines.append("  PRIMARY KEY (\(primaryKey.map(dialect.quote).joined(separator: ", ")))")
    }
    // The server's default may hold a part of Unicode only.
    return "CREATE TABLE \(dialect.quote(table)) (\n" + lines.joined(separator: ",\n")
      + "\n) CHARACTER SET utf8mb4"
  }
}

/// Reads the tables of one database, or one of them.
private struct MySQLCatalog {
  private let database: MySQLDatabase
  private let table: TableName?
  /// The condition that picks the tables, behind an alias of a view of information_schema.
  private let filter: String
  private let parameters: [Value]

  init(_ database: MySQLDatabase, table: TableName?) {
    self.database = database
    self.table = table
    let schema = table?.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    filter = "table_schema = \(schema)" + (table == nil ? "" : " AND table_name = ?")
    parameters = table.map { [.text($0.name)] } ?? []
  }

  func read() throws(AdapterError) -> Schema {
    let found = try rows(
      """
      SELECT table_name, table_type, table_comment FROM information_schema.tables
      WHERE \(filter) ORDER BY table_name
      """)
    guard !found.isEmpty else { return Schema() }
    var tables: [Schema.Table] = []
    for row in found {
      let isView = row[1].string?.hasSuffix("VIEW") == true
      tables.append(
        Schema.Table(
          name: TableName(schema: table?.schema, name: row[0].string ?? ""),
          kind: isView ? .view : .table, comment: isView ? nil : nonEmpty(row[2])))
    }
    let columns = try columns()
    let indexes = try indexes()
    let foreignKeys = try foreignKeys()
    let triggers = try triggers()
    let partitions = try partitions()
    for index in tables.indices {
      let name = tables[index].name.name
      tables[index].columns = columns[name] ?? []
      tables[index].indexes = indexes[name] ?? []
      tables[index].primaryKey =
        tables[index].indexes.first { $0.name == "PRIMARY" }?.columns ?? []
      tables[index].foreignKeys = foreignKeys[name] ?? []
      tables[index].triggers = triggers[name] ?? []
      tables[index].partitionKey = partitions[name]?.key
      tables[index].partitions = partitions[name]?.partitions ?? []
      tables[index].sql = try creation(of: tables[index])
    }
    return Schema(tables: tables)
  }

  private func rows(_ sql: String) throws(AdapterError) -> [[Value]] {
    try database.rows(sql, parameters)
  }

  private func nonEmpty(_ value: Value) -> String? {
    value.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  // MARK: Columns

  private func columns() throws(AdapterError) -> [String: [Schema.Column]] {
    let found = try rows(
      """
      SELECT table_name, column_name, column_type, is_nullable, column_default, extra,
        column_comment
      FROM information_schema.columns WHERE \(filter) ORDER BY table_name, ordinal_position
      """)
    var columns: [String: [Schema.Column]] = [:]
    for row in found {
      let extra = row[5].string?.uppercased() ?? ""
      var expression = defaultExpression(row[4], extra)
      if let text = expression { expression = try database.withoutOwnDatabase(text) }
      let isNullable = row[3].string == "YES"
      columns[row[0].string ?? "", default: []].append(
        Schema.Column(
          name: row[1].string ?? "", type: row[2].string ?? "", isNullable: isNullable,
          defaultExpression: expression,
          isGenerated: extra.contains("VIRTUAL") || extra.contains("STORED")
            || extra.contains("PERSISTENT"),
          comment: nonEmpty(row[6])))
    }
    return columns
  }

  /// MariaDB gives an expression, MySQL the bare text of a literal.
  private func defaultExpression(_ value: Value, _ extra: String) -> String? {
    guard let text = value.string else { return nil }
    if database.isMariaDB { return text == "NULL" ? nil : text }
    let isExpression = extra.contains("DEFAULT_GENERATED") || Double(text) != nil
    return isExpression ? text : database.dialect.literal(text)
  }

  // MARK: Indexes and keys

  private func indexes() throws(AdapterError) -> [String: [Schema.Index]] {
    let found = try rows(
      """
      SELECT table_name, index_name, non_unique, column_name, sub_part, index_type
      FROM information_schema.statistics
      WHERE \(filter) ORDER BY table_name, index_name, seq_in_index
      """)
    var indexes: [String: [Schema.Index]] = [:]
    for row in found {
      let (table, name) = (row[0].string ?? "", row[1].string ?? "")
      let prefix = row[4].integer.map { "(\($0))" } ?? ""
      let column = row[3].string.map { $0 + prefix } ?? "(expression)"
      var list = indexes[table] ?? []
      if list.last?.name == name {
        list[list.count - 1].columns.append(column)
      } else {
        let isUnique = row[2].integer == 0
        list.append(
          Schema.Index(
            name: name, columns: [column], isUnique: isUnique, isConstraint: isUnique,
            method: row[5].string?.lowercased()))
      }
      indexes[table] = list
    }
    return indexes
  }

  private func foreignKeys() throws(AdapterError) -> [String: [Schema.ForeignKey]] {
    let schema = table?.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    let found = try rows(
      """
      SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name,
        k.referenced_column_name, r.delete_rule, r.update_rule, k.referenced_table_schema
          = k.table_schema, k.referenced_table_schema
      FROM information_schema.key_column_usage k
      JOIN information_schema.referential_constraints r
        ON r.constraint_schema = k.constraint_schema AND r.table_name = k.table_name
          AND r.constraint_name = k.constraint_name
      WHERE k.table_schema = \(schema) AND r.constraint_schema = \(schema)
        AND k.referenced_table_name IS NOT NULL \(table == nil ? "" : "AND k.table_name = ?")
      ORDER BY k.table_name, k.constraint_name, k.ordinal_position
      """)
    var keys: [String: [(constraint: String, key: Schema.ForeignKey)]] = [:]
    for row in found {
      let (table, constraint) = (row[0].string ?? "", row[1].string ?? "")
      var list = keys[table] ?? []
      if list.last?.constraint != constraint {
        let isHere = row[7].integer == 1
        let other = row[3].string ?? ""
        list.append(
          (
            constraint,
            Schema.ForeignKey(
              columns: [], referencedTable: isHere ? other : "\(row[8].string ?? "").\(other)",
              referencedColumns: [], onDelete: action(row[5]), onUpdate: action(row[6]))
          ))
      }
      list[list.count - 1].key.columns.append(row[2].string ?? "")
      list[list.count - 1].key.referencedColumns.append(row[4].string ?? "")
      keys[table] = list
    }
    return keys.mapValues { $0.map(\.key) }
  }

  /// RESTRICT and NO ACTION are the same here, and which one is kept depends on the version.
  private func action(_ value: Value) -> String {
    value.string.map { $0 == "RESTRICT" ? "NO ACTION" : $0 } ?? "NO ACTION"
  }

  // MARK: Triggers and partitions

  private func triggers() throws(AdapterError) -> [String: [Schema.Trigger]] {
    let schema = table?.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    let found = try rows(
      """
      SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
      FROM information_schema.triggers
      WHERE event_object_schema = \(schema) \(table == nil ? "" : "AND event_object_table = ?")
      ORDER BY event_object_table, trigger_name
      """)
    var triggers: [String: [Schema.Trigger]] = [:]
    for row in found {
      let (table, name) = (row[0].string ?? "", row[1].string ?? "")
      let sql =
        "CREATE TRIGGER \(database.dialect.quote(name)) \(row[2].string ?? "") "
        + "\(row[3].string ?? "") ON \(database.dialect.quote(table)) FOR EACH ROW "
        + (row[4].string ?? "")
      triggers[table, default: []].append(Schema.Trigger(name: name, sql: sql))
    }
    return triggers
  }

  private func partitions() throws(AdapterError) -> [String: (
    key: String, partitions: [Schema.Partition]
  )] {
    let found = try rows(
      """
      SELECT table_name, partition_name, partition_method, partition_expression,
        partition_description
      FROM information_schema.partitions
      WHERE \(filter) AND partition_name IS NOT NULL
      GROUP BY table_name, partition_name
      ORDER BY table_name, min(partition_ordinal_position)
      """)
    var partitions: [String: (key: String, partitions: [Schema.Partition])] = [:]
    for row in found {
      let method = row[2].string ?? ""
      let key = "\(method) (\(row[3].string ?? ""))"
      let values = row[4].string ?? ""
      let bound =
        method.hasPrefix("RANGE")
        ? "VALUES LESS THAN (\(values))" : method.hasPrefix("LIST") ? "VALUES IN (\(values))" : ""
      partitions[row[0].string ?? "", default: (key, [])].partitions.append(
        Schema.Partition(name: row[1].string ?? "", bound: bound))
    }
    return partitions
  }

  // MARK: Statements

  /// SHOW CREATE, without what differs from one copy of a database to the next.
  private func creation(of table: Schema.Table) throws(AdapterError) -> String? {
    let name = database.dialect.quote(table.name)
    let isView = table.kind == .view
    let found = try database.rows("SHOW CREATE \(isView ? "VIEW" : "TABLE") \(name)")
    guard let sql = found.first?.dropFirst().first?.string else { return nil }
    return isView
      ? MySQLDatabase.withoutDefiner(sql)
      : try database.withoutOwnDatabase(Self.withoutCounter(sql))
  }

  /// Drops ` AUTO_INCREMENT=17` behind the last parenthesis.
  private static func withoutCounter(_ sql: String) -> String {
    guard let end = sql.lastIndex(of: ")") else { return sql }
    let options = sql[end...].split(separator: " ", omittingEmptySubsequences: false)
    return sql[..<end] + options.filter { !$0.hasPrefix("AUTO_INCREMENT=") }.joined(separator: " ")
  }
}
