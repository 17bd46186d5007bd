import AdapterCore

extension PostgreSQLDatabase {
  var indexStatistics: (any IndexStatistics)? { PostgreSQLIndexStatistics(self) }

  /// Sizes and uses (pg_stat_all_indexes) of the indexes of tables by their OIDs; nil: of all tables
  /// but the server's own.
  func indexFigures(ofTables tables: [Int64]?) throws(AdapterError) -> [IndexFigures] {
    let filter = PostgreSQLCatalog.filter(tables)
    let found = try rows(
      """
      SELECT CASE WHEN pg_table_is_visible(t.oid) THEN NULL ELSE n.nspname END, t.relname, c.relname,
        pg_relation_size(c.oid), s.idx_scan, i.indisvalid
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
      JOIN pg_namespace n ON n.oid = t.relnamespace
      LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
      WHERE \(filter("i.indrelid")) ORDER BY n.nspname, t.relname, c.relname
      """)
    return found.map { row in
      IndexFigures(
        table: TableName(schema: row[0].string, name: row[1].string ?? ""),
        name: row[2].string ?? "", sizeInBytes: row[3].integer.map { Int($0) },
        scans: row[4].integer.map { Int($0) }, isValid: row[5] == .bool(true))
    }
  }
}

/// Sizes, uses and validity of indexes.
final class PostgreSQLIndexStatistics: IndexStatistics {
  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  func indexFigures() throws(AdapterError) -> [IndexFigures] {
    try database.indexFigures(ofTables: nil)
  }
}
