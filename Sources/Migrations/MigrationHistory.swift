import AdapterCore

/// The table that says what was applied: `nb_migrations`.
final class MigrationHistory {
  static let table = TableName(name: "nb_migrations")

  private static let columns = [
    Column(name: "version", kind: .text, declaredType: "VARCHAR(64)"),
    Column(name: "name", kind: .text, declaredType: "VARCHAR(255)"),
    Column(name: "checksum", kind: .text, declaredType: "VARCHAR(64)"),
    Column(name: "state", kind: .text, declaredType: "VARCHAR(16)"),
    Column(name: "statements", kind: .integer),
    Column(name: "applied_at", kind: .text, declaredType: "VARCHAR(32)"),
    Column(name: "duration_ms", kind: .integer),
    Column(name: "origin", kind: .text, declaredType: "VARCHAR(16)"),
    Column(name: "source", kind: .text),
  ]

  /// The text of a larger file is not kept: `verify` then shows no lines for it, and reverting needs
  /// the file. In bytes.
  static let largestSource = 1 << 20

  private static let names = columns.map(\.name).joined(separator: ", ")

  let database: any SQLDatabase
  /// Whether the table is there, outside of a transaction that could undo it; nil: not known. Asking
  /// costs a server as much as a migration.
  private var presence: Bool?
  /// The versions that may have a row, as of the last `load` of all; nil before it.
  private var recorded: Set<String>?

  init(database: any SQLDatabase) { self.database = database }

  private lazy var name = database.dialect.quote(Self.table)
  private lazy var insertion =
    "INSERT INTO \(name) (\(Self.names)) VALUES "
    + "(\(Self.columns.map { _ in "?" }.joined(separator: ", ")))"

  /// The statement that creates the table.
  var creation: String {
    database.createTableStatement(Self.table, columns: Self.columns, primaryKey: ["version"])
  }

  func exists() throws(AdapterError) -> Bool {
    if let presence { return presence }
    let isThere = try database.hasTable(Self.table)
    if !database.isInTransaction { presence = isThere }
    return isThere
  }

  /// Takes note that the transaction is committed in which it was created, if need be.
  func noteCommit() { presence = true }

  /// Whether a row of the version may be there.
  func mayHold(_ version: MigrationVersion) -> Bool { recorded?.contains(version.text) ?? true }

  func createIfMissing() throws(AdapterError) {
    guard try !exists() else { return }
    presence = nil
    do throws(AdapterError) {
      try database.execute(creation)
    } catch {
      var error = error
      error.position = nil
      error.message = "cannot create the table \(Self.table.name): \(error.message)"
      throw error
    }
  }

  func drop() throws(AdapterError) {
    presence = nil
    try database.execute("DROP TABLE \(name)")
  }

  /// The rows by version, all or that of one migration; none without the table, which is looked for
  /// anew when all are asked for.
  func load(_ version: MigrationVersion? = nil) throws(AdapterError) -> [AppliedMigration] {
    if version == nil { presence = nil }
    guard try exists() else {
      recorded = []
      return []
    }
    let condition = version == nil ? "" : " WHERE version = ?"
    let values = version.map { [Value.text($0.text)] } ?? []
    var rows: [AppliedMigration] = []
    for row in try database.rows("SELECT \(Self.names) FROM \(name)\(condition)", values) {
      guard let version = row[0].string.flatMap({ MigrationVersion($0) }),
        let state = row[3].string.flatMap(AppliedMigration.State.init(rawValue:)),
        let origin = row[7].string.flatMap(AppliedMigration.Origin.init(rawValue:))
      else {
        throw AdapterError(
          .data, "\(Self.table.name) in \(database.displayName) holds a row that nb did not write",
          hint: "look at it with nb db query, and correct or delete it")
      }
      rows.append(
        AppliedMigration(
          version: version, name: row[1].string ?? "", checksum: row[2].string ?? "", state: state,
          statements: Int(row[4].integer ?? 0), appliedAt: row[5].string,
          durationMilliseconds: row[6].integer ?? 0, origin: origin, source: row[8].string))
    }
    if version == nil { recorded = Set(rows.map(\.version.text)) }
    return rows.sorted { $0.version < $1.version }
  }

  func insert(_ row: AppliedMigration) throws(AdapterError) {
    recorded?.insert(row.version.text)
    try database.executeOnColumns(
      insertion,
      [
        .text(row.version.text), .text(row.name), .text(row.checksum), .text(row.state.rawValue),
        .int(Int64(row.statements)), row.appliedAt.map { .text($0) } ?? .null,
        .int(row.durationMilliseconds), .text(row.origin.rawValue),
        kept(row.source).map { .text($0) } ?? .null,
      ])
  }

  private func kept(_ source: String?) -> String? {
    source.flatMap { $0.utf8.count <= Self.largestSource ? $0 : nil }
  }

  func delete(_ row: AppliedMigration) throws(AdapterError) {
    try database.executeOnColumns(
      "DELETE FROM \(name) WHERE version = ?", [.text(row.version.text)])
  }

  func replace(_ row: AppliedMigration) throws(AdapterError) {
    if mayHold(row.version) { try delete(row) }
    try insert(row)
  }

  /// The journal of a file outside a transaction: this many of its statements are done.
  func record(
    _ row: AppliedMigration, state: AppliedMigration.State, statements: Int
  ) throws(AdapterError) {
    try database.executeOnColumns(
      "UPDATE \(name) SET state = ?, statements = ? WHERE version = ?",
      [.text(state.rawValue), .int(Int64(statements)), .text(row.version.text)])
  }

  /// Ends the journal of a file outside a transaction, of which all but the end stands in the row.
  func finish(_ row: AppliedMigration) throws(AdapterError) {
    try database.executeOnColumns(
      "UPDATE \(name) SET state = ?, statements = ?, applied_at = ?, duration_ms = ? "
        + "WHERE version = ?",
      [
        .text(row.state.rawValue), .int(Int64(row.statements)),
        row.appliedAt.map { .text($0) } ?? .null, .int(row.durationMilliseconds),
        .text(row.version.text),
      ])
  }

  /// The statement that writes a row of a schema dump.
  func dumpStatement(_ row: AppliedMigration) -> String {
    let quoted = [row.version.text, row.name, row.checksum, row.state.rawValue]
      .map(database.dialect.literal).joined(separator: ", ")
    return "INSERT INTO \(name) (version, name, checksum, state, statements, duration_ms, origin) "
      + "VALUES (\(quoted), \(row.statements), 0, 'dump');"
  }
}

extension SQLDatabase {
  func hasTable(_ table: TableName) throws(AdapterError) -> Bool {
    do throws(AdapterError) {
      _ = try schema(table: table.name)
      return true
    } catch {
      if error.kind == .notFound { return false }
      throw error
    }
  }
}
