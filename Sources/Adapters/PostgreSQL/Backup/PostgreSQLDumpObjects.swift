import AdapterCore

/// All that a database holds beside rows and rights, as the statements that create it.
///
/// Read within a transaction, with an empty search_path.
enum PostgreSQLDumpObjects {
  static func read(
    _ database: PostgreSQLDatabase
  ) throws(AdapterError) -> [Int64: DumpObject] {
    var objects: [Int64: DumpObject] = [:]
    for query in PostgreSQLDumpSQL.objects {
      for row in try database.rows(query) {
        guard let key = row[0].integer, let sql = row[3].string else { continue }
        let needs = row[4].string?.split(separator: ",").compactMap { Int64($0) } ?? []
        objects[key] = DumpObject(
          rank: row[1].integer.map(Int.init) ?? 0, name: row[2].string ?? "",
          sql: sql.trimmingStatementEnd(), needs: needs,
          sqlAtEnd: row.count > 5 ? row[5].string : nil)
      }
    }
    try addDependencies(to: &objects, database)
    return objects
  }

  private static func addDependencies(
    to objects: inout [Int64: DumpObject], _ database: PostgreSQLDatabase
  ) throws(AdapterError) {
    var aliases: [Int64: Int64] = [:]
    for row in try database.rows(PostgreSQLDumpSQL.aliases) {
      if let from = row[0].integer, let to = row[1].integer { aliases[from] = to }
    }
    func resolve(_ key: Int64) -> Int64? {
      var key = key
      while objects[key] == nil {
        guard let next = aliases[key] else { return nil }
        key = next
      }
      return key
    }
    for row in try database.rows(PostgreSQLDumpSQL.dependencies) {
      guard let from = row[0].integer.flatMap(resolve), let to = row[1].integer.flatMap(resolve),
        from != to
      else { continue }
      objects[from]?.needs.append(to)
    }
  }
}

extension PostgreSQLDatabase {
  func definitions(without tables: [TableName]) throws(AdapterError) -> [String]? {
    try begin(.read)
    defer { rollback() }
    var left: Set<Int64> = []
    for table in tables {
      let key = PostgreSQLDumpSQL.key("pg_class", "to_regclass($1)::oid")
      let found = try rows("SELECT \(key)", [.text(dialect.quote(table))]).first?.first
      if let key = found?.integer { left.insert(key) }
    }
    try run("SET LOCAL search_path = ''")
    let notCarried = try PostgreSQLDump.notCarried(of: self)
    var objects = try PostgreSQLDumpObjects.read(self)
    // What is left out takes its keys and indexes along.
    for (key, object) in objects where object.rank < PostgreSQLDumpSQL.Rank.view {
      if left.contains(key) || object.needs.contains(where: left.contains) { objects[key] = nil }
    }
    let keys = DumpObject.order(objects)
    var statements = keys.compactMap { objects[$0]?.sql }
    // It is there, and whoever loads this need not be able to make it.
    statements.removeAll { $0 == "CREATE SCHEMA IF NOT EXISTS public" }
    statements += keys.compactMap { objects[$0]?.sqlAtEnd }
    let head = notCarried.map { "-- not carried: \($0)\n" }.joined()
    return [head + Self.definitionSettings] + statements.map { $0 + ";\n" }
  }

  /// Functions may name what comes later, and what is there already is no news.
  private static let definitionSettings = """
    SET check_function_bodies = off;
    SET client_min_messages = warning;

    """
}

extension String {
  /// Without white space and semicolons at the end.
  fileprivate func trimmingStatementEnd() -> String {
    var text = self[...]
    while let last = text.last, last.isWhitespace || last == ";" { text = text.dropLast() }
    return String(text)
  }
}
