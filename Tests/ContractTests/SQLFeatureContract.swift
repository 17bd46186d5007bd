import AdapterCore
import Testing

/// The optional features, on every backend: there, or refused by name.
@Suite struct SQLFeatureContract {
  @Test(arguments: SQLBackend.all, SQLBackend.Feature.allCases)
  func aFeatureIsThereOrUnavailableByItsName(
    _ backend: SQLBackend, _ feature: SQLBackend.Feature
  ) throws {
    let database = try backend.makeDatabase().open()
    func get() throws(AdapterError) {
      switch feature {
      case .backup: _ = try database.require(database.backup, feature.rawValue)
      case .search: _ = try database.require(database.search, feature.rawValue)
      case .statistics: _ = try database.require(database.statistics, feature.rawValue)
      case .partitions: _ = try database.require(database.partitioning, feature.rawValue)
      }
    }
    if backend.features.contains(feature) { return try get() }
    let error = try #require(throws: AdapterError.self) { try get() }
    #expect(error.kind == .unavailable)
    #expect(error.message.contains(feature.rawValue))
  }

  @Test(arguments: SQLBackend.all)
  func pingAnswers(_ backend: SQLBackend) throws {
    try backend.makeDatabase().open(.read).ping()
  }

  @Test(arguments: SQLBackend.all.filter { $0.features.contains(.statistics) })
  func statisticsCountTheRowsOfEachTable(_ backend: SQLBackend) throws {
    let database = try backend.makeDatabase().open()
    for (table, count) in [("few", 3), ("none", 0), ("many", 2000)] {
      try database.execute("CREATE TABLE \(table) (id \(backend.types.integer) PRIMARY KEY)")
      let insert = try database.prepare(SQLText("INSERT INTO \(table) (id) VALUES (?)"))
      try database.transaction(.write) { () throws(AdapterError) in
        for number in 0..<count { try insert.run(with: [.int(Int64(number))]) }
      }
    }
    let rows = RowCollector()
    try database.require(database.statistics, "statistics").statistics(into: rows)
    #expect(rows.columns.map(\.name) == ["kind", "name", "figure", "value", "unit"])
    func figure(_ name: String) -> [Value] {
      rows.rows.filter { $0[0] == .text("table") && $0[1] == .text(name) && $0[2] == .text("rows") }
        .map { $0[3] }
    }
    #expect(figure("few") == [.int(3)])
    #expect(figure("none") == [.int(0)])
    #expect(figure("many") == [.int(2000)])
    let size = rows.rows.first { $0[0] == .text("database") && $0[2] == .text("size") }
    #expect((size?[3].integer ?? 0) > 0)
    #expect(size?[4] == .text("bytes"))
  }
}
