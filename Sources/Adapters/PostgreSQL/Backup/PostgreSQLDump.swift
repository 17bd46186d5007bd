import AdapterCore
import CPostgreSQL
import Platform

/// Writes a database as SQL, within a transaction that sees one state of it.
final class PostgreSQLDump {
  private struct Table {
    var name: String
    /// Those that take rows; nil for a table without any.
    var columns: String?
  }

  /// Settings of whoever loads the dump: all that its statements and values depend on.
  private static let settings = """
    SET statement_timeout = 0;
    SET idle_in_transaction_session_timeout = 0;
    SET client_encoding = 'UTF8';
    SET standard_conforming_strings = on;
    SET datestyle = 'ISO, YMD';
    SET intervalstyle = 'postgres';
    SET xmloption = content;
    SET check_function_bodies = off;
    SET client_min_messages = warning;
    SET row_security = off;
    SET search_path = '';
    SET default_tablespace = '';
    SET default_table_access_method = heap;


    """

  private let database: PostgreSQLDatabase
  private let writer: DumpWriter
  let notCarried: [String]
  private var counts = DumpCounts()

  /// Throws `denied` with the table's name where something may not be read.
  init(_ database: PostgreSQLDatabase, to writer: DumpWriter) throws(AdapterError) {
    self.database = database
    self.writer = writer
    // A policy that hides rows is an error, not a smaller backup.
    try database.run(
      """
      SET LOCAL search_path = ''; SET LOCAL row_security = off; SET LOCAL statement_timeout = 0;
      SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL extra_float_digits = 3
      """)
    notCarried = try Self.notCarried(of: database)
  }

  /// What the database holds that no dump carries, each as a phrase.
  static func notCarried(of database: PostgreSQLDatabase) throws(AdapterError) -> [String] {
    try database.rows(PostgreSQLDumpSQL.notCarried).compactMap { row in
      guard let count = row[0].integer, count > 0 else { return nil }
      return "\(count) \((count == 1 ? row[1] : row[2]).string ?? "")"
    }
  }

  func write(_ progress: (BackupProgress) -> Void) throws(AdapterError) -> DumpCounts {
    let tables = try readTables()
    try lock(tables)
    try writeHead()
    let objects = try PostgreSQLDumpObjects.read(database)
    let keys = DumpObject.order(objects)
    // What a table needs may need something that comes after rows, a view its key.
    let last = keys.lastIndex { (objects[$0]?.rank ?? 0) < PostgreSQLDumpSQL.Rank.afterRows } ?? -1
    for key in keys[...last] { try writer.statement(objects[key]?.sql ?? "") }
    for table in tables { try writeRows(of: table, progress) }
    try writeSequenceValues()
    for key in keys[(last + 1)...] { try writer.statement(objects[key]?.sql ?? "") }
    for key in keys { if let fill = objects[key]?.sqlAtEnd { try writer.statement(fill) } }
    try writeRights()
    counts.tables =
      try database.rows(PostgreSQLDumpSQL.extent).first?.first?.integer
      .map(Int.init) ?? 0
    return counts
  }

  /// Keeps the tables from being dropped or altered while they are read.
  private func lock(_ tables: [Table]) throws(AdapterError) {
    var rest = tables[...]
    while !rest.isEmpty {
      let names = rest.prefix(100).map(\.name).joined(separator: ", ")
      try database.run("LOCK TABLE ONLY \(names) IN ACCESS SHARE MODE")
      rest = rest.dropFirst(100)
    }
  }

  private func writeHead() throws(AdapterError) {
    let row = try database.rows("SELECT current_database(), current_setting('server_version')")
      .first
    writer.comment([
      "database \(row?[0].string ?? ""), PostgreSQL \(row?[1].string ?? ""), \(UTCTime.now.iso8601)",
      "load it by: nb db restore, psql -v ON_ERROR_STOP=1 -f, nb db exec -f",
      "not carried: the server's roles",
    ])
    writer.comment(notCarried.map { "not carried: \($0)" })
    writer.output.append("\n")
    writer.output.append(Self.settings)
  }

  // MARK: Objects

  private func readTables() throws(AdapterError) -> [Table] {
    try database.rows(PostgreSQLDumpSQL.tablesWithRows).map { row in
      Table(name: row[0].string ?? "", columns: row[1].string)
    }
  }

  // MARK: Rows

  /// Writes a table as a COPY of its own; an empty one not at all.
  private func writeRows(
    of table: Table, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    let connection = database.connection
    let columns = table.columns.map { " (\($0))" } ?? ""
    try connection.check(
      sent: PQsendQuery(connection.handle, "COPY \(table.name)\(columns) TO STDOUT"))
    let before = counts.rows
    do throws(AdapterError) {
      try connection.finish { (result) throws(AdapterError) in
        switch PQresultStatus(result) {
        case PGRES_COPY_OUT:
          try takeRows("COPY \(table.name)\(columns) FROM stdin;\n", progress)
        case PGRES_COMMAND_OK: break
        default: throw database.error(result)
        }
      }
    } catch {
      connection.abandonResults()
      throw error
    }
    if counts.rows > before { writer.output.append("\\.\n\n") }
  }

  private func takeRows(
    _ head: String, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    let cancellation = database.operation.cancellation
    var isFirst = true
    while let row = try database.connection.nextCopyRow() {
      defer { PQfreemem(row.baseAddress) }
      if isFirst {
        isFirst = false
        writer.output.append(head)
      }
      writer.output.append(UnsafeBufferPointer(row))
      counts.rows &+= 1
      try writer.flushIfFull()
      writer.report(progress)
      if cancellation.isCancelled { try cancellation.check() }
    }
  }

  private func writeSequenceValues() throws(AdapterError) {
    var calls: [String] = []
    for row in try database.rows(PostgreSQLDumpSQL.sequenceNames) {
      guard let name = row[0].string,
        let value = try database.rows("SELECT last_value, is_called FROM \(name)").first
      else { continue }
      let number = value[0].integer ?? 1
      calls.append(
        "  PERFORM pg_catalog.setval(\(database.dialect.literal(name)), \(number), "
          + "\(value[1] == .bool(true)));")
    }
    guard !calls.isEmpty else { return }
    try writer.statement(Self.block("BEGIN\n\(calls.joined(separator: "\n"))\nEND"))
  }

  // MARK: Rights

  /// Statements that name roles: where one is missing, or may not be given something, that is a warning.
  private func writeRights() throws(AdapterError) {
    let commands = try database.rows(PostgreSQLDumpSQL.rights).compactMap { $0[2].string }
    guard !commands.isEmpty else { return }
    let list = commands.map { "    " + PostgreSQLDatabase.escapedLiteral($0) }
    try writer.statement(
      Self.block(
        """
        DECLARE
          command text;
        BEGIN
          FOREACH command IN ARRAY ARRAY[
        \(list.joined(separator: ",\n"))
          ] LOOP
            BEGIN
              EXECUTE command;
            EXCEPTION WHEN undefined_object OR insufficient_privilege THEN
              RAISE WARNING '% (%)', SQLERRM, command;
            END;
          END LOOP;
        END
        """))
  }

  /// A DO of a body that may hold any text.
  private static func block(_ body: String) -> String {
    var tag = "$nb$"
    var number = 0
    while body.contains(tag) {
      number += 1
      tag = "$nb\(number)$"
    }
    return "DO \(tag)\n\(body)\n\(tag)"
  }
}
