import AdapterCore

extension MySQLDatabase {
  var partitioning: (any TablePartitioning)? { MySQLPartitions(self) }
}

/// PARTITION BY, read from information_schema.partitions.
final class MySQLPartitions: TablePartitioning {
  /// Functions of a date that a key may be made by; their bounds are numbers for which the date is shown.
  private enum Encoding: String, CaseIterable {
    case days = "to_days"
    case seconds = "to_seconds"
    case epoch = "unix_timestamp"
    case year

    init?(key: String) {
      let key = key.lowercased()
      guard let found = Self.allCases.first(where: { key.hasPrefix($0.rawValue + "(") }) else {
        return nil
      }
      self = found
    }

    /// The date behind a number, in SQL.
    var decoding: String {
      switch self {
      case .days: "FROM_DAYS(%)"
      case .seconds: "TIMESTAMP('0001-01-01') + INTERVAL (% - 31622400) SECOND"
      case .epoch: "FROM_UNIXTIME(%)"
      case .year: "CONCAT(%, '-01-01')"
      }
    }
  }

  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  var allowsGaps: Bool { false }

  // MARK: Looking

  func partitionedTables(named name: TableName?) throws(AdapterError) -> [PartitionedTable] {
    try database.requireDatabase()
    let schema = name?.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    let rows = try database.rows(
      """
      SELECT table_name, partition_method, partition_expression, partition_name,
        max(partition_description), CAST(sum(table_rows) AS SIGNED),
        CAST(sum(data_length + index_length) AS SIGNED)
      FROM information_schema.partitions
      WHERE table_schema = \(schema) AND partition_name IS NOT NULL
        \(name == nil ? "" : "AND table_name = ?")
      GROUP BY table_name, partition_method, partition_expression, partition_name
      ORDER BY table_name, min(partition_ordinal_position)
      """, name.map { [.text($0.name)] } ?? [])
    var tables: [PartitionedTable] = []
    for row in rows {
      let table = TableName(schema: name?.schema, name: row[0].string ?? "")
      if tables.last?.name != table { tables.append(try self.table(table, row)) }
      let last = tables.count - 1
      tables[last].partitions.append(try partition(row, of: tables[last]))
    }
    guard let name, tables.isEmpty else { return tables }
    _ = try database.schema(table: name.description)
    throw AdapterError(
      .notFound, "'\(name.description)' has no partitions",
      hint: "nb db partition list \(database.displayName) lists the tables that have")
  }

  private func table(
    _ name: TableName, _ row: [Value]
  ) throws(AdapterError) -> PartitionedTable {
    let method = row[1].string ?? ""
    let key = row[2].string ?? ""
    var kind = PartitionedTable.KeyKind.other
    if method == "RANGE" {
      kind =
        switch Encoding(key: key) {
        case .days?, .year?: .date
        case .seconds?, .epoch?: .time
        case nil: .integer
        }
    } else if method == "RANGE COLUMNS", !key.contains(",") {
      kind = try columnKind(key, of: name)
    }
    let methods: [PartitionedTable.Method] = [.range, .list, .hash, .key]
    let word = method.split(separator: " ").first { $0 != "LINEAR" }?.lowercased()
    return PartitionedTable(
      name: name, method: methods.first { $0.rawValue == word } ?? .other, key: key, keyKind: kind)
  }

  private func columnKind(
    _ key: String, of table: TableName
  ) throws(AdapterError) -> PartitionedTable.KeyKind {
    let column = key.split(separator: "`").joined()
    let schema = table.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    let type =
      try database.rows(
        """
        SELECT data_type FROM information_schema.columns
        WHERE table_schema = \(schema) AND table_name = ? AND column_name = ?
        """, [.text(table.name), .text(column)]
      ).first?[0].string ?? ""
    if type.hasSuffix("int") { return .integer }
    return type == "date" ? .date : type == "datetime" ? .time : .other
  }

  /// Each begins where the one before it ends.
  private func partition(
    _ row: [Value], of table: PartitionedTable
  ) throws(AdapterError) -> TablePartition {
    let text = row[4].string ?? ""
    var partition = TablePartition(
      name: TableName(name: row[3].string ?? ""), rows: row[5].integer,
      sizeInBytes: row[6].integer)
    guard table.method == .range else {
      partition.bound = text.isEmpty ? nil : "VALUES IN (\(text))"
      partition.isDefault = text == "DEFAULT"
      return partition
    }
    let to: TablePartition.Bound =
      text == "MAXVALUE" ? .maximum : .value(try decoded(text, of: table))
    partition.range = TablePartition.Range(
      from: table.partitions.last?.range?.to ?? .minimum, to: to)
    partition.isDefault = to == .maximum
    return partition
  }

  private func decoded(_ text: String, of table: PartitionedTable) throws(AdapterError) -> String {
    if text.hasPrefix("'"), text.hasSuffix("'"), text.count > 1, !text.contains(",") {
      return String(text.dropFirst().dropLast())
    }
    guard table.keyKind != .integer, let encoding = Encoding(key: table.key), Int64(text) != nil
    else { return text }
    let parts = encoding.decoding.split(separator: "%", omittingEmptySubsequences: false)
    let sql = "SELECT CAST(\(parts.joined(separator: text)) AS CHAR)"
    return try database.rows(sql).first?[0].string ?? text
  }

  func canonicalBound(
    _ text: String, of table: PartitionedTable
  ) throws(AdapterError) -> String {
    let type: String
    switch table.keyKind {
    case .integer: type = "SIGNED"
    case .date: type = "DATE"
    case .time: type = "DATETIME"
    case .other: return text
    }
    if table.keyKind == .integer, Int64(text) != nil { return text }
    if table.keyKind != .integer,
      let found = try database.rows("SELECT CAST(CAST(? AS \(type)) AS CHAR)", [.text(text)])
        .first?[0].string
    {
      return found
    }
    throw noBound(text, of: table)
  }

  private func noBound(_ text: String, of table: PartitionedTable) -> AdapterError {
    AdapterError(
      .data, "'\(text)' is no bound for the key \(table.key)",
      hint: table.keyKind == .integer
        ? "write a whole number"
        : "write it as in \(Encoding(key: table.key) == .year ? "2024-01-01" : "2024-01-31")")
  }

  // MARK: Adding

  func addition(
    of partitions: [NewPartition], to table: PartitionedTable, movesRows: Bool
  ) throws(AdapterError) -> PartitionChange {
    let quoted = database.dialect.quote(table.name)
    if Encoding(key: table.key) == .year,
      let inYear = partitions.first(where: { !$0.to.hasSuffix("-01-01") })
    {
      throw noBound(inYear.to, of: table)
    }
    let definitions = partitions.map { partition in
      "PARTITION \(database.dialect.quote(name(of: partition))) "
        + "VALUES LESS THAN (\(encoded(partition.to, of: table)))"
    }
    var sql = "ALTER TABLE \(quoted) ADD PARTITION (\(definitions.joined(separator: ", ")))"
    if let rest = table.partitions.first(where: \.isDefault), let last = partitions.last {
      let name = database.dialect.quote(rest.name.name)
      if !movesRows, try holdsRows(name, before: last.to, of: table) {
        throw AdapterError(
          .conflict, "the partition \(rest.name.name) holds rows before \(last.to)",
          hint: "--move-rows moves them into the new partition")
      }
      let rewritten = definitions + ["PARTITION \(name) VALUES LESS THAN (MAXVALUE)"]
      sql =
        "ALTER TABLE \(quoted) REORGANIZE PARTITION \(name) INTO "
        + "(\(rewritten.joined(separator: ", ")))"
    }
    let made = partitions.map { partition in
      TablePartition(
        name: TableName(name: name(of: partition)),
        range: TablePartition.Range(from: .value(partition.from), to: .value(partition.to)))
    }
    return PartitionChange(statements: [sql], isTransactional: false, partitions: made)
  }

  private func name(of partition: NewPartition) -> String { partition.name ?? partition.suffix }

  private func encoded(_ text: String, of table: PartitionedTable) -> String {
    let literal = database.dialect.literal(text)
    if table.keyKind == .integer { return text }
    return Encoding(key: table.key).map { "\($0.rawValue.uppercased())(\(literal))" } ?? literal
  }

  private func holdsRows(
    _ partition: String, before bound: String, of table: PartitionedTable
  ) throws(AdapterError) -> Bool {
    let sql =
      "SELECT 1 FROM \(database.dialect.quote(table.name)) PARTITION (\(partition)) "
      + "WHERE \(table.key) < \(encoded(bound, of: table)) LIMIT 1"
    return try !database.rows(sql).isEmpty
  }

  // MARK: Removing

  func removal(
    of partitions: [TablePartition], from table: PartitionedTable, _ manner: PartitionRemoval
  ) throws(AdapterError) -> PartitionChange {
    guard !manner.isConcurrent else {
      throw AdapterError(
        .unavailable, "\(database.displayName) does not support detaching concurrently",
        hint: "leave out --concurrently: DROP PARTITION takes no longer than its lock")
    }
    let quoted = database.dialect.quote(table.name)
    let names = partitions.map { database.dialect.quote($0.name.name) }
    guard manner.keepsTable else {
      return PartitionChange(
        statements: ["ALTER TABLE \(quoted) DROP PARTITION \(names.joined(separator: ", "))"],
        isTransactional: false, partitions: partitions)
    }
    guard database.isMariaDB else {
      throw AdapterError(
        .unavailable, "\(database.displayName) does not support detaching a partition",
        hint: "EXCHANGE PARTITION swaps its rows with those of an empty table")
    }
    let statements = zip(partitions, names).map { partition, name in
      let kept = TableName(
        schema: table.name.schema, name: table.name.name + "_" + partition.name.name)
      return "ALTER TABLE \(quoted) CONVERT PARTITION \(name) TO TABLE "
        + database.dialect.quote(kept)
    }
    return PartitionChange(
      statements: statements, isTransactional: false, partitions: partitions)
  }
}
