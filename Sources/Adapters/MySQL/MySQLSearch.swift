import AdapterCore

extension MySQLDatabase {
  var search: (any FullTextSearch)? { MySQLSearch(self) }
}

/// Full-text search by InnoDB's FULLTEXT indexes. nb's is `nb_search`; a table without it is searched
/// by the FULLTEXT index that it has.
final class MySQLSearch: FullTextSearch {
  private static let indexName = "nb_search"

  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  // MARK: The index

  func createIndex(_ request: SearchIndexRequest) throws(AdapterError) -> [String] {
    if let tokenizer = request.tokenizer {
      throw AdapterError(
        .usage, "\(database.displayName) has no tokenizer '\(tokenizer)'",
        hint: "leave out --tokenizer: FULLTEXT cuts text into words in one way")
    }
    let table = try table(request.table)
    try checkKind(of: table, request.table)
    let columns = try indexedColumns(request, of: table)
    let old = table.indexes.first { $0.name == Self.indexName }
    if let old, old.columns != columns {
      throw AdapterError(
        .conflict, "\(request.table.description) has a search index over other columns",
        hint: "drop it first: nb db search \(database.displayName) "
          + "\(request.table.description) --drop-index")
    }
    let name = database.dialect.quote(Self.indexName)
    try database.execute(
      "ALTER TABLE \(database.dialect.quote(table.name)) "
        + (old == nil ? "" : "DROP INDEX \(name), ") + "ADD FULLTEXT INDEX \(name) "
        + "(\(columns.map(database.dialect.quote).joined(separator: ", ")))")
    return columns
  }

  func dropIndex(table name: TableName) throws(AdapterError) {
    let table = try table(name)
    guard table.indexes.contains(where: { $0.name == Self.indexName }) else { throw noIndex(name) }
    try database.execute(
      "ALTER TABLE \(database.dialect.quote(table.name)) "
        + "DROP INDEX \(database.dialect.quote(Self.indexName))")
  }

  private func table(_ name: TableName) throws(AdapterError) -> Schema.Table {
    guard let table = try database.schema(table: name.description).tables.first else {
      throw database.noSuchTable(name.description)
    }
    return table
  }

  private func checkKind(of table: Schema.Table, _ name: TableName) throws(AdapterError) {
    guard table.kind == .table else {
      throw AdapterError(
        .unavailable, "'\(name.description)' is no table: a search index needs rows of its own",
        hint: "index the tables behind it")
    }
    let schema = table.name.schema.map { database.dialect.literal($0) } ?? "DATABASE()"
    let engine = try database.rows(
      "SELECT engine FROM information_schema.tables WHERE table_schema = \(schema) "
        + "AND table_name = ?", [.text(table.name.name)]
    ).first?.first?.string
    guard engine == "InnoDB" else {
      throw AdapterError(
        .unavailable,
        "'\(name.description)' is a table of \(engine ?? "no engine"); nb searches those of InnoDB",
        hint: "ALTER TABLE \(name.description) ENGINE = InnoDB")
    }
  }

  /// The columns asked for by their names in the table, or those that hold text.
  private func indexedColumns(
    _ request: SearchIndexRequest, of table: Schema.Table
  ) throws(AdapterError) -> [String] {
    if request.columns.isEmpty {
      let texts = table.columns.filter { column in
        let type = column.type.uppercased().prefix { $0.isLetter }
        return type.hasSuffix("TEXT") || type == "CHAR" || type == "VARCHAR"
      }
      guard !texts.isEmpty else {
        throw AdapterError(
          .failed, "\(request.table.description) has no text column to index",
          hint: "only columns of text can have a FULLTEXT index")
      }
      return texts.map(\.name)
    }
    return try columns(request.columns, of: table.columns.map(\.name), request.table)
  }

  /// The columns as the table spells them, each once; throws `notFound`.
  private func columns(
    _ wanted: [String], of names: [String], _ table: TableName
  ) throws(AdapterError) -> [String] {
    var found: [String] = []
    for name in wanted {
      guard let same = names.first(where: { $0.lowercased() == name.lowercased() }) else {
        throw AdapterError(
          .notFound, "\(table.description) has no column '\(name)' to search",
          hint: "its columns are \(names.joined(separator: ", "))")
      }
      if !found.contains(same) { found.append(same) }
    }
    return found
  }

  private func noIndex(_ table: TableName) -> AdapterError {
    AdapterError(
      .notFound, "\(table.description) has no search index",
      hint: "create it: nb db search \(database.displayName) \(table.description) --create-index")
  }

  // MARK: Searching

  func search(_ request: SearchRequest, into sink: any RowSink) throws(AdapterError) {
    let table = try table(request.table)
    let fullText = table.indexes.filter { $0.method == "fulltext" }
    guard let index = fullText.first(where: { $0.name == Self.indexName }) ?? fullText.first else {
      throw noIndex(request.table)
    }
    let wanted = try columns(request.columns, of: index.columns, request.table)
    let query = try query(request, isNarrowed: !wanted.isEmpty)
    let searched = wanted.isEmpty ? index.columns : wanted
    let select = selection(table, index, query, searched: searched, limit: request.limit)
    let snippets = MySQLSnippetSink(
      sink, SearchSnippet(marking: query.marks, request.highlight),
      isSearched: table.columns.map { searched.contains($0.name) })
    do throws(AdapterError) {
      let statement = try database.prepare(SQLText(select.sql))
      for (slot, value) in select.parameters.enumerated() { try statement.bind(value, at: slot) }
      let result = try statement.run(into: snippets)
      database.operation.metrics.add(rows: result.rowsReturned)
    } catch {
      throw error.ofSearch
    }
  }

  private func query(
    _ request: SearchRequest, isNarrowed: Bool
  ) throws(AdapterError) -> MySQLSearchQuery {
    switch request.query {
    case .words(let words):
      return MySQLSearchQuery(words, try MySQLStopwords(of: database), isNarrowed: isNarrowed)
    case .native(let text):
      guard !isNarrowed else {
        throw AdapterError(
          .unavailable,
          "\(database.displayName) cannot limit a query in its own syntax to some columns",
          hint: "leave out --column, or --syntax native")
      }
      return MySQLSearchQuery(native: text)
    }
  }

  /// The statement and its parameters.
  private func selection(
    _ table: Schema.Table, _ index: Schema.Index, _ query: MySQLSearchQuery, searched: [String],
    limit: Int?
  ) -> (sql: String, parameters: [Value]) {
    let dialect = database.dialect
    func quote(_ name: String) -> String { dialect.quote(name) }
    var parameters: [Value] = []
    var conditions: [String] = []
    var rank = "0e0"
    if !query.expression.isEmpty {
      rank =
        "MATCH (\(index.columns.map(quote).joined(separator: ", "))) "
        + "AGAINST (? IN BOOLEAN MODE)"
      conditions.append(rank)
      parameters += [.text(query.expression), .text(query.expression)]
    }
    for filter in query.filters {
      let tests = searched.map { "coalesce(\(quote($0)), '') REGEXP ?" }
      let condition = "(\(tests.joined(separator: " OR ")))"
      conditions.append(filter.isExcluded ? "NOT " + condition : condition)
      parameters += searched.map { _ in .text(filter.pattern) }
    }
    let sql = """
      SELECT \(table.columns.map { quote($0.name) }.joined(separator: ", ")), \(rank) AS `rank`
      FROM \(dialect.quote(table.name)) WHERE \(conditions.joined(separator: " AND "))
      ORDER BY \(table.columns.count + 1) DESC\(limit.map { " LIMIT \($0)" } ?? "")
      """
    return (sql, parameters)
  }
}
