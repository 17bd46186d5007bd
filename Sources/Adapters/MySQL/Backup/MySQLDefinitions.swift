import AdapterCore

/// What a database has beside tables, as statements that create it, in an order in which they run.
struct MySQLDefinitions {
  /// A part of a dump. Its name in a variable tells a restore where it begins.
  enum Part: String, CaseIterable {
    case routines, views, triggers, events

    var marker: String { "SET @nb_part = '\(rawValue)'" }
  }

  struct Definition {
    var name: String
    var sql: String
    /// The mode and the character set that it is read with.
    var settings: String
    /// Whether the text holds semicolons of its own.
    var isBody: Bool

    /// The statement as a script has it, with its end and the line's.
    var script: String {
      guard isBody else { return sql + ";\n" }
      var delimiter = ";;"
      while sql.split(separator: delimiter, omittingEmptySubsequences: false).count > 1 {
        delimiter = delimiter == ";;" ? "$$" : delimiter + "nb$$"
      }
      return "DELIMITER \(delimiter)\n\(sql)\n\(delimiter)\nDELIMITER ;\n"
    }
  }

  private let database: MySQLDatabase
  private let brokenViews: [String]

  /// - Parameter brokenViews: views that are not read; see `brokenViews(of:)`.
  init(_ database: MySQLDatabase, leavingOut brokenViews: [String] = []) {
    self.database = database
    self.brokenViews = brokenViews
  }

  func read(_ part: Part) throws(AdapterError) -> [Definition] {
    switch part {
    case .routines: try routines()
    case .views: try views()
    case .triggers: try triggers()
    case .events: try events()
    }
  }

  private func names(_ sql: String) throws(AdapterError) -> [[String]] {
    try database.rows(sql).map { row in row.map { $0.string ?? "" } }
  }

  // MARK: Kinds

  private func routines() throws(AdapterError) -> [Definition] {
    // The body of a package needs the package.
    let found = try names(
      """
      SELECT routine_type, routine_name FROM information_schema.routines
      WHERE routine_schema = DATABASE()
      ORDER BY FIELD(routine_type, 'PACKAGE', 'FUNCTION', 'PROCEDURE', 'PACKAGE BODY'), routine_name
      """)
    var definitions: [Definition] = []
    for names in found {
      let row = try creation(of: names[1], as: names[0])
      guard let sql = row[2].string else { throw hidden(names[0].lowercased(), names[1]) }
      definitions.append(
        Definition(
          name: names[1], sql: sql, settings: settings(row[1], row[4]), isBody: true))
    }
    return definitions
  }

  private static func viewNames(of database: MySQLDatabase) throws(AdapterError) -> [String] {
    try database.rows(
      """
      SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()
      ORDER BY table_name
      """
    ).map { $0[0].string ?? "" }
  }

  /// The views that cannot be read, for what they refer to is gone: nor could they be made anew.
  static func brokenViews(of database: MySQLDatabase) throws(AdapterError) -> [String] {
    var broken: [String] = []
    for name in try viewNames(of: database) {
      do throws(AdapterError) {
        try database.run("SELECT 1 FROM \(database.dialect.quote(name)) LIMIT 0")
      } catch {
        // ER_VIEW_INVALID
        guard error.code?.hasPrefix("1356") == true else { throw error }
        broken.append(name)
      }
    }
    return broken
  }

  /// Views by name, but after those that they name.
  private func views() throws(AdapterError) -> [Definition] {
    let found = try Self.viewNames(of: database).filter { !brokenViews.contains($0) }
    var definitions: [Int64: Definition] = [:]
    for (index, name) in found.enumerated() {
      let row = try creation(of: name, as: "VIEW")
      guard let sql = row[1].string else { throw hidden("view", name) }
      definitions[Int64(index)] = Definition(
        name: name, sql: sql, settings: settings(.text(""), row[3]), isBody: false)
    }
    var objects: [Int64: DumpObject] = [:]
    for (key, definition) in definitions {
      let needs = definitions.filter { other, needed in
        other != key && definition.sql.contains(database.dialect.quote(needed.name))
      }
      objects[key] = DumpObject(
        rank: 0, name: definition.name, sql: "", needs: needs.keys.sorted())
    }
    return DumpObject.order(objects).compactMap { definitions[$0] }
  }

  private func triggers() throws(AdapterError) -> [Definition] {
    // Those of one moment run in the order in which they are created.
    try bodies(
      "TRIGGER", column: 2, collation: 4,
      """
      SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()
      ORDER BY event_object_table, event_manipulation, action_timing, action_order
      """
    ) { _ in "" }
  }

  private func events() throws(AdapterError) -> [Definition] {
    try bodies(
      "EVENT", column: 3, collation: 5,
      """
      SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()
      ORDER BY event_name
      """
    ) { row in
      ", time_zone = " + database.dialect.literal(row[2].string ?? "SYSTEM")
    }
  }

  /// The definitions of what a query names.
  ///
  /// - Parameters:
  ///   - column: the source's in what SHOW CREATE gives.
  ///   - moreSettings: what is set beside mode and collation.
  private func bodies(
    _ kind: String, column: Int, collation: Int, _ query: String,
    moreSettings: ([Value]) -> String
  ) throws(AdapterError) -> [Definition] {
    var definitions: [Definition] = []
    for names in try names(query) {
      let row = try creation(of: names[0], as: kind)
      guard let sql = row[column].string else { throw hidden(kind.lowercased(), names[0]) }
      definitions.append(
        Definition(
          name: names[0], sql: sql, settings: settings(row[1], row[collation]) + moreSettings(row),
          isBody: true))
    }
    return definitions
  }

  // MARK: Help

  private func creation(of name: String, as kind: String) throws(AdapterError) -> [Value] {
    try database.rows("SHOW CREATE \(kind) \(database.dialect.quote(name))").first ?? []
  }

  private func settings(_ mode: Value, _ collation: Value) -> String {
    "sql_mode = \(database.dialect.literal(mode.string ?? "")), "
      + "collation_connection = \(database.dialect.literal(collation.string ?? "utf8mb4_general_ci"))"
  }

  /// The server gives the name of what the user may use, and not its source.
  private func hidden(_ kind: String, _ name: String) -> AdapterError {
    AdapterError(
      .denied, "the source of \(kind) '\(name)' may not be read",
      hint: "the user needs SHOW CREATE ROUTINE, or SELECT on mysql.proc, or must be its definer")
  }

  /// The statements that drop all of a part in the database that the session is in.
  func removals(_ part: Part) throws(AdapterError) -> [String] {
    let query =
      switch part {
      case .routines:
        """
        SELECT routine_type, routine_name FROM information_schema.routines
        WHERE routine_schema = DATABASE() AND routine_type <> 'PACKAGE BODY'
        """
      case .views:
        "SELECT 'VIEW', table_name FROM information_schema.views WHERE table_schema = DATABASE()"
      case .triggers:
        """
        SELECT 'TRIGGER', trigger_name FROM information_schema.triggers
        WHERE trigger_schema = DATABASE()
        """
      case .events:
        "SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE()"
      }
    return try names(query).map { "DROP \($0[0]) IF EXISTS \(database.dialect.quote($0[1]))" }
  }
}

extension String {
  fileprivate func contains(_ part: String) -> Bool {
    var rest = utf8[...]
    let wanted = Array(part.utf8)
    guard let first = wanted.first else { return true }
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: wanted) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
