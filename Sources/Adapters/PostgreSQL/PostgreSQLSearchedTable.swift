import AdapterCore

/// A table that can have a search index.
struct PostgreSQLSearchedTable {
  struct Column: Equatable {
    var name: String
    var isText: Bool
    /// json or jsonb, whose strings are indexed without their keys.
    var isJSON: Bool
  }

  struct Index {
    var name: String
    /// The indexed tsvector, in SQL.
    var expression: String
    /// The text search configuration, in SQL.
    var configuration: String
    /// In the order of the table.
    var columns: [String]
  }

  /// The comment by which nb knows an index as its own.
  static let mark = "search index of nb"

  /// With its schema.
  let name: TableName
  let columns: [Column]
  private let identifier: Int64

  /// Throws `notFound` without such a table, `unavailable` when it has no rows of its own.
  init(_ name: TableName, on database: PostgreSQLDatabase) throws(AdapterError) {
    guard let relation = try database.relations(named: name.description).first else {
      throw database.noSuchTable(name.description)
    }
    guard relation.holdsRows else {
      throw AdapterError(
        .unavailable, "'\(name.description)' is no table: a search index needs rows of its own",
        hint: "index the tables behind it")
    }
    identifier = relation.identifier
    let rows = try database.rows(
      """
      SELECT n.nspname, a.attname, t.typcategory = 'S',
        coalesce(nullif(t.typbasetype, 0), t.oid) IN ('json'::regtype, 'jsonb'::regtype)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
      WHERE c.oid = \(identifier) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """)
    self.name = TableName(schema: rows.first?[0].string, name: relation.name.name)
    columns = rows.map {
      Column(
        name: $0[1].string ?? "", isText: $0[2] == .bool(true), isJSON: $0[3] == .bool(true))
    }
  }

  /// `TABLE_fts`, within the 63 bytes of a name (NAMEDATALEN).
  var indexName: String {
    let ending = "_fts"
    var start = name.name
    while start.utf8.count + ending.utf8.count > 63 { start.removeLast() }
    return start + ending
  }

  /// Its search index; nil without one.
  func index(on database: PostgreSQLDatabase) throws(AdapterError) -> Index? {
    let rows = try database.rows(
      """
      SELECT c.relname, pg_get_indexdef(c.oid, 1, false),
        substring(pg_get_indexdef(c.oid, 1, false)
          FROM 'to_tsvector\\((''(?:[^'']|'''')*''::regconfig)'),
        a.attname
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
      WHERE i.indrelid = \(identifier) AND d.refobjsubid > 0
        AND obj_description(c.oid, 'pg_class') = ?
      ORDER BY c.relname, a.attnum
      """, [.text(Self.mark)])
    guard let first = rows.first, let name = first[0].string, let expression = first[1].string,
      let configuration = first[2].string
    else { return nil }
    return Index(
      name: name, expression: expression, configuration: configuration,
      columns: rows.filter { $0[0] == first[0] }.compactMap { $0[3].string })
  }
}
