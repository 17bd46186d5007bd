import AdapterCore
import Testing

/// The catalog, on every backend.
@Suite struct SQLSchemaContract {
  /// Statements that use most of what a schema describes.
  private func statements(_ types: SQLBackend.Types) -> [String] {
    [
      """
      CREATE TABLE countries (code \(types.key) PRIMARY KEY, name \(types.text) NOT NULL)
      """,
      """
      CREATE TABLE cities (
        country \(types.key) NOT NULL, number \(types.integer) NOT NULL,
        name \(types.key) DEFAULT 'none', size \(types.real),
        PRIMARY KEY (country, number), UNIQUE (name),
        FOREIGN KEY (country) REFERENCES countries (code) ON DELETE CASCADE)
      """,
      "CREATE INDEX cities_by_size ON cities (size, name)",
      "CREATE VIEW big_cities AS SELECT name FROM cities WHERE size > 1000000",
    ]
  }

  private func makeWorld(_ backend: SQLBackend) throws -> any SQLDatabase {
    let database = try backend.makeDatabase().open()
    for statement in statements(backend.types) { try database.execute(statement) }
    return database
  }

  @Test(arguments: SQLBackend.all)
  func tablesAndViewsComeByNameWithTheirColumns(_ backend: SQLBackend) throws {
    let schema = try makeWorld(backend).schema(table: nil)
    #expect(schema.tables.map(\.name.name) == ["big_cities", "cities", "countries"])
    #expect(schema.tables.map(\.kind) == [.view, .table, .table])
    let cities = schema.tables[1]
    #expect(cities.columns.map(\.name) == ["country", "number", "name", "size"])
    #expect(cities.columns.map(\.isNullable) == [false, false, true, true])
    #expect(cities.columns.map { $0.defaultExpression != nil } == [false, false, true, false])
    #expect(cities.columns.allSatisfy { !$0.isGenerated && !$0.type.isEmpty })
    #expect(schema.tables[0].columns.map(\.name) == ["name"])
  }

  @Test(arguments: SQLBackend.all)
  func keysAndIndexesAreDescribed(_ backend: SQLBackend) throws {
    let cities = try #require(makeWorld(backend).schema(table: "cities").tables.first)
    #expect(cities.primaryKey == ["country", "number"])
    let key = try #require(cities.foreignKeys.first)
    #expect(key.columns == ["country"])
    #expect(key.referencedTable == "countries")
    #expect(key.referencedColumns == ["code"])
    #expect(key.onDelete == "CASCADE")
    #expect(key.onUpdate == "NO ACTION")
    let created = cities.indexes.filter { !$0.isConstraint }
    #expect(created.map(\.name) == ["cities_by_size"])
    #expect(created.map(\.columns) == [["size", "name"]])
    #expect(created.map(\.isUnique) == [false])
    #expect(cities.indexes.contains { $0.isConstraint && $0.isUnique && $0.columns == ["name"] })
  }

  @Test(arguments: SQLBackend.all)
  func oneTableIsFoundWhateverItsCaseAndAMissingOneIsNotFound(_ backend: SQLBackend) throws {
    let database = try makeWorld(backend)
    #expect(try database.schema(table: "cities").tables.map(\.name.name) == ["cities"])
    let error = try #require(throws: AdapterError.self) { try database.schema(table: "cites") }
    #expect(error.kind == .notFound)
    #expect(error.hint?.contains("cities") == true)
  }

  @Test(arguments: SQLBackend.all)
  func namesNeedNoCareOfTheCaller(_ backend: SQLBackend) throws {
    let database = try backend.makeDatabase().open()
    let dialect = database.dialect
    let names = ["order", "with space", "qu\"ote", "tick`s", "semi;colon", "ünïcode", "a.b"]
    for name in names {
      try database.execute(
        "CREATE TABLE \(dialect.quote(name)) (\(dialect.quote(name)) \(backend.types.integer))")
    }
    let schema = try database.schema(table: nil)
    #expect(Set(schema.tables.map(\.name.name)) == Set(names))
    for name in names {
      let table = try #require(database.schema(table: name).tables.first)
      #expect(table.columns.map(\.name) == [name])
      let loader = try database.makeLoader(LoadRequest(table: TableName(name: name)))
      try loader.begin(columns: [Column(name: name)])
      try loader.load([.int(1)])
      #expect(try database.rows("SELECT count(*) FROM \(dialect.quote(name))") == [[.int(1)]])
    }
  }

  @Test(arguments: SQLBackend.all)
  func whatTheCatalogKeepsMakesTheSameSchemaAgain(_ backend: SQLBackend) throws {
    let schema = try makeWorld(backend).schema(table: nil)
    let copy = try backend.makeDatabase().open()
    let ordered = ["countries", "cities", "big_cities"].compactMap { name in
      schema.tables.first { $0.name.name == name }
    }
    for table in ordered {
      // An engine whose catalog keeps no statements has nothing to compare.
      guard let sql = table.sql else { return }
      try copy.execute(sql)
      for index in table.indexes { if let sql = index.sql { try copy.execute(sql) } }
      for trigger in table.triggers { try copy.execute(trigger.sql) }
    }
    #expect(try copy.schema(table: nil) == schema)
  }

  @Test(arguments: SQLBackend.all)
  func aTableIsCreatedFromTheColumnsOfAResult(_ backend: SQLBackend) throws {
    let database = try makeWorld(backend)
    try database.execute("INSERT INTO countries (code, name) VALUES ('nl', 'Nederland')")
    try database.execute("INSERT INTO cities VALUES ('nl', 1, 'Utrecht', 361.924)")
    let rows = RowCollector()
    try database.execute("SELECT * FROM cities", into: rows)
    let table = TableName(name: "copy of cities")
    try database.execute(
      database.createTableStatement(
        table, columns: rows.columns, primaryKey: ["country", "number"])
    )
    let created = try #require(database.schema(table: table.name).tables.first)
    #expect(created.columns.map(\.name) == ["country", "number", "name", "size"])
    #expect(created.primaryKey == ["country", "number"])
    let loader = try database.makeLoader(LoadRequest(table: table))
    try loader.begin(columns: rows.columns)
    for row in rows.rows { try loader.load(row) }
    #expect(try database.rows("SELECT * FROM \(database.dialect.quote(table))") == rows.rows)
  }

  @Test(arguments: SQLBackend.all)
  func aTableIsCreatedFromKindsAlone(_ backend: SQLBackend) throws {
    let database = try backend.makeDatabase().open()
    let kinds: [Column.Kind] = [
      .integer, .real, .decimal, .text, .bytes, .json, .boolean, .timestamp, .unknown,
    ]
    let columns = kinds.map { Column(name: $0.rawValue, kind: $0) }
    let table = TableName(name: "kinds")
    try database.execute(database.createTableStatement(table, columns: columns, primaryKey: []))
    let row: [Value] = [
      .int(1), .double(1.5), .decimal("12345678901234567890.5"), .text("x"), .bytes([0, 255]),
      .json("[1]"), .bool(true), .text("2024-02-29 12:00:00"), .text("x"),
    ]
    let loader = try database.makeLoader(LoadRequest(table: table))
    try loader.begin(columns: columns)
    try loader.load(row)
    let found = try #require(database.rows("SELECT * FROM kinds").first)
    var expected = row
    expected[6] = backend.trueReadsAs
    let decimal = try #require(found[2].string)
    // A column of fixed scale adds zeros.
    #expect(Set(decimal.dropFirst(22)).isSubset(of: ["0"]), "\(decimal)")
    expected[2] = found[2]
    #expect(found[2] == backend.decimalReadsAs(decimal))
    #expect(decimal.hasPrefix("12345678901234567890.5"))
    #expect(
      found.enumerated().filter { $0.offset != 7 }.map(\.element)
        == expected.enumerated().filter { $0.offset != 7 }.map(\.element))
  }
}
