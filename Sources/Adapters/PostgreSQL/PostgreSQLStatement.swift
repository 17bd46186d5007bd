import AdapterCore
import CPostgreSQL

/// A statement: described when its columns are asked for, and parsed by the server with each run
/// until it runs a second time.
///
/// A query without parameters is run as COPY … TO STDOUT, which costs client and server least; all
/// else comes in single-row mode. Either way one row at a time is in memory.
final class PostgreSQLStatement: SQLStatement {
  private let database: PostgreSQLDatabase
  private let sent: SentText
  private let values: PostgreSQLParameters
  private var description: PostgreSQLDescription?
  private let known: PostgreSQLPreparedText
  private var runs = 0
  private(set) var rowsPushed = 0
  /// Whether the server finds every parameter's type by itself, and reads text for it.
  var columnsTellTypes = false

  private var connection: PostgreSQLConnection { database.connection }

  /// Throws `usage` unless `text` holds just one statement.
  init(_ text: SQLText, on database: PostgreSQLDatabase) throws(AdapterError) {
    self.database = database
    let statement = try Self.oneStatement(of: text, database.dialect)
    let placeholders = PlaceholderText(statement.text, dialect: database.dialect, style: .dollar)
    sent = SentText(text: statement, placeholders: placeholders)
    values = PostgreSQLParameters(count: placeholders.slots.count)
    known = database.known(placeholders.text, isKept: !placeholders.slots.isEmpty)
  }

  private static func oneStatement(
    of text: SQLText, _ dialect: SQLDialect
  ) throws(AdapterError) -> SQLText {
    guard !text.text.utf8.contains(0) else {
      throw AdapterError(.usage, "the SQL holds a NUL character", position: text.position)
    }
    let found: [SQLText]
    do throws(AdapterError) {
      found = try StatementSplitter.split(text.text, dialect: dialect)
    } catch {
      // What does not end the server explains best.
      return text
    }
    guard var statement = found.first else {
      throw AdapterError(.usage, "there is no statement in the SQL", position: text.position)
    }
    guard found.count == 1 else {
      throw AdapterError(
        .usage, "there is more than one statement in the SQL", position: text.position)
    }
    let inner = statement.position
    statement.position = text.position
    statement.position.line += inner.line - 1
    if let column = inner.column {
      let before = inner.line == 1 ? (text.position.column ?? 1) - 1 : 0
      statement.position.column = before + column
    }
    return statement
  }

  var parameters: [ParameterSlot] { sent.placeholders.slots }

  var columns: [Column] {
    // A statement that the server refuses has none; running it tells why.
    (try? describe().columns) ?? []
  }

  /// By its words alone: what they promise the server enforces.
  var isReadOnly: Bool {
    let words = sent.text.text.uppercased().split { !$0.isLetter && $0 != "_" }
    switch words.first {
    case "SELECT", "VALUES", "TABLE", "SHOW", "FETCH":
      return !words.contains("INTO")
    case "WITH", "EXPLAIN":
      return !words.contains { ["INSERT", "UPDATE", "DELETE", "MERGE", "INTO"].contains($0) }
    default: return false
    }
  }

  // MARK: Binding

  func bind(_ value: Value, at slot: Int) throws(AdapterError) { try values.set(value, at: slot) }

  func bindBorrowed(text utf8: BorrowedBytes, at slot: Int) throws(AdapterError) {
    try values.set(borrowedText: utf8, at: slot)
  }

  func bindBorrowed(bytes: BorrowedBytes, at slot: Int) throws(AdapterError) {
    values.set(borrowedBytes: bytes, at: slot)
  }

  // MARK: Types

  /// What the server says of the statement, asked once, without values.
  private func describe() throws(AdapterError) -> PostgreSQLDescription {
    if let description { return description }
    let found = try database.guarded { () throws(AdapterError) in
      try describe(types: [])
    }
    description = found
    return found
  }

  private func describe(
    types: [Oid], behind commands: [String] = []
  ) throws(AdapterError) -> PostgreSQLDescription {
    try PostgreSQLDescription(
      sent, types: types, hasValues: values.count > 0, behind: commands, on: database)
  }

  /// The type of each parameter: what the server infers, and where it has no reason to infer
  /// anything (`select :a`) what the value is by itself.
  private func findTypes() throws(AdapterError) -> [Oid] {
    let kinds = values.kinds
    if let types = known.sentTypes(for: kinds) { return types }
    let types = try askForTypes(kinds)
    known.note(types, for: kinds)
    return types
  }

  private func askForTypes(_ kinds: [Oid]) throws(AdapterError) -> [Oid] {
    let inferred = try attempt { () throws(AdapterError) in
      try describe(types: []).parameterTypes
    } unless: {
      // indeterminate_datatype
      $0.code == "42P18"
    }
    guard let inferred else { return kinds.map { $0 == 0 ? PostgreSQLType.textType : $0 } }
    var chosen = inferred
    for (slot, kind) in kinds.enumerated() where kind != 0 && slot < chosen.count {
      if PostgreSQLType.isText(chosen[slot]) { chosen[slot] = kind }
    }
    guard chosen != inferred else { return inferred }
    // The text may be a column's after all, with which a number cannot be compared.
    let fits = try attempt { () throws(AdapterError) in
      try describe(types: chosen).parameterTypes
    } unless: {
      ["42883", "42804", "42846", "42725"].contains($0.code ?? "")
    }
    return fits ?? inferred
  }

  /// What `body` returns; nil after an error that is expected, which leaves an open transaction as
  /// it was.
  private func attempt<Result>(
    _ body: () throws(AdapterError) -> Result, unless isExpected: (AdapterError) -> Bool
  ) throws(AdapterError) -> Result? {
    let needsSavepoint = connection.isInTransaction
    if needsSavepoint { try database.run("SAVEPOINT nb_types") }
    do throws(AdapterError) {
      let result = try body()
      if needsSavepoint { try database.run("RELEASE SAVEPOINT nb_types") }
      return result
    } catch {
      guard isExpected(error) else { throw error }
      if needsSavepoint {
        try database.run("ROLLBACK TO SAVEPOINT nb_types; RELEASE SAVEPOINT nb_types")
      }
      return nil
    }
  }

  // MARK: Running

  func run(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    try database.operation.cancellation.check()
    runs += 1
    rowsPushed = 0
    if !isUndoable { database.noteLastingStatement() }
    if !Self.queries.contains(firstWord) {
      database.forgetStatements()
      try database.pinSettings()
    }
    guard let sink, values.count == 0, runs == 1, mayBeCopied else {
      return try database.guarded { () throws(AdapterError) in try runOnce(into: sink) }
    }
    if description == nil, readsNoTable {
      var beginning: [String] = []
      let note = { (commands: [String]) throws(AdapterError) in beginning = commands }
      return try database.guarded(describing: note) { () throws(AdapterError) in
        guard database.isTransactionOwn else { return try runOnce(into: sink) }
        return try runAtOnce(behind: beginning, into: sink)
      }
    }
    let first = { [self] (commands: [String]) throws(AdapterError) in
      description = try describe(types: [], behind: commands)
    }
    return try database.guarded(describing: description == nil ? first : nil) {
      () throws(AdapterError) in
      guard let description, !description.columns.isEmpty else { return try runOnce(into: sink) }
      return try copy(description, into: sink)
    }
  }

  private func runOnce(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    try send()
    connection.startSingleRows()
    return try receive(into: sink)
  }

  /// Runs the query in one round trip with the transaction around it, whose beginning `commands` are.
  private func runAtOnce(
    behind commands: [String], into sink: any RowSink
  ) throws(AdapterError) -> StatementResult {
    let handle = connection.handle
    PQenterPipelineMode(handle)
    defer { PQexitPipelineMode(handle) }
    for sql in commands + [sent.placeholders.text, "COMMIT"] {
      try connection.check(sent: PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 0))
    }
    try connection.check(sent: PQpipelineSync(handle))
    let reader = PostgreSQLResultReader(sink: sink, operation: database.operation)
    defer { rowsPushed = reader.rows }
    let refusal: AdapterError?
    do throws(AdapterError) {
      refusal = try receivePipeline(reader, queryAt: commands.count)
    } catch {
      connection.beginCleanup()
      connection.interrupt()
      try? connection.finishPipeline { _ in }
      throw error
    }
    if let refusal { throw refusal }
    database.finished(tag: reader.tag)
    return StatementResult(rowsReturned: reader.rows)
  }

  /// Hands the query's results to `reader`, and reads all to the pipeline's end; returns what the server
  /// refused.
  private func receivePipeline(
    _ reader: PostgreSQLResultReader, queryAt position: Int
  ) throws(AdapterError) -> AdapterError? {
    var failure: AdapterError?
    var command = 0
    while !connection.isLost {
      guard let result = try connection.nextResult() else {
        command += 1
        if command == position { connection.startSingleRows() }
        continue
      }
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC: return failure
      case PGRES_FATAL_ERROR: failure = failure ?? error(result)
      case PGRES_SINGLE_TUPLE where command == position,
        PGRES_TUPLES_OK where command == position:
        try reader.take(result)
      default: break
      }
    }
    return failure ?? connection.lost()
  }

  /// Whether it is a query of no table, which as a rule gives few rows: for those describing them first
  /// costs more than COPY saves.
  private var readsNoTable: Bool {
    guard firstWord == "SELECT", sent.text.text.utf8.count < 4096 else { return false }
    return !sent.text.words(database.dialect).contains("FROM")
  }

  private static let queries: Set<String> = [
    "INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "VALUES", "WITH", "TABLE",
  ]

  private lazy var firstWord = sent.text.firstWords(1, in: database.dialect).first ?? ""

  /// Whether it leaves nothing behind when it fails: CALL and DO may commit within, and CREATE INDEX
  /// CONCURRENTLY leaves half an index.
  private lazy var isUndoable: Bool =
    Self.queries.contains(firstWord)
    || ["TRUNCATE", "SET", "RESET", "SHOW", "BEGIN", "START"].contains(firstWord)

  /// Whether it is a query as COPY takes it.
  private var mayBeCopied: Bool {
    let first = sent.text.text.prefix { $0.isLetter }.uppercased()
    return first == "SELECT" || first == "VALUES" || first == "WITH" || first == "TABLE"
  }

  private func send() throws(AdapterError) {
    if columnsTellTypes { return try send(Array(repeating: 0, count: values.count)) }
    known.runs += 1
    let types = values.count > 0 ? try findTypes() : []
    // Without values it does not run often.
    if values.count > 0, known.runs > 1 { try prepareOnce(types) }
    try send(types)
  }

  private func send(_ types: [Oid]) throws(AdapterError) {
    let name = known.name(for: types)
    let status = values.withPointers(types) { (pointers, lengths, formats) -> Int32 in
      if let name {
        PQsendQueryPrepared(
          connection.handle, name, Int32(types.count), pointers, lengths, formats, 0)
      } else {
        PQsendQueryParams(
          connection.handle, sent.placeholders.text, Int32(types.count), types, pointers, lengths,
          formats, 0)
      }
    }
    try connection.check(sent: status)
  }

  /// The second run shows that there will be more: parsing is then worth doing once. Behind a pooler
  /// the next transaction may have another session.
  private func prepareOnce(_ types: [Oid]) throws(AdapterError) {
    guard !database.isPooled, known.name(for: types) == nil else { return }
    let name = database.makeStatementName()
    let status = PQsendPrepare(
      connection.handle, name, sent.placeholders.text, Int32(types.count), types)
    try connection.check(sent: status)
    try connection.finish { (result) throws(AdapterError) in
      if PQresultStatus(result) == PGRES_FATAL_ERROR { throw error(result) }
    }
    known.note(name: name, for: types)
  }

  // MARK: Pipeline

  func makePipeline(into sink: (any RowSink)?) -> (any StatementPipeline)? {
    // What else may run within a transaction is not worth it; COPY in a pipeline never ends.
    guard Self.queries.contains(firstWord), database.access == .read || connection.isInTransaction
    else { return nil }
    return PostgreSQLPipeline(self, on: database, into: sink)
  }

  /// Whether the values now bound can be sent without asking the server anything.
  var isReadyToSend: Bool {
    guard let types = values.count > 0 ? known.sentTypes(for: values.kinds) : [] else {
      return false
    }
    return database.isPooled || known.name(for: types) != nil
  }

  /// Asks the server what it needs to know for the values now bound.
  func makeReadyToSend() throws(AdapterError) {
    try prepareOnce(values.count > 0 ? try findTypes() : [])
  }

  /// Sends a run in pipeline mode.
  func sendReady() throws(AdapterError) {
    try send(values.count > 0 ? known.sentTypes(for: values.kinds) ?? [] : [])
  }

  func error(_ result: OpaquePointer) -> AdapterError {
    let error = database.error(result, in: sent, hasValues: values.count > 0)
    // Another session changed a table that a prepared statement reads, or ended the statement.
    if error.code == "0A000" || error.code == "26000" { database.forgetStatements() }
    return error
  }

  // MARK: Results

  /// Reads the results of what was sent; what fails on the way ends the statement on the server.
  private func receive(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    let reader = PostgreSQLResultReader(sink: sink, operation: database.operation)
    defer { rowsPushed = reader.rows }
    do throws(AdapterError) {
      try connection.finish { (result) throws(AdapterError) in
        switch PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK: try reader.take(result)
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: reader.takeTag(result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: throw Self.copyIsNoStatement
        default: throw error(result)
        }
      }
    } catch {
      connection.abandonResults()
      throw error
    }
    database.finished(tag: reader.tag)
    return StatementResult(rowsChanged: reader.rowsChanged, rowsReturned: reader.rows)
  }

  private static let copyIsNoStatement = AdapterError(
    .failed, "COPY to and from the client is not run as a statement",
    hint: "nb db load reads files into a table, nb db query writes rows as csv or tsv")

  /// The query's rows in the text format of COPY; in the same round trip the transaction ends that was
  /// begun for it.
  private func copy(
    _ description: PostgreSQLDescription, into sink: any RowSink
  ) throws(AdapterError) -> StatementResult {
    let prefix = "COPY ("
    var copied = sent
    copied.prefixLength = prefix.count
    let ending = database.isTransactionOwn ? "\n) TO STDOUT; COMMIT" : "\n) TO STDOUT"
    let status = PQsendQuery(connection.handle, prefix + sent.placeholders.text + ending)
    try connection.check(sent: status)
    var rows = 0
    defer { rowsPushed = rows }
    do throws(AdapterError) {
      try connection.finish { (result) throws(AdapterError) in
        switch PQresultStatus(result) {
        case PGRES_COPY_OUT:
          try sink.begin(columns: description.columns)
          rows = try pushCopiedRows(description.cells, into: sink)
        case PGRES_COMMAND_OK: break
        default:
          throw database.error(result, in: copied)
        }
      }
      try sink.finish()
    } catch {
      connection.abandonResults()
      throw error
    }
    return StatementResult(rowsReturned: rows)
  }

  private func pushCopiedRows(
    _ cells: [PostgreSQLType.Cell], into sink: any RowSink
  ) throws(AdapterError) -> Int {
    let cancellation = database.operation.cancellation
    var rows = 0
    while let row = try connection.nextCopyRow() {
      defer { PQfreemem(row.baseAddress) }
      if rows == 0 { database.operation.metrics.recordFirstRow() }
      PostgreSQLCells.pushRow(row, cells, to: sink)
      try sink.endRow()
      rows &+= 1
      if cancellation.isCancelled { try cancellation.check() }
    }
    return rows
  }
}
