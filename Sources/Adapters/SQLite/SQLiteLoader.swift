import AdapterCore
import CSQLite

/// Writes rows into one table through one prepared INSERT. Cells are bound as they come, without a
/// copy: they stay valid until `endRow` has stepped the statement.
final class SQLiteLoader: RowLoader {
  /// What a column's declared type demands of text that is loaded into it.
  private enum Demand {
    case none, integer, number
  }

  private let database: SQLiteDatabase
  private let request: LoadRequest
  private var statement: SQLiteStatement?
  private var columns: [Schema.Column] = []
  private var demands: [Demand] = []
  private var slot = 0
  /// The first cell of the row that does not fit, as a message.
  private var misfit: String?
  private var bindCode = SQLITE_OK
  private(set) var rowsLoaded = 0

  /// Throws `notFound` when the table does not exist.
  init(_ request: LoadRequest, on database: SQLiteDatabase) throws(AdapterError) {
    self.database = database
    self.request = request
    guard let table = try database.schema(table: request.table.description).tables.first else {
      throw database.noSuchTable(request.table.description)
    }
    tableColumns = table.columns
  }

  private let tableColumns: [Schema.Column]

  func begin(columns incoming: [Column]) throws(AdapterError) {
    columns = []
    for column in incoming { columns.append(try tableColumn(for: column.name)) }
    try refuseRepeated(incoming)
    demands = columns.map { column in
      switch SQLiteType.affinity(ofDeclared: column.type) {
      case .integer: .integer
      case .real: .number
      case .numeric, .text, .none: .none
      }
    }
    statement = try prepareInsert()
    if request.mode == .replace {
      try database.run("DELETE FROM \(database.dialect.quote(request.table))")
    }
  }

  /// The table's column of that name; SQLite's names ignore the case of ASCII letters.
  private func tableColumn(for name: String) throws(AdapterError) -> Schema.Column {
    let found =
      tableColumns.first { $0.name == name }
      ?? tableColumns.first { $0.name.lowercased() == name.lowercased() }
    guard let found, !found.isGenerated else {
      let names = tableColumns.filter { !$0.isGenerated }.map(\.name)
      throw AdapterError(
        .notFound, "table \(request.table.description) has no column '\(name)' to load into",
        hint: "its columns are \(names.joined(separator: ", "))")
    }
    return found
  }

  private func refuseRepeated(_ incoming: [Column]) throws(AdapterError) {
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name).inserted {
      throw AdapterError(.data, "column '\(column.name)' occurs twice in the input")
    }
  }

  private func prepareInsert() throws(AdapterError) -> SQLiteStatement {
    guard case .upsert(let key) = request.mode else {
      return try SQLiteStatement(SQLText(insertStatement()), on: database)
    }
    for name in key { _ = try tableColumn(for: name) }
    do throws(AdapterError) {
      return try SQLiteStatement(SQLText(insertStatement()), on: database)
    } catch {
      guard error.message.hasPrefix("ON CONFLICT") else { throw error }
      throw AdapterError(
        .failed,
        "\(request.table.description) has no unique key of the columns \(key.joined(separator: ", "))",
        hint: "the key must be the PRIMARY KEY, or the columns of a UNIQUE constraint or index")
    }
  }

  private func insertStatement() -> String {
    let dialect = database.dialect
    let names = columns.map { dialect.quote($0.name) }
    let marks = Array(repeating: "?", count: names.count)
    let insert =
      "INSERT INTO \(dialect.quote(request.table)) (\(names.joined(separator: ", "))) "
      + "VALUES (\(marks.joined(separator: ", ")))"
    guard case .upsert(let key) = request.mode else { return insert }
    let keys = Set(key.map { $0.lowercased() })
    let updates = columns.filter { !keys.contains($0.name.lowercased()) }.map { column in
      let name = dialect.quote(column.name)
      return "\(name) = excluded.\(name)"
    }
    let conflict = "ON CONFLICT (\(key.map(dialect.quote).joined(separator: ", ")))"
    return updates.isEmpty
      ? "\(insert) \(conflict) DO NOTHING"
      : "\(insert) \(conflict) DO UPDATE SET \(updates.joined(separator: ", "))"
  }

  // MARK: Cells

  func null() { bind { $0.bindNull(at: slot) } }
  func bool(_ value: Bool) { bind { $0.bindInt(value ? 1 : 0, at: slot) } }
  func int(_ value: Int64) { bind { $0.bindInt(value, at: slot) } }
  func double(_ value: Double) { bind { $0.bindDouble(value, at: slot) } }
  func decimal(_ digits: BorrowedBytes) { bind { $0.bindText(digits, at: slot) } }
  func bytes(_ value: BorrowedBytes) { bind { $0.bindBlob(value, at: slot) } }
  func json(_ document: BorrowedBytes) { bind { $0.bindText(document, at: slot) } }

  func text(_ utf8: BorrowedBytes) {
    if slot < demands.count, demands[slot] != .none, misfit == nil {
      let number = NumberShape(utf8)
      if number == .none || (demands[slot] == .integer && number != .integer) {
        let column = columns[slot]
        misfit =
          "column '\(column.name)' is \(column.type), and the value is no "
          + (demands[slot] == .integer ? "integer" : "number")
      }
    }
    bind { $0.bindText(utf8, at: slot) }
  }

  @inline(__always)
  private func bind(_ call: (SQLiteStatement) -> Int32) {
    guard let statement else { return }
    let code = call(statement)
    if code != SQLITE_OK { bindCode = code }
    slot &+= 1
  }

  func endRow() throws(AdapterError) {
    defer {
      slot = 0
      misfit = nil
      bindCode = SQLITE_OK
    }
    if let misfit { throw AdapterError(.data, misfit) }
    guard let statement else { throw AdapterError(.bug, "a row before the columns") }
    let code = bindCode == SQLITE_OK ? statement.stepOnce() : bindCode
    guard code == SQLITE_DONE else { throw rowError(code) }
    rowsLoaded &+= 1
  }

  /// A row that breaks a constraint is bad data, not a bad statement.
  private func rowError(_ code: Int32) -> AdapterError {
    var error = database.error(code, doing: .other("load the row"))
    let primary = code & 0xFF
    if primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG {
      error.kind = .data
      error.message = String(cString: sqlite3_errmsg(database.handle))
      if primary == SQLITE_MISMATCH { error.message = "a value does not fit the column's type" }
    }
    return error
  }

  func finish() {}
}
