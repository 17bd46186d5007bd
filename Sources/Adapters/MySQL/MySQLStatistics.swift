import AdapterCore

extension MySQLDatabase {
  var statistics: (any DatabaseStatistics)? { MySQLStatistics(self) }
  var indexStatistics: (any IndexStatistics)? { MySQLIndexStatistics(self) }
}

/// Sizes of the database and its tables, from information_schema.
final class MySQLStatistics: DatabaseStatistics {
  /// Tables with more rows than this are not counted: the engine's estimate is given.
  private static let mostCountedRows: Int64 = 100_000

  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  func statistics(into sink: any RowSink) throws(AdapterError) {
    try database.requireDatabase()
    let writer = try StatisticsWriter(into: sink)
    let tables = try database.rows(
      """
      SELECT table_name, data_length, index_length, data_free, table_rows, engine
      FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_type <> 'VIEW' ORDER BY table_name
      """)
    try writeDatabase(tables, to: writer)
    try MySQLActivity(database).write(to: writer)
    for table in tables { try write(table, to: writer) }
    try writer.finish()
  }

  private func writeDatabase(
    _ tables: [[Value]], to writer: StatisticsWriter
  ) throws(AdapterError) {
    let name = try database.rows("SELECT DATABASE()").first?.first?.string ?? ""
    let size = tables.reduce(0) { $0 + (number($1[1]) ?? 0) + (number($1[2]) ?? 0) }
    try writer.write(.database, name, "size", .int(size), unit: "bytes")
    let variables = try database.rows(
      "SELECT @@version, @@character_set_database, @@collation_database, @@sql_mode, "
        + "@@max_connections")
    let figures = ["version", "character_set", "collation", "sql_mode", "max_connections"]
    for (figure, value) in zip(figures, variables.first ?? []) {
      try writer.write(.database, name, figure, value)
    }
    let status = try database.rows(
      """
      SHOW GLOBAL STATUS WHERE Variable_name IN
        ('Threads_connected', 'Threads_running', 'Max_used_connections', 'Slow_queries', 'Uptime',
         'Questions', 'Aborted_connects', 'Aborted_clients', 'Innodb_deadlocks',
         'Innodb_row_lock_waits', 'Innodb_row_lock_current_waits', 'Created_tmp_disk_tables',
         'Slaves_connected', 'Innodb_buffer_pool_reads', 'Innodb_buffer_pool_read_requests')
      """)
    for row in status {
      let value = row[1].string.flatMap { Int64($0) }.map { Value.int($0) } ?? row[1]
      let figure = row[0].string?.lowercased() ?? ""
      try writer.write(
        .database, name, figure, value, unit: figure == "uptime" ? "seconds" : nil)
    }
    try writeHitRatio(status, name, to: writer)
  }

  /// How much of what InnoDB read was in memory.
  private func writeHitRatio(
    _ status: [[Value]], _ name: String, to writer: StatisticsWriter
  ) throws(AdapterError) {
    func counter(_ counter: String) -> Double {
      let row = status.first { $0[0].string?.lowercased() == counter }
      return row?[1].string.flatMap { Double($0) } ?? 0
    }
    let requests = counter("innodb_buffer_pool_read_requests")
    let misses = counter("innodb_buffer_pool_reads")
    let ratio = 100 * (1 - misses / max(requests, 1))
    try writer.write(
      .database, name, "cache_hit_ratio",
      requests > 0 ? .double((ratio * 100).rounded() / 100) : .null, unit: "percent")
  }

  private func write(_ table: [Value], to writer: StatisticsWriter) throws(AdapterError) {
    let name = table[0].string ?? ""
    for (index, figure) in [(1, "size"), (2, "index_size"), (3, "free")] {
      try writer.write(.table, name, figure, table[index].asInteger, unit: "bytes")
    }
    if let estimate = number(table[4]), estimate > Self.mostCountedRows {
      try writer.write(.table, name, "estimated_rows", .int(estimate), unit: "rows")
    } else {
      let count = try database.rows("SELECT count(*) FROM \(database.dialect.quote(name))")
      try writer.write(.table, name, "rows", count.first?.first ?? .null, unit: "rows")
    }
    try writer.write(.table, name, "engine", table[5])
  }

  private func number(_ value: Value) -> Int64? {
    value.integer ?? value.string.flatMap { Int64($0) }
  }
}

/// Sizes of indexes by InnoDB's own statistics, and their use where performance_schema counts it.
final class MySQLIndexStatistics: IndexStatistics {
  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  func indexFigures() throws(AdapterError) -> [IndexFigures] {
    let scans = try scans()
    let sizes = try sizes()
    let found = try database.rows(
      """
      SELECT DISTINCT table_name, index_name, index_type FROM information_schema.statistics
      WHERE table_schema = DATABASE()
      """)
    return found.map { row in
      let (table, name) = (row[0].string ?? "", row[1].string ?? "")
      // Nothing counts the use of a FULLTEXT index.
      let isCounted = row[2].string != "FULLTEXT"
      return IndexFigures(
        table: TableName(name: table), name: name, sizeInBytes: sizes["\(table).\(name)"],
        scans: isCounted ? scans["\(table).\(name)"] : nil)
    }
  }

  /// Empty for a user who may not read the mysql database.
  private func sizes() throws(AdapterError) -> [String: Int] {
    try figures(
      """
      SELECT table_name, index_name, stat_value * @@innodb_page_size
      FROM mysql.innodb_index_stats WHERE database_name = DATABASE() AND stat_name = 'size'
      """)
  }

  /// Empty where performance_schema is off, which counts nothing then.
  private func scans() throws(AdapterError) -> [String: Int] {
    try figures(
      """
      SELECT object_name, index_name, count_read
      FROM performance_schema.table_io_waits_summary_by_index_usage
      WHERE object_schema = DATABASE() AND index_name IS NOT NULL AND @@performance_schema
      """)
  }

  private func figures(_ sql: String) throws(AdapterError) -> [String: Int] {
    do throws(AdapterError) {
      var figures: [String: Int] = [:]
      for row in try database.rows(sql) {
        let number = row[2].integer ?? row[2].string.flatMap { Int64($0) }
        figures["\(row[0].string ?? "").\(row[1].string ?? "")"] = number.map { Int($0) }
      }
      return figures
    } catch {
      guard error.kind == .denied || error.kind == .failed else { throw error }
      return [:]
    }
  }
}

extension Value {
  /// Sums and sizes are decimals in this protocol.
  fileprivate var asInteger: Value {
    string.flatMap { Int64($0) }.map { .int($0) } ?? self
  }
}
