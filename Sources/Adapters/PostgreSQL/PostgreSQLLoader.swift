import AdapterCore
import CPostgreSQL
import Platform

/// Writes rows into one table by COPY FROM STDIN, in batches that are each one COPY.
///
/// Whether the table takes a row is known when its batch ends. An upsert copies its batch into a
/// temporary table and goes on from there.
final class PostgreSQLLoader: RowLoader, PostgreSQLPendingWork {
  /// Bytes of a batch: enough that its round trip does not count.
  private static let batchSize = 4 << 20
  /// Bytes of a batch that may have to be copied again without its refused rows.
  private static let repeatableBatchSize = 256 << 10
  private static let chunkSize = 64 << 10
  private static let pieceSize = 1 << 20

  let database: PostgreSQLDatabase
  let request: LoadRequest
  let relation: PostgreSQLRelation
  private let tableColumns: [PostgreSQLColumn]
  private(set) var columns: [PostgreSQLColumn] = []
  private var demands: [PostgreSQLDemand] = []
  private let batch = OutputBuffer(descriptor: -1, capacity: 2 * PostgreSQLLoader.chunkSize)
  private let encoder: PostgreSQLCopyEncoder
  private var statements: PostgreSQLLoadStatements?
  private var slot = 0
  private var rowStart = 0
  /// Where each row of the batch ends, where rows may be copied again.
  private var rowEnds: [Int] = []
  private var rowsInBatch = 0
  private var isCopying = false
  private var isSettling = false
  private var settledCount = 0
  private var rowsRefused = 0

  /// Throws `notFound` when the table does not exist.
  init(_ request: LoadRequest, on database: PostgreSQLDatabase) throws(AdapterError) {
    self.database = database
    self.request = request
    encoder = PostgreSQLCopyEncoder(output: batch, bytesEncoding: request.bytesEncoding)
    let name = request.table.description
    guard let relation = try database.relations(named: name).first else {
      throw database.noSuchTable(name)
    }
    self.relation = relation
    let catalog = PostgreSQLCatalog(database, relations: [relation.identifier])
    tableColumns = try catalog.columns()[relation.identifier] ?? []
  }

  private var connection: PostgreSQLConnection { database.connection }

  var rowsLoaded: Int { settledCount + rowsInBatch - rowsRefused }
  var rowsSettled: Int? { settledCount }

  // MARK: Columns

  func begin(columns incoming: [Column]) throws(AdapterError) {
    columns = []
    for column in incoming { columns.append(try tableColumn(for: column.name)) }
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.column.name).inserted {
      throw AdapterError(.data, "column '\(column.column.name)' occurs twice in the input")
    }
    demands = columns.map { PostgreSQLDemand(type: $0.column.type) }
    if case .upsert(let key) = request.mode {
      for name in key { _ = try tableColumn(for: name) }
    }
    let statements = PostgreSQLLoadStatements(self)
    if request.mode == .replace { try database.run(statements.delete) }
    try statements.prepare()
    self.statements = statements
    database.pendingWork = self
  }

  /// The table's column of that name, if need be in another case.
  func tableColumn(for name: String) throws(AdapterError) -> PostgreSQLColumn {
    let found =
      tableColumns.first { $0.column.name == name }
      ?? tableColumns.first { $0.column.name.lowercased() == name.lowercased() }
    guard let found, !found.column.isGenerated else {
      let names = tableColumns.filter { !$0.column.isGenerated }.map(\.column.name)
      throw AdapterError(
        .notFound, "table \(request.table.description) has no column '\(name)' to load into",
        hint: "its columns are \(names.joined(separator: ", "))")
    }
    return found
  }

  // MARK: Cells

  func null() {
    separate()
    encoder.null()
  }

  func bool(_ value: Bool) { encoder.bool(value, separate()) }

  func int(_ value: Int64) {
    let demand = separate()
    encoder.int(value)
    if demand.isDate, !TimeText.isDate(value) { refuse("is no date") }
  }

  func double(_ value: Double) { encoder.double(value, separate()) }

  func decimal(_ digits: BorrowedBytes) { encoder.text(digits, separate(before: digits)) }

  func text(_ utf8: BorrowedBytes) { encoder.text(utf8, separate(before: utf8)) }

  func bytes(_ value: BorrowedBytes) { encoder.bytes(value, separate()) }

  func json(_ document: BorrowedBytes) { encoder.text(document, separate(before: document)) }

  /// Notes what is wrong with text that comes next.
  private func separate(before utf8: BorrowedBytes) -> PostgreSQLDemand {
    let demand = separate()
    if let objection = demand.objection(to: utf8) { refuse(objection) }
    return demand
  }

  private func refuse(_ objection: StaticString) {
    guard misfit == nil else { return }
    let column = columns[slot - 1].column
    misfit = AdapterError(
      .data, "column '\(column.name)' is \(column.type), and the value \(objection)")
  }

  @inline(__always)
  @discardableResult
  private func separate() -> PostgreSQLDemand {
    if slot > 0 { batch.append(UInt8(ascii: "\t")) }
    defer { slot &+= 1 }
    return slot < demands.count ? demands[slot] : .other
  }

  func endRow() throws(AdapterError) {
    slot = 0
    if let misfit { return try refuseOpenRow(misfit) }
    batch.append(UInt8(ascii: "\n"))
    rowsInBatch &+= 1
    if request.skipsRefusedRows {
      rowStart = batch.collected.count
      rowEnds.append(rowStart)
      if batch.collected.count >= Self.repeatableBatchSize { try settle() }
      return
    }
    bytesInBatch += batch.collected.count - rowStart
    rowStart = batch.collected.count
    if batch.collected.count >= Self.chunkSize {
      try sendChunk()
      if bytesInBatch >= Self.batchSize { try settle() }
    }
  }

  private var bytesInBatch = 0
  /// The first cell of the row that does not fit.
  private var misfit: AdapterError?

  /// Leaves out the row that was just written, behind all rows before it.
  private func refuseOpenRow(_ error: AdapterError) throws(AdapterError) {
    misfit = nil
    batch.removeAll(behind: rowStart)
    try settle()
    defer { settledCount += 1 }
    try refuse(0, error)
    if !request.skipsRefusedRows { throw error }
  }

  func finish() throws(AdapterError) {
    try settle()
    database.pendingWork = nil
    try statements?.cleanUp()
  }

  // MARK: Batches

  /// Ends the batch: its rows are in the table, or an error says which is not.
  func settle() throws(AdapterError) {
    guard rowsInBatch > 0, !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    guard !request.skipsRefusedRows else { return try settleRepeatably() }
    try sendChunk()
    try endCopy()
    defer { beginBatch() }
    do throws(AdapterError) {
      try finishBatch()
    } catch {
      guard let refused = lastRefused else { throw error }
      try request.onLateRefusal?(settledCount + refused, error)
      throw error
    }
  }

  private func beginBatch() {
    settledCount += rowsInBatch
    rowsInBatch = 0
    bytesInBatch = 0
    rowStart = 0
    batch.removeAll()
    rowEnds.removeAll(keepingCapacity: true)
  }

  /// Gives up what is on its way; for a transaction that is rolled back.
  func abandon() {
    database.pendingWork = nil
    if isCopying {
      isCopying = false
      PQputCopyEnd(connection.handle, "given up")
      connection.beginCleanup()
      while let result = try? connection.nextResult() { PQclear(result) }
    }
    rowsInBatch = 0
    batch.removeAll()
  }

  /// The row of the batch, from 0, that the last COPY was refused for.
  private var lastRefused: Int?

  private func sendChunk() throws(AdapterError) {
    try beginCopy()
    try put(batch.collected)
    batch.removeAll()
    rowStart = 0
  }

  private func beginCopy() throws(AdapterError) {
    guard !isCopying, let statements else { return }
    try connection.check(sent: PQsendQuery(connection.handle, statements.copy))
    guard let result = try connection.nextResult() else { throw connection.lost() }
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COPY_IN else {
      let error = database.error(result)
      while let rest = try connection.nextResult() { PQclear(rest) }
      throw error
    }
    isCopying = true
  }

  private func put(_ bytes: BorrowedBytes) throws(AdapterError) {
    guard let base = bytes.baseAddress else { return }
    var start = 0
    // In pieces: libpq copies each into a buffer of its own, which never shrinks.
    while start < bytes.count {
      let count = min(Self.pieceSize, bytes.count - start)
      let status = (base + start).withMemoryRebound(to: CChar.self, capacity: count) {
        PQputCopyData(connection.handle, $0, Int32(count))
      }
      guard status == 1 else { throw connection.lost() }
      try connection.flush()
      start += count
    }
  }

  private var copyError: AdapterError?

  /// Ends the COPY; its error is kept for `finishBatch`.
  private func endCopy() throws(AdapterError) {
    isCopying = false
    lastRefused = nil
    copyError = nil
    guard PQputCopyEnd(connection.handle, nil) == 1 else { throw connection.lost() }
    try connection.finish { (result) throws(AdapterError) in
      guard PQresultStatus(result) == PGRES_FATAL_ERROR, copyError == nil else { return }
      copyError = rowError(result)
    }
  }

  /// Throws what the COPY ended with; otherwise carries an upsert's rows over.
  private func finishBatch() throws(AdapterError) {
    if let copyError { throw copyError }
    guard let statements, let merge = statements.merge else { return }
    guard let failure = try failure(of: merge) else { return }
    guard failure.kind == .data, !request.skipsRefusedRows else { throw failure }
    throw try blameRow(of: statements, failure)
  }

  private func failure(of merge: String) throws(AdapterError) -> AdapterError? {
    try connection.check(sent: PQsendQuery(connection.handle, merge))
    var failure: AdapterError?
    try connection.finish { result in
      if PQresultStatus(result) == PGRES_FATAL_ERROR, failure == nil { failure = rowError(result) }
    }
    return failure
  }

  /// Finds the row that an upsert fails for, which the server does not tell: the last one of the
  /// shortest beginning of the batch that fails.
  private func blameRow(
    of statements: PostgreSQLLoadStatements, _ error: AdapterError
  ) throws(AdapterError) -> AdapterError {
    var error = error
    var (good, bad) = (0, rowsInBatch)
    while bad - good > 1 {
      let middle = (good + bad) / 2
      guard let failure = try failure(of: statements.merge(first: middle)) else {
        good = middle
        continue
      }
      guard failure.kind == .data else { throw failure }
      (bad, error) = (middle, failure)
    }
    lastRefused = bad - 1
    return error
  }

  // MARK: Refused rows

  /// A row that does not fit is bad data, not a bad statement; its values are not shown.
  private func rowError(_ result: OpaquePointer) -> AdapterError {
    let fields = PostgreSQLDiagnostics(result)
    var error = database.error(result, hasValues: true)
    let isOfRow = ["22", "23", "P0"].contains { fields.sqlState.hasPrefix($0) }
    guard isOfRow else { return error }
    error.kind = .data
    error.hint = nil
    let place = fields.context.flatMap { CopyPlace($0) }
    lastRefused = place.map { $0.line - 1 }
    if let column = place?.column { error.message = "column '\(column)': \(error.message)" }
    return error
  }

  /// Copies the batch, and again without the rows that are refused, until all others are in.
  private func settleRepeatably() throws(AdapterError) {
    defer { beginBatch() }
    try settle(rows: 0..<rowsInBatch)
  }

  private func settle(rows: Range<Int>) throws(AdapterError) {
    var next = rows.lowerBound
    // After a refused row small steps, so that many of them do not cost the batch each.
    var step = rows.count
    while next < rows.upperBound {
      let end = min(next + step, rows.upperBound)
      guard let error = try copyAgain(next..<end) else {
        next = end
        step *= 2
        continue
      }
      if let refused = lastRefused.map({ next + $0 }), refused < end {
        // A row before it may break a key, which the server looks at later than at types.
        try settle(rows: next..<refused)
        try refuse(refused, error)
        next = refused + 1
        step = 16
      } else if end - next == 1 {
        try refuse(next, error)
        next = end
      } else {
        step = (end - next) / 2
      }
    }
  }

  private func refuse(_ row: Int, _ error: AdapterError) throws(AdapterError) {
    rowsRefused += 1
    try request.onLateRefusal?(settledCount + row, error)
  }

  /// Copies rows of the batch; returns the `data` error that it failed with and left no trace of.
  private func copyAgain(_ rows: Range<Int>) throws(AdapterError) -> AdapterError? {
    let isInTransaction = connection.isInTransaction
    if isInTransaction { try database.run("SAVEPOINT nb_load") }
    let start = rows.lowerBound == 0 ? 0 : rowEnds[rows.lowerBound - 1]
    let bytes = batch.collected[start..<rowEnds[rows.upperBound - 1]]
    try beginCopy()
    try put(UnsafeBufferPointer(rebasing: bytes))
    try endCopy()
    do throws(AdapterError) {
      try finishBatch()
      if isInTransaction { try database.run("RELEASE SAVEPOINT nb_load") }
      return nil
    } catch {
      guard error.kind == .data else { throw error }
      if isInTransaction {
        try database.run("ROLLBACK TO SAVEPOINT nb_load; RELEASE SAVEPOINT nb_load")
      }
      return error
    }
  }
}

/// The row and column in the context of an error of COPY: `COPY people, line 3, column id: "x"`.
struct CopyPlace {
  var line: Int
  var column: String?

  init?(_ context: String) {
    // What a type says of its own text comes before.
    let lines = context.split(separator: "\n")
    guard let place = lines.last(where: { $0.hasPrefix("COPY ") }) else { return nil }
    // The server may speak any language: the number is what counts.
    let parts = place.split(separator: ", ")
    guard parts.count > 1, let line = parts[1].split(whereSeparator: { !$0.isNumber }).first,
      let number = Int(line), number > 0
    else { return nil }
    self.line = number
    if parts.count > 2 {
      let words = parts[2].split(separator: " ", maxSplits: 1)
      column = words.last.map { String($0.prefix { $0 != ":" }) }
    }
  }
}
