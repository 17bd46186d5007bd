import AdapterCore
import Testing

@testable import SQLite

/// What SQLite alone does to a table that has a search index.
@Suite struct SQLiteSearchTests {
  private func makeTable(_ statements: String...) throws -> any SQLDatabase {
    let database = try SQLBackend.sqlite.makeDatabase().open()
    for statement in statements { try database.execute(statement) }
    return database
  }

  private func index(
    _ database: any SQLDatabase, _ table: String = "t", columns: [String] = [],
    tokenizer: String? = nil
  ) throws {
    _ = try database.require(database.search, "search").createIndex(
      SearchIndexRequest(table: TableName(name: table), columns: columns, tokenizer: tokenizer))
  }

  private func found(
    _ query: String, _ database: any SQLDatabase, in table: String = "t", native: Bool = false
  ) throws -> [Value] {
    let rows = RowCollector()
    let query: SearchRequest.Query = native ? .native(query) : .words(try SearchWords(query))
    try database.require(database.search, "search")
      .search(SearchRequest(table: TableName(name: table), query: query), into: rows)
    return rows.rows.map { $0[0] }
  }

  @Test func rowsThatReplaceRemovesAreNoLongerFound() throws {
    let database = try makeTable(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, slug TEXT UNIQUE, x TEXT)",
      "INSERT INTO t VALUES (1, 'a', 'apple'), (2, 'b', 'banana')")
    try index(database, columns: ["x"])
    try database.execute("INSERT OR REPLACE INTO t VALUES (1, 'a', 'apricot')")
    #expect(try found("apple", database).isEmpty)
    #expect(try found("apricot", database) == [.int(1)])
    // This removes row 2 by its slug, for which SQLite runs no trigger.
    try database.execute("REPLACE INTO t VALUES (7, 'b', 'blueberry')")
    #expect(try found("banana", database).isEmpty)
    #expect(try found("blueberry", database) == [.int(7)])
    // Its number comes back with another text.
    try database.execute("INSERT INTO t VALUES (2, 'c', 'cherry')")
    #expect(try found("banana", database).isEmpty)
    #expect(try found("cherry", database) == [.int(2)])
    try database.execute("UPDATE OR REPLACE t SET id = 7 WHERE id = 1")
    #expect(try found("blueberry", database).isEmpty)
    #expect(try found("apricot", database) == [.int(7)])
    try database.execute("INSERT OR IGNORE INTO t VALUES (7, 'z', 'zucchini')")
    #expect(try found("apricot", database) == [.int(7)])
    #expect(try found("zucchini", database).isEmpty)
  }

  @Test(arguments: [
    "CREATE TABLE t (x TEXT)", "CREATE TABLE t (x TEXT, rowid TEXT)",
    "CREATE TABLE t (x TEXT, k TEXT PRIMARY KEY)",
    "CREATE TABLE t (x TEXT, k INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t (x TEXT, \"odd \"\"name\" INTEGER PRIMARY KEY)",
  ])
  func anIndexIsStillRightAfterVacuum(_ create: String) throws {
    let database = try makeTable(create)
    for number in 1...20 {
      try database.execute("INSERT INTO t (x) VALUES (?)", [.text("word\(number) other")])
    }
    try index(database, columns: ["x"])
    try database.execute("DELETE FROM t WHERE x LIKE 'word1%'")
    try database.execute("VACUUM")
    #expect(try found("word20", database) == [.text("word20 other")])
    #expect(try found("other", database).count == 9)
    try database.execute("INSERT INTO t (x) VALUES ('word21 other')")
    #expect(try found("word21", database) == [.text("word21 other")])
    #expect(try found("word20", database) == [.text("word20 other")])
  }

  @Test func aTableWithoutRowidsIsRefused() throws {
    let database = try makeTable(
      "CREATE TABLE t (k TEXT PRIMARY KEY, x TEXT) WITHOUT ROWID",
      "CREATE VIEW v AS SELECT x FROM t",
      "CREATE TABLE full (rowid TEXT, oid TEXT, _rowid_ TEXT)")
    for table in ["t", "v", "full"] {
      let error = try #require(throws: AdapterError.self) { try index(database, table) }
      #expect(error.kind == .unavailable)
      #expect(error.message.contains(table))
      #expect(error.hint != nil)
    }
  }

  @Test func oddNamesAndARenamedTableKeepTheirIndex() throws {
    let name = "it's \"odd\" [t]"
    let quoted = SQLDialect.sqlite.quote(name)
    let database = try makeTable(
      "CREATE TABLE \(quoted) (\"group\" TEXT, \"a \"\"b\"\"\" TEXT)",
      "INSERT INTO \(quoted) VALUES ('one', 'two')")
    try index(database, name)
    #expect(try found("one two", database, in: name) == [.text("one")])
    try database.execute("ALTER TABLE \(quoted) RENAME TO plain")
    try database.execute("INSERT INTO plain VALUES ('three', 'four')")
    #expect(try found("four", database, in: "plain") == [.text("three")])
    try database.require(database.search, "search").dropIndex(table: TableName(name: "plain"))
    #expect(try database.schema(table: nil).tables.map(\.name.name) == ["plain"])
  }

  @Test func aTableThatHasTheIndexsNameIsLeftAlone() throws {
    let database = try makeTable("CREATE TABLE t (x TEXT)", "CREATE TABLE t_fts (precious TEXT)")
    let error = try #require(throws: AdapterError.self) { try index(database) }
    #expect(error.kind == .conflict)
    #expect(try database.schema(table: nil).tables.map(\.name.name) == ["t", "t_fts"])
    #expect(throws: AdapterError.self) {
      try database.require(database.search, "search").dropIndex(table: TableName(name: "t"))
    }
  }

  @Test func anFTS5TableOfTheUsersOwnIsSearchedAsItIs() throws {
    let database = try makeTable(
      "CREATE VIRTUAL TABLE notes USING fts5(title, body)",
      "INSERT INTO notes VALUES ('One', 'the quick brown fox')")
    #expect(try found("fox", database, in: "notes") == [.text("One")])
  }

  @Test func tokenizersDecideWhatAWordIs() throws {
    let database = try makeTable(
      "CREATE TABLE t (x TEXT)", "INSERT INTO t VALUES ('Running cafés')")
    try index(database)
    #expect(try found("cafes", database).count == 1)
    #expect(try found("run", database).isEmpty)
    try index(database, tokenizer: "porter")
    #expect(try found("run", database).count == 1)
    try index(database, tokenizer: "trigram")
    #expect(try found("nnin", database).count == 1)
  }

  @Test func theBackendsOwnSyntaxIsThereWhenAskedFor() throws {
    let database = try makeTable(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT)",
      "INSERT INTO t VALUES (1, 'red apple', 'green'), (2, 'pear', 'red')")
    try index(database)
    #expect(try found("x : red", database, native: true) == [.int(1)])
    #expect(try found("apple OR pear", database, native: true).count == 2)
    for malformed in ["red AND", "\"open", "nosuch : red", "a-b", "*", ""] {
      let error = try #require(throws: AdapterError.self, "\(malformed)") {
        try found(malformed, database, native: true)
      }
      #expect(error.kind == .failed, "\(malformed)")
      #expect(error.hint?.contains("quotes") == true)
      #expect(error.position == nil)
    }
  }
}
