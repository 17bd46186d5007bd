import AdapterCore
import CMariaDB

/// A prepared statement, closed with the object. Its rows come in the binary protocol, which costs the
/// server half of what it costs to print them as text.
final class MySQLStatement: SQLStatement {
  private let database: MySQLDatabase
  /// nil for a statement that runs as text, and for one that is not to be run.
  private var handle: UnsafeMutablePointer<MYSQL_STMT>?
  private let text: SQLText
  private let placeholders: PlaceholderText
  private let bound: MySQLParameters
  private(set) var columns: [Column] = []
  private(set) var rowsPushed = 0
  private(set) lazy var isReadOnly = text.onlyReads(database.dialect)
  /// Whether it gives no rows, has no values and seldom comes twice: preparing it would only cost another
  /// round trip.
  private var isPlainDefinition: Bool {
    guard placeholders.occurrences.isEmpty else { return false }
    switch text.firstWords(1, in: database.dialect).first {
    case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE": return true
    default: return false
    }
  }
  private lazy var effect = MySQLStatementEffect(of: text, database.dialect)

  var parameters: [ParameterSlot] { placeholders.slots }

  init(_ text: SQLText, on database: MySQLDatabase) throws(AdapterError) {
    self.text = text
    self.database = database
    guard !text.words(database.dialect, limit: 1).isEmpty else {
      throw AdapterError(.usage, "there is no statement in the SQL", position: text.position)
    }
    // The server takes U+0000 behind a statement for the end of the text.
    if text.text.utf8.contains(0) { try database.checkStatementCount(of: text) }
    placeholders = database.placeholders(of: text.text)
    bound = MySQLParameters(
      slots: placeholders.slots.count, occurrences: placeholders.occurrences)
    guard database.access != .read || isReadOnly, !isPlainDefinition else { return }
    try database.interruptible { () throws(AdapterError) in try prepare(placeholders.text) }
  }

  deinit {
    guard let handle else { return }
    if isClean, case .undoable = effect, database.keep(handle, for: placeholders.text) { return }
    mysql_stmt_close(handle)
  }

  /// Whether nothing of a result is left.
  private var isClean = true

  private func prepare(_ sql: String) throws(AdapterError) {
    if let handle = database.takeStatement(sql) { return use(handle) }
    guard let handle = mysql_stmt_init(database.handle) else {
      throw AdapterError(.io, "there is no memory for a statement")
    }
    var sql = sql
    let status = sql.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        mysql_stmt_prepare(handle, $0.baseAddress, UInt($0.count))
      }
    }
    guard status == 0 else {
      let failure = MySQLFailure(of: handle)
      mysql_stmt_close(handle)
      // The text protocol serves these.
      if failure.isUnpreparable { return }
      throw database.error(failure, doing: .statement(text, placeholders))
    }
    use(handle)
    guard mysql_stmt_param_count(handle) == placeholders.occurrences.count else {
      throw AdapterError(
        .failed, "the server finds other placeholders in the statement than nb",
        position: text.position, hint: "a comment that the server runs may not hold a placeholder")
    }
  }

  private func use(_ handle: UnsafeMutablePointer<MYSQL_STMT>) {
    self.handle = handle
    columns = Self.fields(of: handle).map(MySQLType.column)
  }

  private static func fields(
    of handle: UnsafeMutablePointer<MYSQL_STMT>
  ) -> UnsafeBufferPointer<MYSQL_FIELD> {
    UnsafeBufferPointer(
      start: mariadb_stmt_fetch_fields(handle), count: Int(mysql_stmt_field_count(handle)))
  }

  // MARK: Binding

  func bind(_ value: Value, at slot: Int) { bound.bind(value, at: slot) }

  func bindBorrowed(text utf8: BorrowedBytes, at slot: Int) {
    bound.bind(borrowed: utf8, as: MYSQL_TYPE_STRING, at: slot)
  }

  func bindBorrowed(bytes: BorrowedBytes, at slot: Int) {
    bound.bind(borrowed: bytes, as: MYSQL_TYPE_BLOB, at: slot)
  }

  /// A copy of text; nil for NULL.
  func bind(text utf8: [UInt8]?, at slot: Int) {
    guard let utf8 else { return bound.bind(.null, at: slot) }
    utf8.withUnsafeBufferPointer { bound.bind(copyOf: $0, MYSQL_TYPE_STRING, at: slot) }
  }

  // MARK: Running

  func run(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    try database.operation.cancellation.check()
    if database.access == .read && !isReadOnly { throw database.refusedWrite(at: text.position) }
    database.willRun(effect)
    rowsPushed = 0
    isClean = false
    let result = try database.interruptible { () throws(AdapterError) in
      guard let handle else { return try runAsText(into: sink) }
      return try run(handle, into: sink)
    }
    isClean = true
    database.didRun(result)
    try database.noteWarnings()
    try database.continueTransaction(after: text)
    return result
  }

  private func run(
    _ handle: UnsafeMutablePointer<MYSQL_STMT>, into sink: (any RowSink)?
  ) throws(AdapterError) -> StatementResult {
    guard bound.apply(to: handle), mysql_stmt_execute(handle) == 0 else { throw error(handle) }
    var result = StatementResult()
    while true {
      if mysql_stmt_field_count(handle) > 0 {
        result.rowsReturned += try pushRows(of: handle, into: sink)
      } else {
        result.rowsChanged += Int(clamping: mysql_stmt_affected_rows(handle))
      }
      // CALL gives any number of results, and an end of its own.
      guard mysql_stmt_more_results(handle) != 0 else { return result }
      guard mysql_stmt_next_result(handle) == 0 else { throw error(handle) }
    }
  }

  /// Pushes one result, row by row as it arrives.
  private func pushRows(
    of handle: UnsafeMutablePointer<MYSQL_STMT>, into sink: (any RowSink)?
  ) throws(AdapterError) -> Int {
    let fields = Self.fields(of: handle)
    var rows = 0
    do throws(AdapterError) {
      try sink?.begin(columns: fields.map(MySQLType.column))
      let row = MySQLRow(fields, of: database.connection, to: sink ?? DiscardingSink())
      defer { rowsPushed += rows }
      try withExtendedLifetime(row) { () throws(AdapterError) in
        nb_mysql_stmt_on_cell(handle, Unmanaged.passUnretained(row).toOpaque(), takeCell)
        while try fetch(handle, row) {
          if rows == 0 { database.operation.metrics.recordFirstRow() }
          rows += 1
          try sink?.endRow()
          row.releaseTexts()
          if database.operation.cancellation.isCancelled {
            try database.operation.cancellation.check()
          }
        }
      }
      try sink?.finish()
    } catch {
      nb_mysql_stmt_on_cell(handle, nil, nil)
      throw abandon(handle, error)
    }
    nb_mysql_stmt_on_cell(handle, nil, nil)
    return rows
  }

  /// Fetches one row; false at the end.
  private func fetch(
    _ handle: UnsafeMutablePointer<MYSQL_STMT>, _ row: MySQLRow
  ) throws(AdapterError) -> Bool {
    switch mysql_stmt_fetch(handle) {
    case 0 where !row.isMalformed: return true
    case MYSQL_NO_DATA: return false
    case 0, MYSQL_DATA_MALFORMED:
      throw AdapterError(.protocolViolation, "\(database.displayName) sent a malformed row")
    default: throw self.error(handle)
    }
  }

  /// After an error in the middle of a result: gets rid of what is left of it.
  private func abandon(
    _ handle: UnsafeMutablePointer<MYSQL_STMT>, _ error: AdapterError
  ) -> AdapterError {
    // A failed fetch has ended the result.
    if mysql_stmt_errno(handle) == 0, mysql_errno(database.handle) == 0 {
      database.abandonResult { mysql_stmt_free_result(handle) }
    }
    return error
  }

  private func error(_ handle: UnsafeMutablePointer<MYSQL_STMT>) -> AdapterError {
    // A fetch that fails leaves its reason with the connection.
    let failure = MySQLFailure(of: handle)
    return database.error(
      failure.number == 0 ? database.connection.failure : failure,
      doing: .statement(text, placeholders))
  }

  // MARK: As text

  /// Runs a definition, or a statement that the server does not prepare (mysql_real_query). Only MySQL
  /// and old MariaDB have such; their results are small, and are pushed as the text they come in.
  private func runAsText(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    guard placeholders.occurrences.isEmpty else {
      throw AdapterError(
        .failed, "the server binds no parameters to this kind of statement",
        position: text.position)
    }
    let handle = database.handle
    guard database.connection.send(text.text) else { throw textError() }
    var result = StatementResult()
    while true {
      if let rows = mysql_use_result(handle) {
        defer { mysql_free_result(rows) }
        result.rowsReturned += try pushText(rows, into: sink)
      } else if mysql_errno(handle) != 0 {
        throw textError()
      } else if mysql_field_count(handle) == 0 {
        result.rowsChanged += Int(clamping: mysql_affected_rows(handle))
      }
      guard mysql_more_results(handle) != 0 else { return result }
      guard mysql_next_result(handle) == 0 else { throw textError() }
    }
  }

  private func pushText(
    _ result: UnsafeMutablePointer<MYSQL_RES>, into sink: (any RowSink)?
  ) throws(AdapterError) -> Int {
    let count = Int(mysql_num_fields(result))
    let fields = UnsafeBufferPointer(start: mysql_fetch_fields(result), count: count)
    try sink?.begin(columns: fields.map(MySQLType.column))
    var rows = 0
    while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
      rows += 1
      rowsPushed += 1
      guard let sink else { continue }
      for index in 0..<count {
        guard let cell = row[index] else {
          sink.null()
          continue
        }
        let start = UnsafeRawPointer(cell).assumingMemoryBound(to: UInt8.self)
        sink.text(BorrowedBytes(start: start, count: Int(lengths[index])))
      }
      try sink.endRow()
    }
    guard mysql_errno(database.handle) == 0 else { throw textError() }
    try sink?.finish()
    return rows
  }

  private func textError() -> AdapterError {
    database.error(database.connection.failure, doing: .statement(text, placeholders))
  }
}

/// mysql_stmt_fetch's callback; the context is the row.
private func takeCell(
  _ context: UnsafeMutableRawPointer?, _ column: UInt32,
  _ place: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
) {
  guard let context else { return }
  Unmanaged<MySQLRow>.fromOpaque(context)._withUnsafeGuaranteedRef {
    $0.take(Int(column), place)
  }
}

extension SQLText {
  /// Whether the statement can only read. The server refuses data changes of a read-only session
  /// whatever the statement is; this tells the others, and above all those that would end that.
  func onlyReads(_ dialect: SQLDialect) -> Bool {
    let head = words(dialect, limit: 2)
    switch head.first {
    case "SELECT", "WITH", "VALUES", "TABLE":
      // SELECT … INTO OUTFILE writes on the server.
      let all = words(dialect)
      return !all.contains("OUTFILE") && !all.contains("DUMPFILE")
    case "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "HELP", "CHECKSUM", "DO", "USE": return true
    // ANALYZE TABLE writes, ANALYZE SELECT explains.
    case "ANALYZE": return head.last == "SELECT" || head.last == "WITH" || head.last == "FORMAT"
    default: return false
    }
  }
}
