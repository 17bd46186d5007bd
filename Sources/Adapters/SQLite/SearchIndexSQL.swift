import AdapterCore

/// A table that a search index can stand beside.
struct SearchedTable {
  let schema: Schema.Table
  /// The name by which statements reach its row number.
  let rowID: String
  /// Whether that is a column declared INTEGER PRIMARY KEY.
  let hasDeclaredRowID: Bool
  /// The sqlite_schema of its database, quoted.
  let catalog: String

  /// Throws `notFound` without such a table, `unavailable` when its rows have no number.
  init(_ name: TableName, on database: SQLiteDatabase) throws(AdapterError) {
    guard let table = try database.schema(table: name.description).tables.first else {
      throw database.noSuchTable(name.description)
    }
    guard table.kind == .table else {
      throw AdapterError(
        .unavailable, "'\(name.description)' is no table: a search index needs rows of its own",
        hint: "index the tables behind it")
    }
    schema = table
    let schemaName = table.name.schema ?? "main"
    catalog = database.dialect.quote(schemaName) + ".sqlite_schema"
    let isWithoutRowID =
      try database.rows(
        "SELECT wr FROM pragma_table_list WHERE schema = ? AND name = ?",
        [.text(schemaName), .text(table.name.name)]
      ).first?.first == .int(1)
    let declared = table.declaredRowID
    hasDeclaredRowID = declared != nil
    let names = Set(table.columns.map { $0.name.lowercased() })
    let free = ["rowid", "_rowid_", "oid"].first { !names.contains($0) }
    guard !isWithoutRowID, let rowID = declared ?? free else {
      throw AdapterError(
        .unavailable, "'\(name.description)' cannot have a search index: its rows have no rowid",
        hint: "copy it into a table with an INTEGER PRIMARY KEY")
    }
    self.rowID = rowID
  }
}

extension Schema.Table {
  /// The column that is the row's number, never NULL: a primary key of the one type INTEGER, which
  /// then needs no index (https://www.sqlite.org/lang_createtable.html#rowid).
  var declaredRowID: String? {
    guard primaryKey.count == 1, let key = primaryKey.first,
      let column = columns.first(where: { $0.name == key }), column.type.uppercased() == "INTEGER"
    else { return nil }
    let hasKeyIndex = indexes.contains {
      $0.isConstraint && $0.name.hasPrefix("sqlite_autoindex_") && $0.columns == [key]
    }
    return hasKeyIndex ? nil : key
  }
}

/// The statements that make, remove and ask a search index.
struct SearchIndexSQL {
  let table: SearchedTable
  let columns: [String]
  let dialect: SQLDialect
  let tokenizer: String

  var indexName: String { table.schema.name.name + "_fts" }

  /// In order: the FTS5 table, its content, the triggers.
  var creation: [String] {
    let index = Self.qualified(indexName, table, dialect)
    let names = columns.map(dialect.quote).joined(separator: ", ")
    let source = dialect.quote(table.schema.name)
    let rowID = dialect.quote(table.rowID)
    var statements = [
      "CREATE VIRTUAL TABLE \(index) USING fts5(\(names), tokenize=\(dialect.literal(tokenizer)))",
      "INSERT INTO \(index) (rowid, \(names)) SELECT \(rowID), \(names) FROM \(source)",
    ]
    if !table.hasDeclaredRowID { statements.append(rowIDKeeper) }
    return statements + triggers
  }

  /// VACUUM numbers the rows of a table anew when it has neither an INTEGER PRIMARY KEY nor an
  /// index; an index without entries is enough to keep the numbers.
  private var rowIDKeeper: String {
    let name = Self.qualified(indexName + "_rowid", table, dialect)
    let column = dialect.quote(table.schema.columns.first?.name ?? table.rowID)
    return "CREATE INDEX \(name) ON \(dialect.quote(table.schema.name.name)) (\(column)) WHERE 0"
  }

  /// Each first forgets what the index may hold under the row's number: the row may have taken it from
  /// one that REPLACE removed.
  private var triggers: [String] {
    let index = dialect.quote(indexName)
    let names = columns.map(dialect.quote)
    let rowID = dialect.quote(table.rowID)
    let values = names.map { "new.\($0)" }.joined(separator: ", ")
    let insert =
      "INSERT INTO \(index) (rowid, \(names.joined(separator: ", "))) "
      + "VALUES (new.\(rowID), \(values));"
    // IS NOT compares by the column's collation, to which 'a' and 'A' may be the same.
    let changes =
      (["old.\(rowID) IS NOT new.\(rowID)"]
      + names.map { "old.\($0) IS NOT new.\($0) COLLATE BINARY" }).joined(separator: " OR ")
    return [
      trigger("insert", "INSERT", "DELETE FROM \(index) WHERE rowid = new.\(rowID); \(insert)"),
      trigger(
        "update", "UPDATE", when: changes,
        "DELETE FROM \(index) WHERE rowid IN (old.\(rowID), new.\(rowID)); \(insert)"),
      trigger("delete", "DELETE", "DELETE FROM \(index) WHERE rowid = old.\(rowID);"),
    ]
  }

  private func trigger(
    _ ending: String, _ event: String, when condition: String? = nil, _ body: String
  ) -> String {
    let name = Self.qualified("\(indexName)_\(ending)", table, dialect)
    let on = dialect.quote(table.schema.name.name)
    let when = condition.map { " WHEN \($0)" } ?? ""
    return "CREATE TRIGGER \(name) AFTER \(event) ON \(on)\(when) BEGIN \(body) END"
  }

  /// Removes an index by the name of its FTS5 table.
  static func removal(
    of index: String, _ table: SearchedTable, _ dialect: SQLDialect
  ) -> [String] {
    let triggers = ["insert", "update", "delete"].map {
      "DROP TRIGGER IF EXISTS " + qualified("\(index)_\($0)", table, dialect)
    }
    return triggers + [
      "DROP INDEX IF EXISTS " + qualified(index + "_rowid", table, dialect),
      "DROP TABLE " + qualified(index, table, dialect),
    ]
  }

  /// The statement that asks an index. Its parameters: what opens and what closes a highlight, the
  /// FTS5 expression, the limit.
  ///
  /// bm25's best is its lowest; `rank` turns it round. The join drops rows that are gone.
  static func selection(
    from table: SearchedTable, index: String, _ dialect: SQLDialect
  ) -> String {
    let columns = table.schema.columns.map { "t." + dialect.quote($0.name) }
    let name = dialect.quote(index)
    return """
      SELECT \(columns.joined(separator: ", ")), -f.rank AS rank, \(snippet(of: "f." + name))
      FROM \(qualified(index, table, dialect)) f
      CROSS JOIN \(dialect.quote(table.schema.name)) t ON t.\(dialect.quote(table.rowID)) = f.rowid
      WHERE f.\(name) MATCH ?3 ORDER BY f.rank LIMIT ?4
      """
  }

  /// The same of an FTS5 table itself.
  static func selection(from table: Schema.Table, _ dialect: SQLDialect) -> String {
    let columns = table.columns.map { dialect.quote($0.name) }
    let name = dialect.quote(table.name.name)
    return """
      SELECT \(columns.joined(separator: ", ")), -rank AS rank, \(snippet(of: name))
      FROM \(dialect.quote(table.name)) WHERE \(name) MATCH ?3 ORDER BY \(name).rank LIMIT ?4
      """
  }

  /// Some 16 words around the matches, from the column that has most of them.
  private static func snippet(of column: String) -> String {
    "snippet(\(column), -1, ?1, ?2, '…', 16) AS snippet"
  }

  private static func qualified(
    _ name: String, _ table: SearchedTable, _ dialect: SQLDialect
  ) -> String {
    dialect.quote(TableName(schema: table.schema.name.schema, name: name))
  }
}
