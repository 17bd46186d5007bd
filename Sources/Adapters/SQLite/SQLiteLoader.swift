import AdapterCore
import CSQLite

/// Writes rows into one table through one prepared INSERT. Cells are bound as they come, without a
/// copy: they stay valid until `endRow` has stepped the statement.
final class SQLiteLoader: RowLoader {
  /// How values are stored in a column, by its declared type.
  private enum Storage: Equatable {
    /// As they come.
    case any
    /// Bytes; text is text unless it stands for bytes.
    case bytes
    case text, integer, real
    /// Numbers where they are numbers, otherwise as they come.
    case numeric
  }

  private let database: SQLiteDatabase
  private let request: LoadRequest
  private var statement: SQLiteStatement?
  private var columns: [Schema.Column] = []
  private var storages: [Storage] = []
  private var slot = 0
  /// The first cell of the row that does not fit.
  private var misfit: AdapterError?
  private var bindCode = SQLITE_OK
  private var mustEmptyTable = false
  private(set) var rowsLoaded = 0

  /// Throws `notFound` when the table does not exist.
  init(_ request: LoadRequest, on database: SQLiteDatabase) throws(AdapterError) {
    self.database = database
    self.request = request
    guard let table = try database.schema(table: request.table.description).tables.first else {
      throw database.noSuchTable(request.table.description)
    }
    tableColumns = table.columns
    isStrict = try Self.isStrict(table, in: database)
    countsEveryRow = table.kind == .view
  }

  private let tableColumns: [Schema.Column]
  /// Whether SQLite counts no change for a row that arrives: what the triggers of a view write, and
  /// a row whose key is all there is of it and is there already.
  private var countsEveryRow: Bool
  /// Whether the table is STRICT, where ANY keeps values as they come.
  private let isStrict: Bool

  private static func isStrict(
    _ table: Schema.Table, in database: SQLiteDatabase
  ) throws(AdapterError) -> Bool {
    let found = try database.rows(
      "SELECT strict FROM pragma_table_list(?) WHERE schema = ?",
      [.text(table.name.name), .text(table.name.schema ?? "main")])
    return found.first?.first?.integer == 1
  }

  func begin(columns incoming: [Column]) throws(AdapterError) {
    columns = []
    for column in incoming { columns.append(try tableColumn(for: column.name)) }
    try refuseRepeated(incoming)
    storages = columns.map { storage(ofDeclared: $0.type) }
    statement = try prepareInsert()
    mustEmptyTable = request.mode == .replace
  }

  private func storage(ofDeclared type: String) -> Storage {
    if isStrict, type.uppercased() == "ANY" { return .any }
    return switch SQLiteType.affinity(ofDeclared: type) {
    case .integer: .integer
    case .real: .real
    case .numeric: .numeric
    case .text: .text
    case .none: type.isEmpty || request.bytesEncoding == nil ? .any : .bytes
    }
  }

  /// Empties the table that is replaced, once. Not before the first row is there: it may have been
  /// read from this very table.
  private func emptyTableIfDue() throws(AdapterError) {
    guard mustEmptyTable else { return }
    mustEmptyTable = false
    let name = request.table.description
    do throws(AdapterError) {
      try database.run(
        "DELETE FROM \(database.dialect.quote(request.table))", doing: .other("empty \(name)"))
    } catch {
      guard error.code == SQLiteDatabase.foreignKeyCode else { throw error }
      let others = try database.tables(referringTo: name).map { "'\($0)'" }
      throw AdapterError(
        .conflict, "cannot empty \(name): rows of \(others.joined(separator: ", ")) refer to it",
        code: error.code, hint: "empty those first, or use --mode upsert")
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
    var key: [String] = []
    if case .upsert(let columns) = request.mode { key = columns }
    for name in key {
      let column = try tableColumn(for: name)
      if columns.contains(where: { $0.name == column.name }) { continue }
      throw AdapterError(
        .notFound, "the rows have no column '\(name)' for the key",
        hint: "their columns are \(columns.map(\.name).joined(separator: ", "))")
    }
    do throws(AdapterError) {
      return try SQLiteStatement(SQLText(insertStatement()), on: database)
    } catch {
      throw prepareError(error, key: key)
    }
  }

  /// The error of the INSERT, which is nb's own: its place in the SQL says nothing.
  private func prepareError(_ cause: AdapterError, key: [String]) -> AdapterError {
    let name = request.table.description
    if cause.message.hasPrefix("ON CONFLICT") {
      return AdapterError(
        .failed, "\(name) has no unique key of the columns \(key.joined(separator: ", "))",
        hint: "the key must be the PRIMARY KEY, or the columns of a UNIQUE constraint or index")
    }
    var error = cause
    error.position = nil
    error.details = []
    if cause.message.hasPrefix("cannot ") {
      error.kind = .unavailable
      error.message = "cannot load into \(name): \(cause.message)"
      error.hint = "name a table; a view takes rows by an INSTEAD OF INSERT trigger only"
    }
    return error
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
    countsEveryRow = countsEveryRow || updates.isEmpty
    return updates.isEmpty
      ? "\(insert) \(conflict) DO NOTHING"
      : "\(insert) \(conflict) DO UPDATE SET \(updates.joined(separator: ", "))"
  }

  // MARK: Cells

  func null() { bind { $0.bindNull(at: slot) } }
  func int(_ value: Int64) { bind { $0.bindInt(value, at: slot) } }
  func bytes(_ value: BorrowedBytes) { bind { $0.bindBlob(value, at: slot) } }

  func bool(_ value: Bool) {
    guard storage == .text else { return int(value ? 1 : 0) }
    let word: StaticString = value ? "true" : "false"
    text(BorrowedBytes(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  func double(_ value: Double) {
    switch storage {
    case _ where value.isNaN: refuse("SQLite has no NaN", hint: "leave the field empty for NULL")
    // SQLite would keep 15 digits of it.
    case .text where value.isFinite: bind { $0.bindCopy(value.description, at: slot) }
    case .integer where !request.isFromSameEngine && Int64(exactly: value) == nil:
      refuse("the value is no integer")
    default: bind { $0.bindDouble(value, at: slot) }
    }
  }

  func decimal(_ digits: BorrowedBytes) { text(digits) }

  func json(_ document: BorrowedBytes) {
    // SQLite would make a double of a number.
    let isNumber = document.first.map { $0 == UInt8(ascii: "-") || $0 &- 0x30 < 10 } ?? false
    switch storage {
    case .integer, .real: text(document)
    case .numeric where isNumber: number(document)
    case .any, .bytes, .text, .numeric: bind { $0.bindText(document, at: slot) }
    }
  }

  func text(_ utf8: BorrowedBytes) {
    switch storage {
    case .any, .text: bind { $0.bindText(utf8, at: slot) }
    case .integer, .real, .numeric: number(utf8)
    case .bytes: encodedBytes(utf8)
    }
  }

  /// Binds text in a column of bytes.
  private func encodedBytes(_ utf8: BorrowedBytes) {
    guard let encoding = request.bytesEncoding else { return bind { $0.bindText(utf8, at: slot) } }
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, utf8.count))
    defer { target.deallocate() }
    switch encoding.decode(utf8, into: target) {
    case .bytes(let count):
      bind { $0.bindCopy(bytes: BorrowedBytes(start: target, count: count), at: slot) }
    case .text: bind { $0.bindText(utf8, at: slot) }
    case .malformed:
      refuse(
        "the value is not encoded as bytes",
        hint: encoding == .hex
          ? "behind \\x stand two hexadecimal digits a byte" : "JSON holds bytes as base64")
    }
  }

  /// Binds text in a column of numbers.
  private func number(_ utf8: BorrowedBytes) {
    switch (SQLiteNumber(utf8), storage) {
    case (.integer(let value), _): int(value)
    case (.real(let value), .real), (.real(let value), .numeric), (.largeInteger(let value), .real):
      bind { $0.bindDouble(value, at: slot) }
    case (.largeInteger, _):
      refuse(utf8, "is beyond 64 bits", hint: "declare the column TEXT to keep it as it is")
    case (.outOfRange, .real), (.outOfRange, .numeric):
      refuse(
        utf8, "is beyond the range of a double",
        hint: "declare the column TEXT to keep it as it is")
    case (.infinity(let value), .real) where !request.isFromSameEngine,
      (.infinity(let value), .numeric) where !request.isFromSameEngine:
      bind { $0.bindDouble(value, at: slot) }
    case _ where storage == .numeric || request.isFromSameEngine:
      bind { $0.bindText(utf8, at: slot) }
    case (.notANumber, .real):
      refuse("SQLite has no NaN", hint: "leave the field empty for NULL")
    default: refuse(storage == .integer ? "the value is no integer" : "the value is no number")
    }
  }

  private var storage: Storage { slot < storages.count ? storages[slot] : .any }

  /// Refuses the row for a number, of which the message shows the beginning.
  private func refuse(_ number: BorrowedBytes, _ reason: String, hint: String) {
    let shown = String(decoding: number.prefix(40), as: UTF8.self)
    refuse("\(shown)\(number.count > 40 ? "..." : "") \(reason)", hint: hint)
  }

  /// Refuses the row for its present cell.
  private func refuse(
    _ reason: String, hint: String = "--reject FILE keeps bad rows apart and loads the rest"
  ) {
    defer { slot &+= 1 }
    guard misfit == nil, slot < columns.count else { return }
    let column = columns[slot]
    misfit = AdapterError(
      .data, "column '\(column.name)' is \(column.type), and \(reason)", hint: hint)
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
    if let misfit { throw misfit }
    guard let statement else { throw AdapterError(.bug, "a row before the columns") }
    try emptyTableIfDue()
    let code = bindCode == SQLITE_OK ? statement.stepOnce() : bindCode
    guard code == SQLITE_DONE else { throw rowError(code) }
    // A trigger's RAISE(IGNORE) and ON CONFLICT IGNORE drop rows without an error.
    if countsEveryRow || sqlite3_changes64(database.handle) > 0 { rowsLoaded &+= 1 }
  }

  /// A row that breaks a constraint is bad data, not a bad statement.
  private func rowError(_ code: Int32) -> AdapterError {
    var error = database.error(code, doing: .other("load the row"))
    let primary = code & 0xFF
    guard [SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG].contains(primary) else {
      return error
    }
    error.kind = .data
    error.message = String(cString: sqlite3_errmsg(database.handle))
    if primary == SQLITE_MISMATCH { error.message = "a value does not fit the column's type" }
    if SQLiteDatabase.isKeyTaken(code) { error.hint = hintForTakenKey }
    // ON CONFLICT ROLLBACK or RAISE(ROLLBACK): the rows before this one are gone, so that going on
    // without it would lose them.
    if !database.isInTransaction {
      error.kind = .failed
      error.hint = "the table asks for a rollback of everything; rejecting the row cannot help"
    }
    return error
  }

  private var hintForTakenKey: String {
    if case .upsert = request.mode {
      return "another row has these values already, and --key names other columns"
    }
    return "such a row is there already; --mode upsert --key COLUMNS updates it"
  }

  func finish() throws(AdapterError) { try emptyTableIfDue() }
}
