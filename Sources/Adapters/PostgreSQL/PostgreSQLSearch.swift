import AdapterCore

extension PostgreSQLDatabase {
  var search: (any FullTextSearch)? { PostgreSQLSearch(self) }
}

/// Full-text search by tsvector (https://www.postgresql.org/docs/current/textsearch.html).
///
/// The index of `docs` is the GIN index `docs_fts` over an expression, which the server keeps in step;
/// the table itself stays as it is. A search uses the index's expression as the server writes it, so
/// that it is right after columns were renamed as well.
final class PostgreSQLSearch: FullTextSearch {
  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  // MARK: The index

  func createIndex(_ request: SearchIndexRequest) throws(AdapterError) -> [String] {
    try database.transaction(.write) { () throws(AdapterError) in
      let table = try PostgreSQLSearchedTable(request.table, on: database)
      let columns = try indexedColumns(request, of: table)
      let configuration = try configuration(request.tokenizer ?? "simple")
      if let old = try table.index(on: database) {
        guard Set(old.columns) == Set(columns.map(\.name)) else {
          throw AdapterError(
            .conflict, "\(request.table.description) has a search index over other columns",
            hint: "drop it first: nb db search \(database.displayName) "
              + "\(request.table.description) --drop-index")
        }
        try drop(old, table)
      }
      try create(columns, configuration, table)
      return columns.map(\.name)
    }
  }

  func dropIndex(table name: TableName) throws(AdapterError) {
    try database.transaction(.write) { () throws(AdapterError) in
      let table = try PostgreSQLSearchedTable(name, on: database)
      guard let index = try table.index(on: database) else { throw noIndex(name) }
      try drop(index, table)
    }
  }

  /// The columns asked for, or those that hold text.
  private func indexedColumns(
    _ request: SearchIndexRequest, of table: PostgreSQLSearchedTable
  ) throws(AdapterError) -> [PostgreSQLSearchedTable.Column] {
    if request.columns.isEmpty {
      let columns = table.columns.filter(\.isText)
      guard !columns.isEmpty else {
        throw AdapterError(
          .failed, "\(request.table.description) has no text column to index",
          hint: "name the columns by --column")
      }
      return columns
    }
    return try columns(request.columns, among: table.columns, request.table)
  }

  /// The columns of these names, in whatever case, each once; throws `notFound`.
  private func columns(
    _ names: [String], among columns: [PostgreSQLSearchedTable.Column], _ table: TableName
  ) throws(AdapterError) -> [PostgreSQLSearchedTable.Column] {
    var found: [PostgreSQLSearchedTable.Column] = []
    for name in names {
      let same = columns.first { $0.name == name }
      guard let column = same ?? columns.first(where: { $0.name.lowercased() == name.lowercased() })
      else {
        throw AdapterError(
          .notFound, "\(table.description) has no column '\(name)' to search",
          hint: "its columns are \(columns.map(\.name).joined(separator: ", "))")
      }
      if !found.contains(column) { found.append(column) }
    }
    return found
  }

  /// The text search configuration as the server writes its name.
  private func configuration(_ name: String) throws(AdapterError) -> String {
    let found = try database.rows(
      """
      SELECT c.oid::regconfig::text, c.cfgname = ? OR n.nspname || '.' || c.cfgname = ?
      FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
      ORDER BY pg_ts_config_is_visible(c.oid) DESC, c.cfgname
      """, [.text(name), .text(name)])
    if let text = found.first(where: { $0[1] == .bool(true) })?[0].string { return text }
    throw AdapterError(
      .usage, "\(database.displayName) has no text search configuration '\(name)'",
      hint: "there are \(found.compactMap { $0[0].string }.joined(separator: ", "))")
  }

  private func create(
    _ columns: [PostgreSQLSearchedTable.Column], _ configuration: String,
    _ table: PostgreSQLSearchedTable
  ) throws(AdapterError) {
    let dialect = database.dialect
    let index = TableName(schema: table.name.schema, name: table.indexName)
    let taken = try database.rows("SELECT to_regclass(?) IS NULL", [.text(dialect.quote(index))])
    guard taken == [[.bool(true)]] else {
      throw AdapterError(
        .conflict, "cannot create a search index: '\(index.name)' exists and is none of nb's",
        hint: "rename or drop it")
    }
    let literal = dialect.literal(configuration) + "::regconfig"
    let vector = PostgreSQLSearchSQL.vector(of: columns, literal, dialect)
    do throws(AdapterError) {
      try database.run(
        "CREATE INDEX \(dialect.quote(index.name)) ON \(dialect.quote(table.name)) "
          + "USING gin ((\(vector)))")
    } catch {
      guard error.code == "42P17" else { throw error }
      throw AdapterError(
        .failed, "a column's text depends on settings of the session: it cannot be indexed",
        code: error.code, hint: "index columns of text, JSON or numbers")
    }
    let mark = dialect.literal(PostgreSQLSearchedTable.mark)
    try database.run("COMMENT ON INDEX \(dialect.quote(index)) IS \(mark)")
  }

  private func drop(
    _ index: PostgreSQLSearchedTable.Index, _ table: PostgreSQLSearchedTable
  ) throws(AdapterError) {
    let name = TableName(schema: table.name.schema, name: index.name)
    try database.run("DROP INDEX \(database.dialect.quote(name))")
  }

  private func noIndex(_ table: TableName) -> AdapterError {
    AdapterError(
      .notFound, "\(table.description) has no search index",
      hint: "create it: nb db search \(database.displayName) \(table.description) --create-index")
  }

  // MARK: Searching

  func search(_ request: SearchRequest, into sink: any RowSink) throws(AdapterError) {
    let table = try PostgreSQLSearchedTable(request.table, on: database)
    guard let index = try table.index(on: database) else { throw noIndex(request.table) }
    let indexed = table.columns.filter { index.columns.contains($0.name) }
    let selected = try columns(request.columns, among: indexed, request.table)
    let query = try parse(request.query, index.configuration)
    let statement = try database.prepare(
      SQLText(
        PostgreSQLSearchSQL(
          table: table, index: index, columns: selected.isEmpty ? indexed : selected,
          isLimited: !selected.isEmpty, isIndexable: query.indexable != nil,
          dialect: database.dialect
        ).selection))
    let parameters: [Value] = [
      .text(query.whole), .text(PostgreSQLSearchSQL.headlineOptions(request.highlight)),
      request.limit.map { .int(Int64($0)) } ?? .null,
      .text(query.indexable ?? ""),
    ]
    // Slots are in the order in which the text first names them.
    for (slot, parameter) in statement.parameters.enumerated() {
      if case .numbered(let number) = parameter {
        try statement.bind(parameters[number - 1], at: slot)
      }
    }
    let result = try statement.run(into: sink)
    database.operation.metrics.add(rows: result.rowsReturned)
  }

  /// The query as tsquery, by the server: the whole, and what of it an index can find, if anything.
  private func parse(
    _ query: SearchRequest.Query, _ configuration: String
  ) throws(AdapterError) -> (whole: String, indexable: String?) {
    let expression: String
    let texts: [String]
    switch query {
    case .native(let text): (expression, texts) = ("to_tsquery(\(configuration), $1::text)", [text])
    case .words(let words):
      (expression, texts) = PostgreSQLSearchSQL.expression(words, configuration)
    }
    do throws(AdapterError) {
      let row = try database.rows(
        "SELECT q::text, querytree(q) FROM (SELECT \(expression) AS q) AS s",
        texts.map { .text($0) }
      ).first
      let tree = row?[1].string ?? ""
      return (row?[0].string ?? "", tree.isEmpty || tree == "T" ? nil : tree)
    } catch {
      guard error.kind == .failed else { throw error }
      throw AdapterError(
        .failed, "cannot search: \(error.message)", code: error.code,
        hint: "put words with punctuation in single quotes, or leave out --syntax native")
    }
  }
}
