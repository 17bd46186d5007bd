import AdapterCore
import CPostgreSQL

/// Runs of one statement in libpq's pipeline mode: no run waits for the result of the one before.
///
/// All are within one transaction, so that an error ends it as it would without the pipeline: the
/// server skips what was sent behind the run that failed.
final class PostgreSQLPipeline: StatementPipeline, PostgreSQLPendingWork {
  /// Runs between two syncs, at each of which the server sends the results that it holds back. Two
  /// such groups are on their way at once, so that neither side waits for the other.
  private static let groupSize = 128

  private let statement: PostgreSQLStatement
  private let database: PostgreSQLDatabase
  private let reader: PostgreSQLResultReader
  private var isActive = false
  /// Whether the transaction was begun for these runs.
  private var ownsTransaction = false
  /// Runs behind the last sync.
  private var openRuns = 0
  /// Syncs that were not answered yet.
  private var openGroups = 0
  /// Whether the server refused a run.
  private var hasFailed = false
  private(set) var runsDone = 0

  init(
    _ statement: PostgreSQLStatement, on database: PostgreSQLDatabase, into sink: (any RowSink)?
  ) {
    self.statement = statement
    self.database = database
    reader = PostgreSQLResultReader(sink: sink, operation: database.operation)
  }

  deinit { abandon() }

  private var connection: PostgreSQLConnection { database.connection }
  var rowsChanged: Int { reader.rowsChanged }
  var rowsPushed: Int { reader.rows }

  // MARK: Sending

  func send() throws(AdapterError) {
    let cancellation = database.operation.cancellation
    if cancellation.isCancelled { try cancellation.check() }
    if !isActive || !statement.isReadyToSend { try begin() }
    try statement.sendReady()
    openRuns += 1
    guard openRuns == Self.groupSize else { return }
    try sync()
    while openGroups > 1 { try takeGroup() }
  }

  /// Enters pipeline mode, with the statement ready for the values now bound.
  private func begin() throws(AdapterError) {
    try settleRuns()
    if database.access == .read, connection.isIdle {
      try database.beginReading()
      ownsTransaction = true
    }
    try statement.makeReadyToSend()
    PQenterPipelineMode(connection.handle)
    isActive = true
    database.pendingWork = self
  }

  private func sync() throws(AdapterError) {
    try connection.check(sent: PQpipelineSync(connection.handle))
    openRuns = 0
    openGroups += 1
    try connection.flush()
  }

  // MARK: Results

  func settle() throws(AdapterError) {
    try settleRuns()
    guard ownsTransaction else { return }
    ownsTransaction = false
    try database.run("COMMIT")
  }

  private func settleRuns() throws(AdapterError) {
    guard isActive else { return }
    if openRuns > 0 { try sync() }
    while openGroups > 0 { try takeGroup() }
    end()
  }

  private func end() {
    isActive = false
    database.pendingWork = nil
    PQexitPipelineMode(connection.handle)
  }

  /// Takes the results of all runs up to the next sync; throws the first error among them behind it.
  private func takeGroup() throws(AdapterError) {
    var failure: AdapterError?
    var hasResult = false
    while true {
      if !hasResult { connection.startSingleRows() }
      guard let result = try connection.nextResult() else {
        if connection.isLost { throw connection.lost() }
        if hasResult, failure == nil { runsDone += 1 }
        hasResult = false
        continue
      }
      defer { PQclear(result) }
      hasResult = true
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        openGroups -= 1
        hasFailed = failure != nil
        if let failure { throw failure }
        return
      case PGRES_SINGLE_TUPLE where failure == nil, PGRES_TUPLES_OK where failure == nil:
        try reader.take(result)
      case PGRES_COMMAND_OK: reader.takeTag(result)
      case PGRES_FATAL_ERROR: failure = failure ?? statement.error(result)
      default: break
      }
      if connection.isLost { throw failure ?? connection.lost() }
    }
  }

  /// Stops what runs, and takes what is left of the results.
  func abandon() {
    guard isActive else { return }
    if !connection.isLost {
      connection.beginCleanup()
      if openRuns > 0 { try? sync() }
      // Behind a run that failed the server runs nothing.
      if openGroups > 0, !hasFailed { connection.interrupt() }
      while openGroups > 0, !connection.isLost {
        guard (try? connection.finishPipeline { _ in }) != nil else { break }
        openGroups -= 1
      }
    }
    end()
    if ownsTransaction {
      ownsTransaction = false
      database.rollback()
    }
  }
}
