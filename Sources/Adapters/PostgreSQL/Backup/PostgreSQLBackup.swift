import AdapterCore

extension PostgreSQLDatabase {
  var backup: (any DatabaseBackup)? { PostgreSQLBackup(self) }
}

/// Backup into one file of SQL that psql loads too, and restore of it in one transaction.
final class PostgreSQLBackup: DatabaseBackup {
  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  private var engine: String { database.dialect.name }

  func backUp(
    to path: String, overwrite: Bool, progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> BackupSummary {
    var notCarried: [String] = []
    let bytes = try DumpWriter.write(
      to: path, overwrite: overwrite, engine: engine, database.operation, progress: progress
    ) { (writer) throws(AdapterError) in
      try database.begin(.read)
      // Nothing was changed, so that there is nothing to commit.
      defer { database.rollback() }
      let dump = try PostgreSQLDump(database, to: writer)
      notCarried = dump.notCarried
      return try dump.write(progress)
    }
    return BackupSummary(bytes: bytes, notCarried: notCarried)
  }

  // MARK: Restore

  func restore(
    from path: String, confirm: (RestorePlan) throws(AdapterError) -> Bool,
    progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Bool {
    let file = try DumpFile(path, database.operation)
    let counts = try file.verify(engine: engine, progress: progress)
    let plan = RestorePlan(
      current: try extent(),
      backup: RestorePlan.Extent(tables: counts.tables, bytes: file.byteCount),
      notCarried: try PostgreSQLDump.notCarried(of: database))
    guard try confirm(plan) else { return false }
    do throws(AdapterError) {
      try database.transaction(.write) { () throws(AdapterError) in
        try empty()
        try file.load(progress: progress) { () throws(AdapterError) in
          try load(file, named: path)
        }
      }
    } catch {
      var error = error
      if error.kind != .cancelled { error.details.append("  nothing was changed") }
      throw error
    }
    return true
  }

  private func extent() throws(AdapterError) -> RestorePlan.Extent {
    let row = try database.rows(PostgreSQLDumpSQL.extent).first ?? []
    return RestorePlan.Extent(
      tables: row.first?.integer.map(Int.init) ?? 0, bytes: row.last?.integer.map(Int.init) ?? 0)
  }

  /// Drops all that a backup may hold.
  private func empty() throws(AdapterError) {
    // What goes with something else is no news.
    try database.run(
      "SET LOCAL client_min_messages = warning; SET LOCAL search_path = ''")
    for row in try database.rows(PostgreSQLDumpSQL.removals) {
      try database.run(row[1].string ?? "")
    }
  }

  /// Runs the dump. Its settings are for the transaction alone: a pooler gives the session to others.
  private func load(_ file: DumpFile, named path: String) throws(AdapterError) {
    let script = SQLScript(file, dialect: database.dialect, name: path)
    let loader = PostgreSQLScriptData(database)
    while let statement = try script.next() {
      try database.operation.cancellation.check()
      if script.hasData {
        _ = try loader.run(statement, data: script, dataLine: script.dataLine)
      } else {
        try run(statement)
      }
    }
  }

  private func run(_ statement: SQLText) throws(AdapterError) {
    let text = statement.text
    do throws(AdapterError) {
      try database.run(text.hasPrefix("SET ") ? "SET LOCAL " + text.dropFirst(4) : text)
    } catch {
      var error = error
      error.position = statement.position
      throw error
    }
  }
}
