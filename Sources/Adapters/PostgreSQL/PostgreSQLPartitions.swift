import AdapterCore
import CPostgreSQL

extension PostgreSQLDatabase {
  var partitioning: (any TablePartitioning)? { PostgreSQLPartitions(self) }
}

/// Declarative partitioning (pg_partitioned_table).
final class PostgreSQLPartitions: TablePartitioning {
  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  var allowsGaps: Bool { true }

  // MARK: Looking

  func partitionedTables(named name: TableName?) throws(AdapterError) -> [PartitionedTable] {
    let identifier = try name.map { (name) throws(AdapterError) in try find(name) }
    let rows = try database.rows(
      """
      SELECT c.oid::int8, CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END,
        c.relname, p.partstrat::text, pg_get_partkeydef(c.oid),
        CASE WHEN p.partnatts = 1 THEN coalesce(t.typbasetype::regtype::text, '-') END,
        t.typname
      FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND p.partnatts = 1 AND a.attnum = p.partattrs[0]
        AND a.attnum > 0
      LEFT JOIN pg_type t ON t.oid = a.atttypid
      WHERE \(identifier.map { "c.oid = \($0)" } ?? "true")
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """)
    var tables: [PartitionedTable] = []
    for row in rows {
      var table = Self.table(row)
      table.partitions = try partitions(of: table, row[0].integer ?? 0)
      tables.append(table)
    }
    guard let name, tables.isEmpty else { return tables }
    throw AdapterError(
      .notFound, "'\(name.description)' has no partitions",
      hint: "nb db partition list \(database.displayName) lists the tables that have")
  }

  /// A table, which may itself be a partition.
  private func find(_ name: TableName) throws(AdapterError) -> Int64 {
    let found = try database.rows(
      "SELECT to_regclass(?)::oid::int8", [.text(database.dialect.quote(name))])
    if let identifier = found.first?[0].integer { return identifier }
    guard let relation = try database.relations(named: name.description).first else {
      throw database.noSuchTable(name.description)
    }
    return relation.identifier
  }

  private static func table(_ row: [Value]) -> PartitionedTable {
    let methods: [String: PartitionedTable.Method] = ["r": .range, "l": .list, "h": .hash]
    let definition = row[4].string ?? ""
    let key = definition.split(separator: "(", maxSplits: 1).last?.dropLast() ?? ""
    let base = row[5].string == "-" || row[5].string == nil ? row[6].string : row[5].string
    let kind: PartitionedTable.KeyKind =
      switch row[5] == .null ? nil : base {
      case "int2", "int4", "int8", "smallint", "integer", "bigint": .integer
      case "date": .date
      case "timestamp", "timestamptz", "timestamp without time zone", "timestamp with time zone":
        .time
      default: .other
      }
    return PartitionedTable(
      name: TableName(schema: row[1].string, name: row[2].string ?? ""),
      method: methods[row[3].string ?? ""] ?? .other, key: String(key), keyKind: kind)
  }

  private func partitions(
    of table: PartitionedTable, _ identifier: Int64
  ) throws(AdapterError) -> [TablePartition] {
    let rows = try database.rows(
      """
      SELECT CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END, c.relname, b.bound,
        substring(b.bound FROM '^FOR VALUES FROM \\((.*)\\) TO \\('),
        substring(b.bound FROM ' TO \\((.*)\\)$'),
        (SELECT sum(greatest(k.reltuples, 0))::int8 FROM pg_partition_tree(c.oid) t
          JOIN pg_class k ON k.oid = t.relid WHERE t.isleaf HAVING min(k.reltuples) >= 0),
        (SELECT sum(pg_total_relation_size(t.relid))::int8 FROM pg_partition_tree(c.oid) t),
        \(detachPending)
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace,
      LATERAL (SELECT coalesce(pg_get_expr(c.relpartbound, c.oid), '')) b (bound)
      WHERE i.inhparent = \(identifier) ORDER BY c.relname COLLATE "C"
      """)
    let partitions = rows.map { row in
      let bound = row[2].string ?? ""
      var range: TablePartition.Range?
      if table.method == .range, let from = row[3].string, let to = row[4].string {
        range = TablePartition.Range(from: Self.bound(from, table), to: Self.bound(to, table))
      }
      return TablePartition(
        name: TableName(schema: row[0].string, name: row[1].string ?? ""), range: range,
        bound: range == nil && bound != "DEFAULT" ? bound : nil, isDefault: bound == "DEFAULT",
        rows: row[5].integer, sizeInBytes: row[6].integer,
        remark: row[7] == .bool(true) ? "its detachment was not finished" : nil)
    }
    return table.sorted(partitions)
  }

  /// Since version 14 a partition can be detached in two steps.
  private var detachPending: String {
    PQserverVersion(database.connection.handle) >= 140_000 ? "i.inhdetachpending" : "false"
  }

  private static func bound(_ text: String, _ table: PartitionedTable) -> TablePartition.Bound {
    switch text {
    case "MINVALUE": return .minimum
    case "MAXVALUE": return .maximum
    default:
      guard text.hasPrefix("'"), text.hasSuffix("'"), text.count > 1, !text.contains("', '") else {
        return .value(text)
      }
      let quoted = text.dropFirst().dropLast()
      let parts = quoted.split(separator: "''", omittingEmptySubsequences: false)
      return .value(parts.joined(separator: "'"))
    }
  }

  func canonicalBound(
    _ text: String, of table: PartitionedTable
  ) throws(AdapterError) -> String {
    let type: String
    switch table.keyKind {
    case .integer: type = "int8"
    case .date: type = "date"
    // As the server writes it in the session's time zone.
    case .time: type = try isZoned(table) ? "timestamptz" : "timestamp"
    case .other: return text
    }
    do throws(AdapterError) {
      return try database.rows("SELECT ?::text::\(type)::text", [.text(text)]).first?[0].string
        ?? text
    } catch {
      throw AdapterError(
        .data, "'\(text)' is no bound for a key of type \(type)", code: error.code,
        hint: table.keyKind == .integer ? "write a whole number" : "write it as in 2024-01-31")
    }
  }

  private func isZoned(_ table: PartitionedTable) throws(AdapterError) -> Bool {
    try database.rows(
      """
      SELECT EXISTS (SELECT FROM pg_partitioned_table p
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE p.partrelid = to_regclass(?)
          AND coalesce(nullif(t.typbasetype, 0), t.oid) = 'timestamptz'::regtype)
      """, [.text(database.dialect.quote(table.name))]) == [[.bool(true)]]
  }

  // MARK: Adding

  /// Made apart and attached: CREATE TABLE … PARTITION OF would lock out all readers of the table.
  func addition(
    of partitions: [NewPartition], to table: PartitionedTable, movesRows: Bool
  ) throws(AdapterError) -> PartitionChange {
    let rest = table.partitions.first(where: \.isDefault)
    var change = PartitionChange(statements: [], isTransactional: true, partitions: [])
    for partition in partitions {
      let name = TableName(schema: table.name.schema, name: name(of: partition, in: table))
      let isInTheWay = try rest.map { (rest) throws(AdapterError) in
        try holdsRows(rest.name, partition, table)
      }
      change.statements.append(
        "CREATE TABLE \(quote(name)) (LIKE \(quote(table.name)) INCLUDING DEFAULTS "
          + "INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS)")
      if let rest, isInTheWay == true {
        guard movesRows else { throw rowsInTheWay(partition, rest.name) }
        change.statements.append(try moving(from: rest.name, to: name, partition, table))
      }
      change.statements.append(
        "ALTER TABLE \(quote(table.name)) ATTACH PARTITION \(quote(name)) "
          + "FOR VALUES FROM (\(literal(partition.from))) TO (\(literal(partition.to)))")
      change.partitions.append(
        TablePartition(
          name: name,
          range: TablePartition.Range(from: .value(partition.from), to: .value(partition.to))))
    }
    return change
  }

  private func quote(_ name: TableName) -> String { database.dialect.quote(name) }
  private func literal(_ text: String) -> String { database.dialect.literal(text) }

  /// Within the 63 bytes of a name (NAMEDATALEN).
  private func name(of partition: NewPartition, in table: PartitionedTable) -> String {
    if let name = partition.name { return name }
    let ending = "_" + partition.suffix
    var start = table.name.name
    while start.utf8.count + ending.utf8.count > 63 { start.removeLast() }
    return start + ending
  }

  private func condition(_ partition: NewPartition, _ table: PartitionedTable) -> String {
    "(\(table.key)) >= \(literal(partition.from)) AND (\(table.key)) < \(literal(partition.to))"
  }

  private func holdsRows(
    _ rest: TableName, _ partition: NewPartition, _ table: PartitionedTable
  ) throws(AdapterError) -> Bool {
    try database.rows(
      "SELECT EXISTS (SELECT FROM \(quote(rest)) WHERE \(condition(partition, table)))")
      == [[.bool(true)]]
  }

  private func rowsInTheWay(_ partition: NewPartition, _ rest: TableName) -> AdapterError {
    AdapterError(
      .conflict,
      "the default partition \(rest.description) holds rows from \(partition.from) to "
        + partition.to,
      hint: "--move-rows moves them into the new partition")
  }

  /// Columns that are computed cannot be copied.
  private func moving(
    from rest: TableName, to new: TableName, _ partition: NewPartition, _ table: PartitionedTable
  ) throws(AdapterError) -> String {
    let rows = try database.rows(
      """
      SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0
        AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
      """, [.text(quote(rest))])
    let columns = rows.compactMap { $0[0].string.map(database.dialect.quote) }
      .joined(separator: ", ")
    return "WITH moved AS (DELETE FROM \(quote(rest)) WHERE \(condition(partition, table)) "
      + "RETURNING \(columns)) INSERT INTO \(quote(new)) (\(columns)) SELECT \(columns) FROM moved"
  }

  // MARK: Removing

  func removal(
    of partitions: [TablePartition], from table: PartitionedTable, _ manner: PartitionRemoval
  ) throws(AdapterError) -> PartitionChange {
    var statements: [String] = []
    for partition in partitions {
      let name = quote(partition.name)
      let detaches = manner.keepsTable || manner.isConcurrent
      if partition.remark != nil {
        statements.append("ALTER TABLE \(quote(table.name)) DETACH PARTITION \(name) FINALIZE")
      } else if detaches {
        statements.append(
          "ALTER TABLE \(quote(table.name)) DETACH PARTITION \(name)"
            + (manner.isConcurrent ? " CONCURRENTLY" : ""))
      }
      if !manner.keepsTable { statements.append("DROP TABLE \(name)") }
    }
    return PartitionChange(
      statements: statements, isTransactional: !manner.isConcurrent, partitions: partitions)
  }
}
