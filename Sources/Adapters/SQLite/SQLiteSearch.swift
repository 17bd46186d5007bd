import AdapterCore

extension SQLiteDatabase {
  var search: (any FullTextSearch)? { SQLiteSearch(self) }
}

/// Full-text search by FTS5 (https://www.sqlite.org/fts5.html).
///
/// The index of `docs` is the FTS5 table `docs_fts`, which three triggers keep in step whoever
/// writes. It holds a copy of the text rather than referring to the table: an external-content
/// index can only forget a row by the text it was indexed with, and SQLite runs no trigger for the
/// rows that INSERT OR REPLACE removes, so that index would go on finding what is gone.
final class SQLiteSearch: FullTextSearch {
  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  // MARK: The index

  func createIndex(_ request: SearchIndexRequest) throws(AdapterError) -> [String] {
    try database.transaction(.write) { () throws(AdapterError) in
      let table = try SearchedTable(request.table, on: database)
      let columns = try indexedColumns(request, of: table.schema)
      if let old = try indexName(of: table) {
        guard try indexColumns(old) == columns else {
          throw AdapterError(
            .conflict, "\(request.table.description) has a search index over other columns",
            hint: "drop it first: nb db search \(database.displayName) "
              + "\(request.table.description) --drop-index")
        }
        try drop(old, table)
      }
      try create(request, columns, table)
      return columns
    }
  }

  func dropIndex(table name: TableName) throws(AdapterError) {
    try database.transaction(.write) { () throws(AdapterError) in
      let table = try SearchedTable(name, on: database)
      guard let index = try indexName(of: table) else { throw noIndex(name) }
      try drop(index, table)
    }
  }

  /// The columns asked for by their names in the table, or those that hold text.
  private func indexedColumns(
    _ request: SearchIndexRequest, of table: Schema.Table
  ) throws(AdapterError) -> [String] {
    if request.columns.isEmpty {
      let columns = table.columns.filter {
        SQLiteType.affinity(ofDeclared: $0.type) == .text
      }
      guard !columns.isEmpty else {
        throw AdapterError(
          .failed, "\(request.table.description) has no text column to index",
          hint: "name the columns by --column")
      }
      return columns.map(\.name)
    }
    var names: [String] = []
    for name in request.columns {
      let found = try column(name, of: table.columns.map(\.name), request.table)
      if !names.contains(found) { names.append(found) }
    }
    return names
  }

  /// The column as the table spells it; throws `notFound`.
  private func column(
    _ name: String, of names: [String], _ table: TableName
  ) throws(AdapterError) -> String {
    if let same = names.first(where: { $0 == name }) { return same }
    if let same = names.first(where: { $0.lowercased() == name.lowercased() }) { return same }
    throw AdapterError(
      .notFound, "\(table.description) has no column '\(name)' to search",
      hint: "its columns are \(names.joined(separator: ", "))")
  }

  private func create(
    _ request: SearchIndexRequest, _ columns: [String], _ table: SearchedTable
  ) throws(AdapterError) {
    let statements = SearchIndexSQL(
      table: table, columns: columns, dialect: database.dialect,
      tokenizer: try tokenizer(request.tokenizer))
    let name = statements.indexName
    let taken = try database.rows(
      "SELECT 1 FROM \(table.catalog) WHERE name = ? COLLATE NOCASE", [.text(name)])
    guard taken.isEmpty else {
      throw AdapterError(
        .conflict, "cannot create a search index: '\(name)' exists and is none of nb's",
        hint: "rename or drop it")
    }
    do throws(AdapterError) {
      for statement in statements.creation { try database.execute(statement) }
    } catch {
      var error = error
      // The statement is nb's own.
      error.position = nil
      error.message = "cannot create a search index: \(error.message)"
      throw error
    }
  }

  /// FTS5's tokenizer of that name, with the options that serve most languages.
  private func tokenizer(_ name: String?) throws(AdapterError) -> String {
    switch name {
    case nil, "unicode61": return "unicode61 remove_diacritics 2"
    case "porter": return "porter unicode61 remove_diacritics 2"
    case "trigram", "ascii": return name ?? ""
    case let name?:
      throw AdapterError(
        .usage, "SQLite has no tokenizer '\(name)'",
        hint: "there are unicode61, porter (English word stems), trigram (parts of words), ascii")
    }
  }

  private func drop(_ index: String, _ table: SearchedTable) throws(AdapterError) {
    for statement in SearchIndexSQL.removal(of: index, table, database.dialect) {
      try database.run(statement)
    }
  }

  /// The FTS5 table that serves `table`: the one its triggers write to, which is still right after
  /// the table was renamed.
  private func indexName(of table: SearchedTable) throws(AdapterError) -> String? {
    let found = try database.rows(
      """
      SELECT f.name FROM \(table.catalog) t JOIN \(table.catalog) f
        ON f.type = 'table' AND f.name || '_insert' = t.name
      WHERE t.type = 'trigger' AND t.tbl_name = ? COLLATE NOCASE AND f.name LIKE '%\\_fts' ESCAPE '\\'
        AND f.sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'
      """, [.text(table.schema.name.name)])
    return found.first?.first?.string
  }

  private func indexColumns(_ index: String) throws(AdapterError) -> [String] {
    try database.rows("SELECT name FROM pragma_table_info(?)", [.text(index)])
      .compactMap { $0.first?.string }
  }

  private func noIndex(_ table: TableName) -> AdapterError {
    AdapterError(
      .notFound, "\(table.description) has no search index",
      hint: "create it: nb db search \(database.displayName) \(table.description) --create-index")
  }

  // MARK: Searching

  func search(_ request: SearchRequest, into sink: any RowSink) throws(AdapterError) {
    let schema = try database.schema(table: request.table.description).tables
    guard let table = schema.first else { throw noIndex(request.table) }
    let select: String
    let indexed: [String]
    if table.kind == .virtual {
      // An FTS5 table of the user's own is searched as it is.
      indexed = table.columns.map(\.name)
      select = SearchIndexSQL.selection(from: table, database.dialect)
    } else {
      let searched = try SearchedTable(request.table, on: database)
      guard let index = try indexName(of: searched) else { throw noIndex(request.table) }
      indexed = try indexColumns(index)
      select = SearchIndexSQL.selection(from: searched, index: index, database.dialect)
    }
    let statement = try database.prepare(SQLText(select))
    let parameters: [Value] = [
      .text(request.highlight.open), .text(request.highlight.close),
      .text(try expression(request, indexed)), .int(Int64(request.limit ?? -1)),
    ]
    for (slot, value) in parameters.enumerated() { try statement.bind(value, at: slot) }
    do throws(AdapterError) {
      let result = try statement.run(into: sink)
      database.operation.metrics.add(rows: result.rowsReturned)
    } catch {
      throw error.ofSearch
    }
  }

  /// The query as an FTS5 expression.
  private func expression(
    _ request: SearchRequest, _ indexed: [String]
  ) throws(AdapterError) -> String {
    let expression =
      switch request.query {
      case .native(let text): text
      case .words(let words): Self.expression(words)
      }
    guard !request.columns.isEmpty else { return expression }
    var names: [String] = []
    for name in request.columns {
      names.append(Self.quoted(try column(name, of: indexed, request.table)))
    }
    return "{\(names.joined(separator: " "))} : (\(expression))"
  }

  private static func expression(_ words: SearchWords) -> String {
    func text(_ term: SearchWords.Term) -> String { quoted(term.text) + (term.isPrefix ? "*" : "") }
    let wanted = words.terms.filter { !$0.isExcluded }.map(text).joined(separator: " AND ")
    // NOT binds tighter than AND.
    return words.terms.filter(\.isExcluded).reduce("(\(wanted))") { "\($0) NOT \(text($1))" }
  }

  /// An FTS5 string.
  private static func quoted(_ text: String) -> String { SQLDialect.sqlite.quote(text) }
}
