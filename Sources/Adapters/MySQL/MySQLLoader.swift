import AdapterCore
import CMariaDB

/// Writes rows into one table by LOAD DATA LOCAL, in batches that are each one statement.
///
/// With LOCAL the server only warns of what it would otherwise refuse: it skips rows and changes
/// values. So a batch counts only when every row of it is in and nothing was remarked; otherwise it is
/// undone, and its halves are loaded anew, down to a few rows that are inserted one by one, strictly.
final class MySQLLoader: RowLoader {
  /// Bytes of a batch: enough that its round trips do not count.
  private static let batchSize = 2 << 20
  /// Fewer rows than this are inserted: what an upsert does beside LOAD DATA must be worth it.
  private let smallestLoad: Int

  /// What a column's type demands of a cell that the server would round or misread.
  private enum Demand: Equatable {
    case none, integer, bits, bytes, geometry, date
    /// Digits behind the point.
    case decimal(Int)
    /// Digits of a second's fraction.
    case time(Int)
    case dateTime(Int)
    case timestamp(Int)
  }

  let database: MySQLDatabase
  private let request: LoadRequest
  private let table: Schema.Table
  private let isTransactional: Bool
  private var columns: [Schema.Column] = []
  private var demands: [Demand] = []
  private var isSessionInUTC = true
  /// The rows that come in.
  private var batch = MySQLLoadBatch()
  /// Those before them, on their way to the server.
  private var loading = MySQLLoadBatch()
  private var flight: MySQLLoadFlight?
  private var statements: MySQLLoadStatements?
  private var insert: MySQLStatement?
  /// Whether the server takes LOAD DATA LOCAL, as far as is known.
  private var usesLoadData: Bool
  /// The session's settings as they were, for SET.
  private var sessionBefore: String?
  /// Whether an upsert refuses rows that meet another one by a key that is not meant.
  private var guardsKey = false
  private var slot = 0
  /// Per row of the batch that does not fit, why.
  private var misfits: [Int: AdapterError] = [:]
  private var isStaged = false
  private var isSettling = false
  private var mustEmptyTable = false
  private var settledCount = 0
  private var rowsRefused = 0

  /// Throws `notFound` when the table does not exist.
  init(_ request: LoadRequest, on database: MySQLDatabase) throws(AdapterError) {
    self.database = database
    self.request = request
    guard let table = try database.schema(table: request.table.description).tables.first else {
      throw database.noSuchTable(request.table.description)
    }
    self.table = table
    isTransactional = try database.keepsTransactions(request.table)
    usesLoadData = isTransactional
    if case .upsert = request.mode { smallestLoad = 256 } else { smallestLoad = 8 }
  }

  var rowsLoaded: Int { settledCount + loading.rowCount + batch.rowCount - rowsRefused }
  var rowsSettled: Int? { settledCount }

  // MARK: Columns

  func begin(columns incoming: [Column]) throws(AdapterError) {
    columns = []
    for column in incoming { columns.append(try tableColumn(for: column.name)) }
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name).inserted {
      throw AdapterError(.data, "column '\(column.name)' occurs twice in the input")
    }
    demands = columns.map(demand)
    isSessionInUTC = try knowsSessionInUTC()
    guardsKey = false
    if case .upsert(let key) = request.mode { try checkKey(key) }
    let values = demands.map(valueExpression)
    let statements = MySQLLoadStatements(
      request, columns: columns, values: values, guardsKey: guardsKey, dialect: database.dialect)
    self.statements = statements
    try enterStrictMode()
    insert = try MySQLStatement(SQLText(statements.insert), on: database)
    mustEmptyTable = request.mode == .replace
    database.loader = self
  }

  /// The table's column of that name, whatever its case.
  private func tableColumn(for name: String) throws(AdapterError) -> Schema.Column {
    let found =
      table.columns.first { $0.name == name }
      ?? table.columns.first { $0.name.lowercased() == name.lowercased() }
    guard let found, !found.isGenerated else {
      let names = table.columns.filter { !$0.isGenerated }.map(\.name)
      throw AdapterError(
        .notFound, "table \(request.table.description) has no column '\(name)' to load into",
        hint: "its columns are \(names.joined(separator: ", "))")
    }
    return found
  }

  /// ON DUPLICATE KEY looks at every unique key, so that the one that is meant must be one.
  private func checkKey(_ key: [String]) throws(AdapterError) {
    var names: Set<String> = []
    for name in key {
      let column = try tableColumn(for: name)
      names.insert(column.name)
      if columns.contains(column) { continue }
      throw AdapterError(
        .notFound, "the rows have no column '\(name)' for the key",
        hint: "their columns are \(columns.map(\.name).joined(separator: ", "))")
    }
    guard table.indexes.contains(where: { $0.isUnique && Set($0.columns) == names }) else {
      throw AdapterError(
        .failed,
        "\(request.table.description) has no unique key of the columns \(key.joined(separator: ", "))",
        hint: "the key must be the PRIMARY KEY, or the columns of a UNIQUE constraint or index")
    }
    guardsKey = table.indexes.contains { $0.isUnique && Set($0.columns) != names }
    guard !guardsKey || !columns.contains(where: { names.contains($0.name) && $0.isNullable })
    else {
      throw AdapterError(
        .unavailable,
        "\(request.table.description) has other unique keys, and the key \(key.joined(separator: ", ")) "
          + "takes NULL: an upsert could change a row that it does not mean",
        hint: "declare the key's columns NOT NULL")
    }
  }

  private func demand(_ column: Schema.Column) -> Demand {
    let type = column.type.uppercased()
    switch type.prefix(while: \.isLetter) {
    case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT": return .integer
    // As text 0 would be the year 2000, and digits the bits of their characters.
    case "BIT", "YEAR": return .bits
    case "BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB": return .bytes
    case "GEOMETRY", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING",
      "MULTIPOLYGON", "GEOMETRYCOLLECTION":
      return .geometry
    default: break
    }
    let declared = DeclaredType(column.type)
    let digits = declared.arguments.first ?? 0
    switch declared.name {
    case "decimal": return .decimal(declared.arguments.last ?? 0)
    case "date": return .date
    case "time": return .time(digits)
    case "datetime": return .dateTime(digits)
    case "timestamp": return .timestamp(digits)
    default: return .none
    }
  }

  /// Whether the server reads what goes into a TIMESTAMP as UTC; true without such a column.
  private func knowsSessionInUTC() throws(AdapterError) -> Bool {
    guard !request.timesAreInUTC,
      demands.contains(where: { if case .timestamp = $0 { true } else { false } })
    else {
      return true
    }
    let zone = "IF(@@time_zone = 'SYSTEM', @@system_time_zone, @@time_zone)"
    let found = try database.rows("SELECT \(zone) IN ('UTC', 'GMT', '+00:00', 'Etc/UTC')")
    return found.first?.first?.integer == 1
  }

  /// What becomes of a cell's text on its way into the column; `?` is the text.
  private func valueExpression(_ demand: Demand) -> String {
    switch demand {
    case .none, .integer, .decimal, .date, .time, .dateTime, .timestamp: "?"
    case .bits: "CAST(? AS UNSIGNED)"
    case .bytes: "UNHEX(?)"
    case .geometry: MySQLGeometry.reading(isMariaDB: database.isMariaDB)
    }
  }

  // MARK: The session

  /// Values that do not fit are errors, zero is no request for a new number, and what is harmless is
  /// not remarked.
  private func enterStrictMode() throws(AdapterError) {
    guard sessionBefore == nil else { return }
    let before = try database.rows("SELECT @@SESSION.sql_mode, @@SESSION.time_zone").first ?? []
    let (mode, zone) = (before.first?.string ?? "", before.last?.string ?? "SYSTEM")
    let dialect = database.dialect
    sessionBefore =
      "sql_mode = \(dialect.literal(mode)), time_zone = \(dialect.literal(zone)), sql_notes = 1"
    try database.run(
      "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'), "
        + "sql_notes = 0" + (request.timesAreInUTC ? ", time_zone = '+00:00'" : ""))
  }

  private func leaveStrictMode() {
    guard let before = sessionBefore else { return }
    sessionBefore = nil
    database.runQuietly("SET SESSION \(before)")
  }

  // MARK: Cells

  func null() {
    slot &+= 1
    batch.null()
  }

  func bool(_ value: Bool) { int(value ? 1 : 0) }

  func int(_ value: Int64) {
    switch demands[slot] {
    case .date, .dateTime, .timestamp: if !TimeText.isDate(value) { refuse("is no date") }
    default: break
    }
    slot &+= 1
    batch.int(value)
  }

  func double(_ value: Double) {
    switch demands[slot] {
    case .integer: if value != value.rounded() { refuse("is no integer") }
    case .date, .dateTime, .timestamp: refuse("is no date")
    default: break
    }
    slot &+= 1
    batch.double(value)
  }

  func decimal(_ digits: BorrowedBytes) {
    switch demands[slot] {
    case .integer: if NumberShape(digits) != .integer { refuse("is no integer") }
    case .decimal(let scale): checkScale(digits, scale)
    case .date, .dateTime, .timestamp: if !TimeText.isDate(digits) { refuse("is no date") }
    default: break
    }
    slot &+= 1
    batch.decimal(digits)
  }

  func text(_ utf8: BorrowedBytes) {
    switch demands[slot] {
    case .integer, .bits: if NumberShape(utf8) != .integer { refuse("is no integer") }
    case .bytes: return encodedBytes(utf8)
    case .decimal(let scale): checkScale(utf8, scale)
    case .time(let digits): if TimeText.fractionDigits(utf8) > digits { refuse(tooExact) }
    case .date, .dateTime, .timestamp: return date(utf8)
    case .none, .geometry: break
    }
    slot &+= 1
    batch.text(utf8)
  }

  private func checkScale(_ number: BorrowedBytes, _ scale: Int) {
    guard let power = NumberShape.lowestPower(number), power < -scale else { return }
    refuse("has more digits behind the point")
  }

  private var tooExact: String { "has more digits of a second" }

  /// Text in a column of dates, in UTC when it names a zone.
  private func date(_ utf8: BorrowedBytes) {
    defer { slot &+= 1 }
    guard let time = TimeText(utf8) else {
      if NumberShape(utf8) != .none, !TimeText.isDate(utf8) { refuse("is no date") }
      return batch.text(utf8)
    }
    switch demands[slot] {
    case .dateTime(let digits), .timestamp(let digits):
      if time.fractionDigits > digits { refuse(tooExact) }
    default: if !time.isMidnight { refuse("has a time of day") }
    }
    guard time.offset != nil, demands[slot] != .date else { return batch.text(utf8) }
    if case .timestamp = demands[slot], !isSessionInUTC {
      refuse("has a time zone, and the session another one than UTC")
    }
    guard (1...9999).contains(time.inUTC.year) else {
      refuse("is beyond the years 1 to 9999")
      return batch.text(utf8)
    }
    MySQLTime.withText(of: time) { batch.text($0) }
  }

  /// Text in a column of bytes.
  private func encodedBytes(_ utf8: BorrowedBytes) {
    guard let encoding = request.bytesEncoding else { return bytes(utf8) }
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, utf8.count))
    defer { target.deallocate() }
    switch encoding.decode(utf8, into: target) {
    case .bytes(let count): bytes(BorrowedBytes(start: target, count: count))
    case .text: bytes(utf8)
    case .malformed:
      refuse("is not encoded as bytes")
      null()
    }
  }

  func bytes(_ value: BorrowedBytes) {
    guard demands[slot] == .bytes else {
      slot &+= 1
      return batch.text(value)
    }
    slot &+= 1
    batch.hexadecimal(value)
  }

  func json(_ document: BorrowedBytes) { text(document) }

  private func refuse(_ reason: String) {
    guard misfits[batch.rowCount] == nil else { return }
    let column = columns[slot]
    misfits[batch.rowCount] = AdapterError(
      .data, "column '\(column.name)' is \(column.type), and the value \(reason)")
  }

  func endRow() throws(AdapterError) {
    slot = 0
    batch.endRow()
    // Who cannot hear of a refused row later hears of it now.
    if request.onLateRefusal == nil {
      try settle()
    } else if batch.byteCount >= Self.batchSize {
      try launch()
    }
  }

  func finish() throws(AdapterError) {
    try settle()
    try emptyTableIfDue()
    end()
  }

  private func end() {
    database.loader = nil
    if isStaged, let stage = statements?.unstage { database.runQuietly(stage) }
    isStaged = false
    leaveStrictMode()
  }

  // MARK: Batches

  /// Ends all batches: their rows are in the table, or an error says which is not.
  func settle() throws(AdapterError) {
    guard !isSettling else { return }
    try land()
    guard batch.rowCount > 0 else { return }
    swap(&batch, &loading)
    let unfit = misfits
    misfits.removeAll()
    try settling { () throws(AdapterError) in
      // What LOAD DATA did wrong can be undone in a transaction only.
      guard loading.rowCount > 1, !database.isInTransaction else { return try load(without: unfit) }
      try database.transaction(.write) { () throws(AdapterError) in try load(without: unfit) }
    }
  }

  private func settling(_ body: () throws(AdapterError) -> Void) throws(AdapterError) {
    isSettling = true
    defer {
      isSettling = false
      settledCount += loading.rowCount
      loading.removeAll()
    }
    try body()
  }

  /// Sends the batch by another thread, so that the next one comes in meanwhile.
  private func launch() throws(AdapterError) {
    try land()
    guard misfits.isEmpty, usesLoadData, database.isInTransaction, try stageIfDue(),
      let statements
    else { return try settle() }
    try emptyTableIfDue()
    try database.run("SAVEPOINT nb_load")
    try database.beginWork()
    swap(&batch, &loading)
    flight = MySQLLoadFlight(loading, statements, over: database.connection)
  }

  /// Waits for the batch that is on its way; one that was not taken as it is is loaded by halves.
  private func land() throws(AdapterError) {
    guard let flight else { return }
    self.flight = nil
    let outcome = flight.land()
    database.endWork()
    try settling { () throws(AdapterError) in
      if try isTaken(outcome) { return }
      try loadHalves(of: 0..<loading.rowCount)
    }
  }

  /// Gives up what is on its way; for a transaction that is rolled back.
  func abandon() {
    if let flight {
      self.flight = nil
      _ = flight.land()
      database.endWork()
    }
    loading.removeAll()
    batch.removeAll()
    misfits.removeAll()
    end()
  }

  private func load(without misfits: [Int: AdapterError]) throws(AdapterError) {
    try emptyTableIfDue()
    var start = 0
    for (row, error) in misfits.sorted(by: { $0.key < $1.key }) {
      try load(start..<row)
      try refuse(row, error)
      start = row + 1
    }
    try load(start..<loading.rowCount)
  }

  /// Empties the table that is replaced, once. Not before the first rows are there: they may have been
  /// read from this very table.
  private func emptyTableIfDue() throws(AdapterError) {
    guard mustEmptyTable, let statements else { return }
    mustEmptyTable = false
    do throws(AdapterError) {
      try database.run(statements.delete)
    } catch {
      guard error.code?.hasPrefix("1451 ") == true else { throw error }
      throw AdapterError(
        .conflict, "cannot empty \(request.table.description): rows of other tables refer to it",
        code: error.code, hint: "empty those first, or use --mode upsert")
    }
  }

  private func load(_ rows: Range<Int>) throws(AdapterError) {
    if usesLoadData, rows.count >= smallestLoad, try stageIfDue() {
      if try loadData(rows) { return }
      return try loadHalves(of: rows)
    }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let end = min(row + MySQLLoadStatements.rowsOfInsert, rows.upperBound)
      if end - row == MySQLLoadStatements.rowsOfInsert, isTransactional, try insertMany(row..<end) {
        row = end
        continue
      }
      for single in row..<end {
        if let error = try insertOne(single) { try refuse(single, error) }
      }
      row = end
    }
  }

  private func refuse(_ row: Int, _ error: AdapterError) throws(AdapterError) {
    rowsRefused += 1
    try request.onLateRefusal?(settledCount + row, error)
    if !request.skipsRefusedRows { throw error }
  }

  private func loadHalves(of rows: Range<Int>) throws(AdapterError) {
    let middle = rows.lowerBound + rows.count / 2
    try load(rows.lowerBound..<middle)
    try load(middle..<rows.upperBound)
  }

  /// Loads rows; false when one of them was not taken as it is, or all of them were refused, with
  /// nothing left behind.
  private func loadData(_ rows: Range<Int>) throws(AdapterError) -> Bool {
    guard let statements else { return false }
    try database.run("SAVEPOINT nb_load")
    let outcome = try database.interruptible { () throws(AdapterError) in
      MySQLLoadFlight.load(loading, rows, statements, over: database.connection)
    }
    return try isTaken(outcome)
  }

  /// Whether a batch is in as it is; otherwise undoes it. Throws what is no fault of its rows.
  private func isTaken(_ outcome: MySQLLoadFlight.Outcome) throws(AdapterError) -> Bool {
    if outcome.isWhole { return true }
    if let failure = outcome.failure {
      guard failure.isLocalRefusal || failure.isOfRow else {
        throw database.error(failure, doing: .other("load"))
      }
      if failure.isLocalRefusal { usesLoadData = false }
    }
    try database.operation.cancellation.check()
    try database.run("ROLLBACK TO SAVEPOINT nb_load")
    return false
  }

  /// Makes the table that an upsert's rows are loaded into first; false where that is not to be had.
  private func stageIfDue() throws(AdapterError) -> Bool {
    guard !isStaged, let stage = statements?.stage else { return true }
    let failure = database.runRegardless(stage)
    isStaged = failure == nil
    guard let failure else { return true }
    guard !failure.endsSession else { throw database.error(failure, doing: .other("load")) }
    // Such as no privilege for temporary tables, or rows that are too long for one.
    usesLoadData = false
    return false
  }

  /// Inserts as many rows as one statement holds; false when one of them is refused, with nothing
  /// left behind.
  private func insertMany(_ rows: Range<Int>) throws(AdapterError) -> Bool {
    guard let many = try manyInsert() else { return false }
    var slot = 0
    for row in rows {
      loading.forEachCell(of: row) { cell in
        many.bind(text: cell, at: slot)
        slot += 1
      }
    }
    return try run(many) == nil
  }

  private var many: MySQLStatement?

  private func manyInsert() throws(AdapterError) -> MySQLStatement? {
    if let many { return many }
    guard let sql = statements?.insertMany else { return nil }
    many = try MySQLStatement(SQLText(sql), on: database)
    return many
  }

  /// Inserts one row; returns why it is refused.
  private func insertOne(_ row: Int) throws(AdapterError) -> AdapterError? {
    guard let insert else { throw AdapterError(.bug, "a row before the columns") }
    var slot = 0
    loading.forEachCell(of: row) { cell in
      insert.bind(text: cell, at: slot)
      slot += 1
    }
    return try run(insert)
  }

  /// Returns the error of a refused row: one that breaks a constraint is bad data, not a bad
  /// statement. Throws others.
  private func run(_ statement: MySQLStatement) throws(AdapterError) -> AdapterError? {
    do throws(AdapterError) {
      _ = try statement.run(into: nil)
      return nil
    } catch {
      guard error.kind == .failed || error.kind == .data else { throw error }
      var error = error
      error.kind = .data
      error.position = nil
      error.details = []
      // Which is its number in the INSERT.
      if error.message.hasSuffix(" at row 1") { error.message.removeLast(9) }
      return error
    }
  }
}
