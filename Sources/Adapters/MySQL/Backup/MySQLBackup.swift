import AdapterCore

extension MySQLDatabase {
  var backup: (any DatabaseBackup)? { MySQLBackup(self) }
}

/// Backup into one file of SQL that the mariadb client loads too, and restore by way of a database
/// beside the one that is restored.
final class MySQLBackup: DatabaseBackup {
  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  private var engine: String { database.dialect.name }

  func backUp(
    to path: String, overwrite: Bool, progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> BackupSummary {
    try database.requireDatabase()
    var notCarried: [String] = []
    let bytes = try DumpWriter.write(
      to: path, overwrite: overwrite, engine: engine, database.operation, progress: progress
    ) { (writer) throws(AdapterError) in
      try MySQLSession(database).keeping { () throws(AdapterError) in
        try database.run(
          "SET sql_mode = '', time_zone = '+00:00', net_write_timeout = 3600, sql_quote_show_create = 1"
        )
        try database.begin(.read)
        // Nothing was changed, so that there is nothing to commit.
        defer { database.rollback() }
        let dump = try MySQLDump(database, to: writer)
        notCarried = dump.notCarried
        return try dump.write(progress)
      }
    }
    return BackupSummary(bytes: bytes, notCarried: notCarried)
  }

  func restore(
    from path: String, confirm: (RestorePlan) throws(AdapterError) -> Bool,
    progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Bool {
    try database.requireDatabase()
    try refuseOutsideKeys()
    let file = try DumpFile(path, database.operation)
    let counts = try file.verify(engine: engine, progress: progress)
    let plan = RestorePlan(
      current: try extent(),
      backup: RestorePlan.Extent(tables: counts.tables, bytes: file.byteCount))
    guard try confirm(plan) else { return false }
    let name = try database.rows("SELECT DATABASE()").first?.first?.string ?? ""
    try MySQLSession(database).keeping { () throws(AdapterError) in
      try MySQLShadow(of: name, on: database).replace(by: file, named: path, progress)
    }
    return true
  }

  /// A key of another database would follow the old table out of this one, and refer to nothing then.
  private func refuseOutsideKeys() throws(AdapterError) {
    let found = try database.rows(
      """
      SELECT DISTINCT table_schema, table_name FROM information_schema.key_column_usage
      WHERE referenced_table_schema = DATABASE() AND table_schema <> DATABASE()
      ORDER BY table_schema, table_name
      """)
    guard let first = found.first else { return }
    let name = "\(first[0].string ?? "").\(first[1].string ?? "")"
    throw AdapterError(
      .conflict, "\(name) has a foreign key into the database that would be replaced",
      hint: "drop that key, restore, and add it again",
      details: found.count > 1
        ? ["\(counted(found.count, "table")) of other databases have one"] : [])
  }

  private func extent() throws(AdapterError) -> RestorePlan.Extent {
    let row =
      try database.rows(
        """
        SELECT count(*), CAST(coalesce(sum(data_length + index_length), 0) AS SIGNED)
        FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
        """
      ).first ?? []
    return RestorePlan.Extent(
      tables: row.first?.integer.map(Int.init) ?? 0, bytes: row.last?.integer.map(Int.init) ?? 0)
  }
}

/// The settings of a session that backup and restore change.
struct MySQLSession {
  private static let names = [
    "sql_mode", "time_zone", "foreign_key_checks", "unique_checks", "collation_connection",
    "net_write_timeout", "sql_quote_show_create",
  ]

  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  /// Runs `body`, and sets them as they were.
  func keeping<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    let kept = Self.names.map { "@nb_\($0) = @@\($0)" }.joined(separator: ", ")
    try database.run("SET \(kept)")
    defer {
      database.runQuietly(
        "SET " + Self.names.map { "\($0) = @nb_\($0)" }.joined(separator: ", "))
    }
    return try body()
  }
}
