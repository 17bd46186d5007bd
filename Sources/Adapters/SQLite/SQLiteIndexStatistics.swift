import AdapterCore

extension SQLiteDatabase {
  var indexStatistics: (any IndexStatistics)? { SQLiteIndexStatistics(self) }
}

/// Sizes of indexes from the dbstat virtual table; SQLite does not count their use.
final class SQLiteIndexStatistics: IndexStatistics {
  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  func indexFigures() throws(AdapterError) -> [IndexFigures] {
    guard SQLiteAdapter.compileOptions.contains("ENABLE_DBSTAT_VTAB") else { return [] }
    let found = try database.rows(
      """
      SELECT s.tbl_name, s.name, sum(p.pgsize) FROM sqlite_schema s JOIN dbstat p USING (name)
      WHERE s.type = 'index' GROUP BY s.name
      """)
    return found.map {
      IndexFigures(
        table: TableName(name: $0[0].string ?? ""), name: $0[1].string ?? "",
        sizeInBytes: $0[2].integer.map { Int($0) })
    }
  }
}
