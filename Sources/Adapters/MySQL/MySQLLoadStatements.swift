import AdapterCore

/// The statements of a load into one table.
struct MySQLLoadStatements {
  /// Rows of an INSERT of many, unless the columns are so many that placeholders run out.
  static let rowsOfInsert = 64
  /// The most placeholders of a statement.
  private static let maximumPlaceholders = 65_535

  let delete: String
  /// One row, by parameters that are all text.
  let insert: String
  /// `rowsOfInsert` rows; nil when they have too many cells.
  let insertMany: String?
  let loadData: String
  /// Makes the table that an upsert loads into first; nil for the other modes.
  let stage: String?
  let unstage: String?
  /// Carries its rows over, in their order, and makes it anew.
  let merge: [String]

  /// - Parameters:
  ///   - values: per column what becomes of its text, which is written `?`.
  ///   - guardsKey: whether the table has other unique keys, by which an upsert may meet a row that it
  ///     does not mean; the key's columns take no NULL then.
  init(
    _ request: LoadRequest, columns: [Schema.Column], values: [String], guardsKey: Bool,
    dialect: SQLDialect
  ) {
    let table = dialect.quote(request.table)
    let types = columns.map(\.type)
    let columns = columns.map(\.name)
    let names = columns.map(dialect.quote)
    let row = "(" + values.map(Self.boundOnce).joined(separator: ", ") + ")"
    let head = "INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES "
    let tail = Self.update(request.mode, columns, guardsKey: guardsKey, dialect)
    delete = "DELETE FROM \(table)"
    insert = head + row + tail
    let rows = Array(repeating: row, count: Self.rowsOfInsert).joined(separator: ", ")
    let placeholders = Self.rowsOfInsert * columns.count
    insertMany = placeholders <= Self.maximumPlaceholders ? head + rows + tail : nil
    guard case .upsert = request.mode else {
      loadData = Self.loadData(table, names, values)
      (stage, unstage, merge) = (nil, nil, [])
      return
    }
    // A temporary table would hide one of the same name.
    let staged = request.table.name == "nb_load" ? "`nb_load_2`" : "`nb_load`"
    // Other names than the table's, which could be taken for those.
    let stagedNames = names.indices.map { "`nb_load_\($0)`" }
    let list = stagedNames.joined(separator: ", ")
    let declarations = zip(stagedNames, types).map { "\($0) \($1) NULL" }
    loadData = Self.loadData(staged, stagedNames, values)
    let creation =
      "CREATE TEMPORARY TABLE \(staged) (nb_row BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
      + declarations.joined(separator: ", ") + ") ENGINE = InnoDB CHARACTER SET utf8mb4"
    let removal = "DROP TEMPORARY TABLE \(staged)"
    (stage, unstage) = (creation, removal)
    // To delete its rows would cost half of what it costs to load them.
    merge = [
      "INSERT INTO \(table) (\(names.joined(separator: ", "))) SELECT \(list) FROM \(staged) "
        + "ORDER BY nb_row" + tail,
      removal, creation,
    ]
  }

  /// The expression with one placeholder, however often it has the value.
  private static func boundOnce(_ value: String) -> String {
    let parts = value.split(separator: "?", omittingEmptySubsequences: false)
    guard parts.count > 2 else { return value }
    return "(SELECT \(parts.joined(separator: "cell")) FROM (SELECT ? AS cell) AS nb_cell)"
  }

  private static func update(
    _ mode: LoadMode, _ columns: [String], guardsKey: Bool, _ dialect: SQLDialect
  ) -> String {
    guard case .upsert(let key) = mode else { return "" }
    let keys = Set(key.map { $0.lowercased() })
    var updated = columns.filter { !keys.contains($0.lowercased()) }
    // Setting a key to itself changes nothing.
    if updated.isEmpty { updated = columns }
    var updates = updated.map { "\(dialect.quote($0)) = VALUES(\(dialect.quote($0)))" }
    if guardsKey {
      // A row that is met by another key would be changed in place of the one that is meant. NULL is
      // an error there (1048), and has the type of every column.
      let guarded = columns.filter { keys.contains($0.lowercased()) }.map(dialect.quote)
      updates = guarded.map { "\($0) = IF(\($0) <=> VALUES(\($0)), \($0), NULL)" } + updates
    }
    return " ON DUPLICATE KEY UPDATE " + updates.joined(separator: ", ")
  }

  /// A column whose text becomes something else is read into a variable first. Not through a derived
  /// table: that would be made for the first row only.
  private static func loadData(_ table: String, _ names: [String], _ values: [String]) -> String {
    var targets: [String] = []
    var assignments: [String] = []
    for (index, value) in values.enumerated() {
      guard value != "?" else {
        targets.append(names[index])
        continue
      }
      let parts = value.split(separator: "?", omittingEmptySubsequences: false)
      targets.append("@nb\(index)")
      assignments.append("\(names[index]) = " + parts.joined(separator: "@nb\(index)"))
    }
    // Numbers instead of strings: what a backslash means depends on the session.
    let sql =
      "LOAD DATA LOCAL INFILE '\(MySQLLocalFile.name)' INTO TABLE \(table) CHARACTER SET utf8mb4 "
      + "FIELDS TERMINATED BY 0x09 ESCAPED BY 0x5C LINES TERMINATED BY 0x0A "
      + "(\(targets.joined(separator: ", ")))"
    return assignments.isEmpty ? sql : sql + " SET " + assignments.joined(separator: ", ")
  }
}
