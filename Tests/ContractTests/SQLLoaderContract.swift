import AdapterCore
import Testing

/// Loading rows into a table, on every backend.
@Suite struct SQLLoaderContract {
  private static let columns = ["id", "name", "score"].map { Column(name: $0) }

  /// A database with `people (id, name, score)`, the id unique and the name required.
  private func makePeople(
    _ backend: SQLBackend
  ) throws -> (scratch: any ScratchDatabase, database: any SQLDatabase) {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let types = backend.types
    try database.execute(
      "CREATE TABLE people (id \(types.integer) PRIMARY KEY, name \(types.text) NOT NULL, "
        + "score \(types.real))")
    return (scratch, database)
  }

  /// Loads rows in one transaction; a refused row must be `data`, and is skipped. Returns how many
  /// were refused.
  @discardableResult
  private func load(
    _ rows: [[Value]], _ mode: LoadMode = .append, columns: [Column] = Self.columns,
    into database: any SQLDatabase
  ) throws -> Int {
    var refused = 0
    try database.begin(.write)
    do {
      let loader = try database.makeLoader(
        LoadRequest(
          table: TableName(name: "people"), mode: mode, skipsRefusedRows: true,
          onLateRefusal: { (_, error) throws(AdapterError) in
            #expect(error.kind == .data)
            refused += 1
          }))
      try loader.begin(columns: columns)
      for row in rows {
        do throws(AdapterError) {
          try loader.load(row)
        } catch {
          guard error.kind == .data else { throw error }
          refused += 1
        }
      }
      try loader.finish()
      #expect(loader.rowsLoaded == rows.count - refused)
      try database.commit()
    } catch {
      database.rollback()
      throw error
    }
    return refused
  }

  private func people(_ database: any SQLDatabase) throws -> [[Value]] {
    try database.rows("SELECT id, name, score FROM people ORDER BY id")
  }

  @Test(arguments: SQLBackend.all)
  func appendAddsRows(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    try load([[.int(1), .text("Ada"), .double(1.5)]], into: database)
    try load([[.int(2), .text(""), .null]], into: database)
    #expect(
      try people(database) == [
        [.int(1), .text("Ada"), .double(1.5)], [.int(2), .text(""), .null],
      ])
  }

  @Test(arguments: SQLBackend.all)
  func columnsAreMappedByNameInAnyOrder(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    try load(
      [[.text("Ada"), .int(1)]], columns: [Column(name: "NAME"), Column(name: "id")],
      into: database)
    #expect(try people(database) == [[.int(1), .text("Ada"), .null]])
  }

  @Test(arguments: SQLBackend.all)
  func textIsConvertedToTheColumnsType(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    try load([[.text("7"), .text("7"), .text("2.5e1")]], into: database)
    #expect(try people(database) == [[.int(7), .text("7"), .double(25)]])
  }

  @Test(arguments: SQLBackend.all)
  func refusedRowsLeaveNoTraceAndLoadingGoesOn(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    let rows: [[Value]] = [
      [.int(1), .text("Ada"), .null],
      [.int(1), .text("a second one"), .null],
      [.int(2), .null, .null],
      [.text("three"), .text("no number"), .null],
      [.int(4), .text("Grace"), .text("high")],
      [.text(""), .text("an empty number"), .null],
      [.int(5), .text("Edsger"), .int(3)],
    ]
    #expect(try load(rows, into: database) == 5)
    #expect(try people(database).map { $0[0] } == [.int(1), .int(5)])
  }

  @Test(arguments: SQLBackend.all)
  func replaceEmptiesTheTableInTheSameTransaction(_ backend: SQLBackend) throws {
    let (scratch, database) = try makePeople(backend)
    try load([[.int(1), .text("old"), .null]], into: database)
    let other = try scratch.open(.read)
    try database.begin(.write)
    let loader = try database.makeLoader(
      LoadRequest(table: TableName(name: "people"), mode: .replace))
    try loader.begin(columns: Self.columns)
    try loader.load([.int(2), .text("new"), .null])
    #expect(try people(other) == [[.int(1), .text("old"), .null]])
    database.rollback()
    #expect(try people(database) == [[.int(1), .text("old"), .null]])
    try load([[.int(3), .text("new"), .null]], .replace, into: database)
    #expect(try people(database) == [[.int(3), .text("new"), .null]])
  }

  @Test(arguments: SQLBackend.all)
  func upsertUpdatesRowsWithTheSameKey(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    try load(
      [[.int(1), .text("Ada"), .double(1)], [.int(2), .text("Bob"), .null]], into: database)
    let rows: [[Value]] = [[.int(2), .text("Barbara")], [.int(3), .text("Carol")]]
    let columns = [Column(name: "id"), Column(name: "name")]
    try load(rows, .upsert(key: ["id"]), columns: columns, into: database)
    // A column that does not come in keeps its value.
    try load([[.int(1), .text("Ada L.")]], .upsert(key: ["ID"]), columns: columns, into: database)
    #expect(
      try people(database) == [
        [.int(1), .text("Ada L."), .double(1)], [.int(2), .text("Barbara"), .null],
        [.int(3), .text("Carol"), .null],
      ])
  }

  @Test(arguments: SQLBackend.all)
  func upsertOfKeysAloneInsertsWhatIsMissing(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE people (id \(backend.types.integer) PRIMARY KEY)")
    for _ in 1...2 {
      try load(
        [[.int(1)], [.int(2)]], .upsert(key: ["id"]), columns: [Column(name: "id")],
        into: database)
    }
    #expect(try database.rows("SELECT count(*) FROM people") == [[.int(2)]])
  }

  @Test(arguments: SQLBackend.all)
  func anUpsertKeyThatIsNoKeyIsRefused(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    for key in [["name"], ["nothing"]] {
      let error = try #require(throws: AdapterError.self) {
        try load([[.int(1), .text("x"), .null]], .upsert(key: key), into: database)
      }
      #expect([.failed, .notFound, .usage].contains(error.kind), "\(error)")
      #expect(error.hint != nil, "\(error)")
      #expect(!database.isInTransaction)
    }
    #expect(try people(database).isEmpty)
  }

  @Test(arguments: SQLBackend.all)
  func unknownTablesAndColumnsAreRefusedWithTheirName(_ backend: SQLBackend) throws {
    let (_, database) = try makePeople(backend)
    let noTable = try #require(throws: AdapterError.self) {
      _ = try database.makeLoader(LoadRequest(table: TableName(name: "peple")))
    }
    #expect(noTable.kind == .notFound)
    #expect(noTable.hint?.contains("people") == true)
    let noColumn = try #require(throws: AdapterError.self) {
      try load([], columns: [Column(name: "id"), Column(name: "nmae")], into: database)
    }
    #expect(noColumn.kind == .notFound)
    #expect(noColumn.message.contains("nmae"))
    let twice = try #require(throws: AdapterError.self) {
      try load([], columns: [Column(name: "id"), Column(name: "ID")], into: database)
    }
    #expect(twice.kind == .data)
  }

  @Test(arguments: SQLBackend.all)
  func manyRowsOfEveryKindAreLoaded(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let types = backend.types
    try database.execute(
      "CREATE TABLE people (a \(types.integer), b \(types.real), c \(types.text), "
        + "d \(types.bytes), e \(types.json), f \(types.boolean))")
    let columns = ["a", "b", "c", "d", "e", "f"].map { Column(name: $0) }
    let nulls: [Value] = Array(repeating: .null, count: 6)
    var rows: [[Value]] = []
    for number in 0..<5000 {
      let row: [Value] = [
        .int(Int64(number)), .double(Double(number) / 3), .text("row \(number)"),
        .bytes([UInt8(number % 256), 0]), .json("[\(number)]"), .bool(true),
      ]
      rows.append(number % 7 == 0 ? nulls : row)
    }
    #expect(try load(rows, columns: columns, into: database) == 0)
    let expected = rows.filter { $0 != nulls }.map { Array($0.dropLast()) + [backend.trueReadsAs] }
    let found = try database.rows("SELECT * FROM people WHERE a IS NOT NULL ORDER BY a")
    #expect(found == expected)
  }
}
