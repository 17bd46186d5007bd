import AdapterCore

/// A table or a sequence as a dump sees it.
struct MySQLDumpTable {
  struct Column {
    enum Form { case number, bytes, text }

    var name: String
    var form: Form
    /// A float is printed with too few digits.
    var isFloat: Bool
  }

  var name: String
  var quoted: String
  var isSequence: Bool
  var isTransactional: Bool
  /// Those that take values.
  var columns: [Column] = []

  /// The tables of the session's database, by name.
  static func all(of database: MySQLDatabase) throws(AdapterError) -> [MySQLDumpTable] {
    var tables: [MySQLDumpTable] = []
    for row in try database.rows(
      """
      SELECT t.table_name, t.table_type, coalesce(e.transactions, 'NO')
      FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
      WHERE t.table_schema = DATABASE() AND t.table_type NOT LIKE '%VIEW'
      ORDER BY t.table_name
      """)
    {
      let name = row[0].string ?? ""
      tables.append(
        MySQLDumpTable(
          name: name, quoted: database.dialect.quote(name),
          isSequence: row[1].string == "SEQUENCE", isTransactional: row[2].string == "YES"))
    }
    let columns = try columns(of: database)
    for index in tables.indices { tables[index].columns = columns[tables[index].name] ?? [] }
    return tables
  }

  private static func columns(
    of database: MySQLDatabase
  ) throws(AdapterError) -> [String: [Column]] {
    var columns: [String: [Column]] = [:]
    for row in try database.rows(
      """
      SELECT table_name, column_name, data_type FROM information_schema.columns
      WHERE table_schema = DATABASE() AND extra NOT LIKE '%VIRTUAL GENERATED%'
        AND extra NOT LIKE '%STORED GENERATED%' AND extra NOT LIKE '%PERSISTENT GENERATED%'
      ORDER BY table_name, ordinal_position
      """)
    {
      let type = row[2].string?.lowercased() ?? ""
      columns[row[0].string ?? "", default: []].append(
        Column(name: row[1].string ?? "", form: form(of: type), isFloat: type == "float"))
    }
    return columns
  }

  private static func form(of type: String) -> Column.Form {
    switch type {
    case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year":
      .number
    case "bit", "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry",
      "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
      "geometrycollection", "geomcollection":
      .bytes
    default: .text
    }
  }
}
