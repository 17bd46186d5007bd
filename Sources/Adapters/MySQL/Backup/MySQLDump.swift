import AdapterCore
import Platform

/// Writes a database as SQL, within a transaction that sees one state of it.
final class MySQLDump {
  /// What whoever loads the dump needs: dates that this server let in, and no order among tables.
  private static let settings = """
    SET NAMES utf8mb4;
    SET time_zone = '+00:00';
    SET foreign_key_checks = 0;
    SET unique_checks = 0;
    SET sql_mode = '\(rowMode)';


    """

  /// The mode in which rows are what they were.
  static let rowMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

  private let database: MySQLDatabase
  private let writer: DumpWriter
  private let definitions: MySQLDefinitions
  private var counts = DumpCounts()
  let notCarried: [String]

  init(_ database: MySQLDatabase, to writer: DumpWriter) throws(AdapterError) {
    self.database = database
    self.writer = writer
    let broken = try MySQLDefinitions.brokenViews(of: database)
    definitions = MySQLDefinitions(database, leavingOut: broken)
    notCarried = try Self.notCarried(of: database, brokenViews: broken)
  }

  private static func notCarried(
    of database: MySQLDatabase, brokenViews: [String]
  ) throws(AdapterError) -> [String] {
    let hasAll = try !database.rows(
      """
      SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'SELECT'
      UNION ALL SELECT 1 FROM information_schema.schema_privileges
      WHERE privilege_type = 'SELECT' AND DATABASE() LIKE table_schema
      """
    ).isEmpty
    var found = hasAll ? [] : ["the tables that this user has no right on and cannot see"]
    let versioned = try database.rows(
      """
      SELECT table_name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_type = 'SYSTEM VERSIONED' ORDER BY table_name
      """)
    found += versioned.map { "the history of the table \($0[0].string ?? "")" }
    return found + brokenViews.map { "the view \($0), which refers to what is not there" }
  }

  func write(_ progress: (BackupProgress) -> Void) throws(AdapterError) -> DumpCounts {
    let tables = try MySQLDumpTable.all(of: database)
    // From now on they are neither dropped nor altered.
    for table in tables { try database.run("SELECT 1 FROM \(table.quoted) LIMIT 0") }
    try writeHead(tables)
    for table in tables where table.isSequence { try writeSequence(table) }
    for table in tables where !table.isSequence {
      try writer.statement(try creation(of: table))
      try writeRows(of: table, progress)
      counts.tables += 1
    }
    for part in MySQLDefinitions.Part.allCases { try write(part) }
    return counts
  }

  private func writeHead(_ tables: [MySQLDumpTable]) throws(AdapterError) {
    let row = try database.rows("SELECT DATABASE(), VERSION()").first
    writer.comment([
      "database \(row?[0].string ?? ""), server \(row?[1].string ?? ""), \(UTCTime.now.iso8601)",
      "load it by: nb db restore, mariadb --default-character-set=utf8mb4, nb db exec -f",
      "not carried: the server's users and their privileges",
    ])
    writer.comment(notCarried.map { "not carried: \($0)" })
    let others = tables.filter { !$0.isTransactional && !$0.isSequence }
    if !others.isEmpty {
      let names = others.map(\.name).joined(separator: ", ")
      let remark = "without transactions, so maybe newer than the rest: \(names)"
      writer.comment([remark])
      database.operation.note(remark)
    }
    writer.output.append("\n")
    writer.output.append(Self.settings)
  }

  // MARK: Tables

  private func creation(of table: MySQLDumpTable) throws(AdapterError) -> String {
    let row = try database.rows("SHOW CREATE TABLE \(table.quoted)").first
    return try database.withoutOwnDatabase(row?[1].string ?? "")
  }

  private func writeSequence(_ table: MySQLDumpTable) throws(AdapterError) {
    let row = try database.rows("SHOW CREATE SEQUENCE \(table.quoted)").first
    try writer.statement(row?[1].string ?? "")
    let next = try database.rows("SELECT next_not_cached_value FROM \(table.quoted)").first?.first
    if let next = next?.integer { try writer.statement("DO SETVAL(\(table.quoted), \(next), 0)") }
  }

  private func writeRows(
    of table: MySQLDumpTable, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    guard !table.columns.isEmpty else { return }
    let rows = MySQLDumpRows(table, to: writer)
    counts.rows += try rows.copy(from: database, progress)
  }

  // MARK: The rest

  private func write(_ part: MySQLDefinitions.Part) throws(AdapterError) {
    let found = try definitions.read(part)
    guard !found.isEmpty else { return }
    try writer.statement(part.marker)
    var settings = ""
    for definition in found {
      if definition.settings != settings {
        settings = definition.settings
        try writer.statement("SET \(settings)")
      }
      writer.output.append(definition.script + "\n")
      try writer.flushIfFull()
    }
    try writer.statement("SET sql_mode = '\(Self.rowMode)', time_zone = '+00:00'")
  }
}
