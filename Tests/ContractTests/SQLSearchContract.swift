import AdapterCore
import Testing

/// Full-text search, on every backend that has it.
@Suite struct SQLSearchContract {
  static let backends = SQLBackend.all.filter { $0.features.contains(.search) }
  private static let docs = TableName(name: "docs")

  /// `docs (id, title, body)` with three rows and an index.
  private func makeDocs(_ backend: SQLBackend) throws -> any SQLDatabase {
    let database = try backend.makeDatabase().open()
    let types = backend.types
    try database.execute(
      "CREATE TABLE docs (id \(types.integer) PRIMARY KEY, title \(types.text), body \(types.text))"
    )
    let rows = [
      (1, "Swift birds", "The common swift flies fast and far"),
      (2, "Programming", "Swift is a language; it's fast, too"),
      (3, "Cooking", "Bake the bread slowly"),
    ]
    for (id, title, body) in rows {
      try database.execute(
        "INSERT INTO docs (id, title, body) VALUES (?, ?, ?)",
        [.int(Int64(id)), .text(title), .text(body)])
    }
    let columns = try database.require(database.search, "search")
      .createIndex(SearchIndexRequest(table: Self.docs))
    #expect(columns == ["title", "body"])
    return database
  }

  private func request(_ words: String) throws -> SearchRequest {
    SearchRequest(table: Self.docs, query: .words(try SearchWords(words)))
  }

  private func found(
    _ request: SearchRequest, _ database: any SQLDatabase
  ) throws -> [Int64] {
    let rows = RowCollector()
    try database.require(database.search, "search").search(request, into: rows)
    return rows.rows.compactMap { $0[0].integer }
  }

  private func ids(_ words: String, _ database: any SQLDatabase) throws -> Set<Int64> {
    Set(try found(try request(words), database))
  }

  @Test(arguments: backends)
  func everyWordMustOccurAndTheBestComesFirst(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    #expect(try found(try request("swift"), database) == [1, 2])
    #expect(try ids("swift fast", database) == [1, 2])
    #expect(try ids("SWIFT bread", database) == [])
    #expect(try ids("\"common swift\"", database) == [1])
    #expect(try ids("\"swift common\"", database) == [])
    #expect(try ids("lang*", database) == [2])
    #expect(try ids("\"common swi\"*", database) == [1])
    #expect(try ids("swift -language", database) == [1])
    #expect(try ids("it's", database) == [2])
  }

  @Test(arguments: backends)
  func wordsAreNeverTakenForQuerySyntax(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    let odd = [
      "AND", "OR NOT", "NEAR(a b)", "title:swift", "a\"b", "\"open", "(", "swift)", "^swift",
      "{title}", "a AND", "*", "it's;drop table docs", "🦀", "&&& swift", "-", "--",
    ]
    for words in odd {
      do {
        _ = try ids(words, database)
      } catch let error as AdapterError {
        // Nothing to look for is the only thing that can be wrong with words.
        #expect(error.message.contains("no word"), "\(words): \(error)")
      }
    }
  }

  @Test(arguments: backends)
  func resultsCarryTheRowARankAndASnippet(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    var search = try request("bread")
    search.highlight = SearchRequest.Highlight(open: "<", close: ">")
    let rows = RowCollector()
    try database.require(database.search, "search").search(search, into: rows)
    #expect(rows.columns.map(\.name) == ["id", "title", "body", "rank", "snippet"])
    #expect(rows.rows.count == 1)
    #expect(rows.rows[0][4].string == "Bake the <bread> slowly")
    search.query = .words(try SearchWords("swift"))
    let ranked = RowCollector()
    try database.require(database.search, "search").search(search, into: ranked)
    let ranks = ranked.rows.map { row -> Double in
      if case .double(let rank) = row[3] { rank } else { .nan }
    }
    #expect(ranks == ranks.sorted(by: >))
    search.limit = 1
    #expect(try found(search, database) == [1])
  }

  @Test(arguments: backends)
  func aSearchCanBeLimitedToColumns(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    var search = try request("swift")
    search.columns = ["Title"]
    #expect(try found(search, database) == [1])
    search.columns = ["id"]
    let error = try #require(throws: AdapterError.self) { try found(search, database) }
    #expect(error.kind == .notFound)
  }

  @Test(arguments: backends)
  func theIndexFollowsEveryChangeOfTheTable(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    try database.execute("UPDATE docs SET body = 'now about cheese' WHERE id = 3")
    #expect(try ids("bread", database) == [])
    #expect(try ids("cheese", database) == [3])
    try database.execute("UPDATE docs SET id = 30 WHERE id = 3")
    #expect(try ids("cheese", database) == [30])
    try database.execute("DELETE FROM docs WHERE id = 1")
    #expect(try ids("swift", database) == [2])
    try database.execute("INSERT INTO docs (id, title, body) VALUES (1, 'again', 'a swift one')")
    #expect(try ids("swift", database) == [1, 2])
    try database.begin(.write)
    try database.execute("DELETE FROM docs")
    database.rollback()
    #expect(try ids("swift", database) == [1, 2])
  }

  @Test(arguments: backends)
  func theIndexFollowsALoadThatReplacesTheTable(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    try database.transaction(.write) { () throws(AdapterError) in
      let loader = try database.makeLoader(LoadRequest(table: Self.docs, mode: .replace))
      try loader.begin(columns: ["id", "title", "body"].map { Column(name: $0) })
      try loader.load([.int(3), .text("New"), .text("text about swift")])
      try loader.finish()
    }
    #expect(try ids("swift", database) == [3])
    #expect(try ids("bread", database) == [])
  }

  @Test(arguments: backends)
  func anIndexIsMadeAnewButNotOverOtherColumns(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    let search = try database.require(database.search, "search")
    _ = try search.createIndex(SearchIndexRequest(table: Self.docs, columns: ["TITLE", "body"]))
    #expect(try ids("swift", database) == [1, 2])
    let error = try #require(throws: AdapterError.self) {
      try search.createIndex(SearchIndexRequest(table: Self.docs, columns: ["title"]))
    }
    #expect(error.kind == .conflict)
    let before = try database.schema(table: nil)
    try search.dropIndex(table: Self.docs)
    #expect(try database.schema(table: nil) != before)
    #expect(try database.schema(table: "docs").tables[0].triggers.isEmpty)
    let missing = try #require(throws: AdapterError.self) { try search.dropIndex(table: Self.docs) }
    #expect(missing.kind == .notFound)
    let gone = try #require(throws: AdapterError.self) { try ids("swift", database) }
    #expect(gone.kind == .notFound)
    #expect(gone.hint?.contains("--create-index") == true)
  }

  @Test(arguments: backends)
  func whatCannotBeIndexedIsRefusedByName(_ backend: SQLBackend) throws {
    let database = try makeDocs(backend)
    let search = try database.require(database.search, "search")
    let requests: [(SearchIndexRequest, ErrorKind)] = [
      (SearchIndexRequest(table: TableName(name: "dcos")), .notFound),
      (SearchIndexRequest(table: Self.docs, columns: ["nothing"]), .notFound),
      (SearchIndexRequest(table: Self.docs, tokenizer: "klingon"), .usage),
    ]
    for (request, kind) in requests {
      let error = try #require(throws: AdapterError.self) { try search.createIndex(request) }
      #expect(error.kind == kind, "\(error)")
      #expect(error.hint != nil)
      #expect(!database.isInTransaction)
    }
    #expect(try ids("swift", database) == [1, 2])
  }
}
