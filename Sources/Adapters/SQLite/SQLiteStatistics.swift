import AdapterCore
import Platform

extension SQLiteDatabase {
  var statistics: (any DatabaseStatistics)? { SQLiteStatistics(self) }
}

/// Sizes and settings of the file, and what each table and index takes of it.
final class SQLiteStatistics: DatabaseStatistics {
  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  func statistics(into sink: any RowSink) throws(AdapterError) {
    let writer = try StatisticsWriter(into: sink)
    // One view of the database, so that the figures add up.
    try database.begin(.read)
    defer { database.rollback() }
    try writeDatabase(to: writer)
    try writeTables(to: writer)
    try writer.finish()
  }

  private func writeDatabase(to writer: StatisticsWriter) throws(AdapterError) {
    let name = database.displayName
    let pageSize = try database.integerPragma("page_size")
    let pages = try database.integerPragma("page_count")
    let freePages = try database.integerPragma("freelist_count")
    let logSize = (try? FileStatus(path: database.path + "-wal"))?.size ?? 0
    let sizes: [(figure: String, value: Int, unit: String)] = [
      ("size", pages * pageSize, "bytes"), ("free", freePages * pageSize, "bytes"),
      ("wal_size", logSize, "bytes"), ("page_size", pageSize, "bytes"),
      ("page_count", pages, "pages"), ("freelist_count", freePages, "pages"),
    ]
    for size in sizes {
      try writer.write(.database, name, size.figure, .int(Int64(size.value)), unit: size.unit)
    }
    for setting in ["journal_mode", "encoding"] {
      try writer.write(.database, name, setting, .text(try database.textPragma(setting)))
    }
    for setting in ["auto_vacuum", "schema_version", "user_version", "application_id"] {
      let value = try database.integerPragma(setting)
      try writer.write(.database, name, setting, .int(Int64(value)))
    }
  }

  /// Reads every page of the file once (the dbstat virtual table), which counts the rows as well: the
  /// cells of a table's leaves, and of all pages where the primary key is the tree itself.
  private func writeTables(to writer: StatisticsWriter) throws(AdapterError) {
    guard SQLiteAdapter.compileOptions.contains("ENABLE_DBSTAT_VTAB") else {
      return database.operation.note("sizes of tables need an SQLite with ENABLE_DBSTAT_VTAB")
    }
    let found = try database.rows(
      """
      WITH pages AS (
        SELECT name, sum(pgsize) AS bytes, sum(unused) AS unused, sum(ncell) AS cells,
          sum(ncell) FILTER (WHERE pagetype = 'leaf') AS leaf_cells
        FROM dbstat GROUP BY name
      )
      SELECT coalesce(s.type, 'table'), p.name, p.bytes, p.unused,
        CASE WHEN s.type = 'index' THEN NULL
             WHEN l.wr THEN p.cells ELSE p.leaf_cells END
      FROM pages p
      LEFT JOIN sqlite_schema s ON s.name = p.name
      LEFT JOIN pragma_table_list l ON l.schema = 'main' AND l.name = p.name
      ORDER BY coalesce(s.tbl_name, p.name), s.type = 'index', p.name
      """)
    for row in found {
      let kind = row[0].string.flatMap(StatisticsWriter.Kind.init) ?? .table
      let name = row[1].string ?? ""
      try writer.write(kind, name, "size", row[2], unit: "bytes")
      try writer.write(kind, name, "free", row[3], unit: "bytes")
      if kind == .table { try writer.write(kind, name, "rows", row[4], unit: "rows") }
    }
  }
}
