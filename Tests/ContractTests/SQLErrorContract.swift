import AdapterCore
import Testing

/// Kinds, positions and codes of errors, on every backend.
@Suite struct SQLErrorContract {
  private func failure(
    _ sql: SQLText, _ database: any SQLDatabase, _ values: [Value] = []
  ) throws -> AdapterError {
    try #require(throws: AdapterError.self) {
      let statement = try database.prepare(sql)
      try statement.run(with: values)
    }
  }

  @Test(arguments: SQLBackend.all)
  func aSyntaxErrorTellsWhereItIs(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let text = SQLText(
      "SELECT 1,\n  'naïve',, x", position: SourcePosition(file: "q.sql", line: 10, column: 5))
    let error = try failure(text, database)
    #expect(error.kind == .failed)
    #expect(error.position?.file == "q.sql")
    #expect(error.position?.line == 11)
    if backend.reportsColumn { #expect(error.position?.column == 11) }
    #expect(error.code != nil)
  }

  @Test(arguments: SQLBackend.all)
  func anErrorOfTheFirstLineCountsFromWhereTheStatementBegins(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let text = SQLText("SELEC 1", position: SourcePosition(line: 3, column: 9))
    let error = try failure(text, database)
    #expect(error.position?.line == 3)
    if backend.reportsColumn { #expect(error.position?.column == 9) }
  }

  @Test(arguments: SQLBackend.all)
  func unknownTablesAndColumnsAreNamed(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE users (id \(backend.types.integer))")
    let cases = [
      ("SELECT * FROM usrs", "usrs"), ("SELECT nam FROM users", "nam"),
      ("INSERT INTO users (idd) VALUES (1)", "idd"), ("DROP TABLE nothing", "nothing"),
    ]
    for (sql, name) in cases {
      let error = try failure(SQLText(sql), database)
      #expect(error.kind == .failed, "\(sql)")
      #expect(error.message.contains(name), "\(error.message)")
      #expect(error.position?.line == 1)
    }
  }

  @Test(arguments: SQLBackend.all)
  func doubleQuotesNeverMakeAStringOfAMisspeltColumn(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE users (id \(backend.types.integer))")
    let quoted = database.dialect.quote("nmae")
    let error = try failure(SQLText("SELECT \(quoted) FROM users"), database)
    #expect(error.kind == .failed)
    #expect(error.message.contains("nmae"))
  }

  @Test(arguments: SQLBackend.all)
  func constraintsFailWithoutShowingTheValue(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute(
      "CREATE TABLE k (id \(backend.types.key) PRIMARY KEY, n \(backend.types.integer) NOT NULL, "
        + "CHECK (n < 100))")
    try database.execute(
      "CREATE TABLE f (k \(backend.types.key), FOREIGN KEY (k) REFERENCES k (id))")
    let insert = SQLText("INSERT INTO k (id, n) VALUES (?, ?)")
    try database.execute(insert.text, [.text("secret-1"), .int(1)])
    let rows: [[Value]] = [
      [.text("secret-1"), .int(2)], [.text("secret-2"), .null], [.text("secret-3"), .int(100)],
    ]
    for row in rows {
      let error = try failure(insert, database, row)
      #expect(error.kind == .failed)
      #expect(!error.message.contains("secret"))
      #expect(!error.isRetryable)
    }
    let orphan = try failure(
      SQLText("INSERT INTO f (k) VALUES (?)"), database, [.text("secret-9")])
    #expect(orphan.kind == .failed)
    #expect(try database.rows("SELECT count(*) FROM k") == [[.int(1)]])
  }

  @Test(arguments: SQLBackend.all)
  func aConnectionForReadingRefusesEveryWrite(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let writer = try scratch.open()
    try writer.execute("CREATE TABLE t (a \(backend.types.integer))")
    try writer.execute("INSERT INTO t (a) VALUES (1)")
    let reader = try scratch.open(.read)
    let writes = [
      "INSERT INTO t (a) VALUES (2)", "UPDATE t SET a = 2", "DELETE FROM t", "DROP TABLE t",
      "CREATE TABLE u (a \(backend.types.integer))",
    ]
    for sql in writes {
      #expect(try reader.prepare(SQLText(sql)).isReadOnly == false)
      let error = try failure(SQLText(sql), reader)
      #expect(error.kind == .failed, "\(sql): \(error)")
      #expect(error.hint?.contains("exec") == true)
    }
    #expect(try reader.prepare(SQLText("SELECT a FROM t")).isReadOnly)
    #expect(try reader.rows("SELECT a FROM t") == [[.int(1)]])
    #expect(try writer.schema(table: nil).tables.map(\.name.name) == ["t"])
  }
}
