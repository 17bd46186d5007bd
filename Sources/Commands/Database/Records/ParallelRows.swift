import AdapterCore
import AdapterRegistry
import Synchronization

/// Rows handed out to several connections: a batch at a time, each in a transaction of its own.
///
/// It is the sink of the rows; after each row `rowDone` says where the row came from.
final class ParallelRows: RowSink {
  /// What is done with a batch, on one of the threads, in a transaction.
  typealias Work = @Sendable (any SQLDatabase, RecordBatch) throws(AdapterError) -> Void

  /// A batch is handed out when its cells take as much as this, however few its rows are.
  private static let batchBytes = 1 << 20

  private let batchRows: Int
  private let spent: (RecordBatch) throws(AdapterError) -> Void
  private let team: WorkerTeam<RecordBatch>
  private let committed: Counter
  private var batch = RecordBatch()
  private var columns: [Column] = []

  /// A number that several threads add to.
  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  /// - Parameters:
  ///   - work: what is done with a batch.
  ///   - spent: called on the caller's thread with each batch that is committed.
  init(
    _ options: ParallelOptions, _ address: Target.Address, _ operation: OperationContext,
    work: @escaping Work, spent: @escaping (RecordBatch) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    batchRows = options.batchRows
    self.spent = spent
    let counter = Counter()
    committed = counter
    let pool = Pool<any SQLDatabase>(
      options.pool,
      Pool.Lifecycle(
        open: { operation throws(AdapterError) in
          // A server that restarts under the work is waited for.
          try Retry(.reconnecting, operation).run { () throws(AdapterError) in
            try AdapterRegistry.openSQL(address, SQLOpenOptions(access: .write), operation)
          }
        },
        isHealthy: { (try? $0.ping()) != nil },
        close: { $0.close() }))
    team = try WorkerTeam(count: options.jobs, name: "nb rows", operation) {
      batch throws(AdapterError) in
      var failed: AdapterError?
      var mayReplay = false
      let isReplayed = { (_: AdapterError) in mayReplay }
      let retry = Retry(Retry.Policy(budget: nil), operation)
      try retry.run(if: isReplayed, note: "connecting to run the batch again") {
        () throws(AdapterError) in
        mayReplay = false
        batch.forgetOutcome()
        try pool.withResource(operation) { database throws(AdapterError) in
          if var failed, try !database.undoesEverything() {
            failed.details.append(.tablesWithoutTransactions)
            throw failed
          }
          do throws(AdapterError) {
            try database.transaction(.write) { () throws(AdapterError) in
              try work(database, batch)
            }
          } catch {
            mayReplay = database.mayReplay(after: error)
            failed = error
            throw error
          }
        }
      }
      counter.value.wrappingAdd(
        batch.rows.rowCount - batch.rejected.count, ordering: .relaxed)
    }
  }

  deinit { team.abandon() }

  /// Rows that are in the database to stay.
  var committedRows: Int { committed.value.load(ordering: .relaxed) }

  /// Takes the last row's place in the input, and its text if it may be refused.
  func rowDone(line: Int, record: BorrowedBytes? = nil) throws(AdapterError) {
    batch.log.append(line: line, text: record)
    guard batch.rows.rowCount >= batchRows || batch.rows.byteCount >= Self.batchBytes else {
      return
    }
    try handOut()
  }

  private func handOut() throws(AdapterError) {
    guard batch.rows.rowCount > 0 else { return }
    try team.submit(batch)
    batch = RecordBatch()
    if let used = team.takeSpent() {
      try spent(used)
      batch = used
      batch.removeAll()
    }
    batch.rows.begin(columns: columns)
  }

  /// Drops the cells of a row that the reader gave up.
  func dropOpenRow() { batch.rows.dropOpenRow() }

  // MARK: - The sink

  func begin(columns: [Column]) {
    self.columns = columns
    batch.rows.begin(columns: columns)
  }

  func null() { batch.rows.null() }
  func bool(_ value: Bool) { batch.rows.bool(value) }
  func int(_ value: Int64) { batch.rows.int(value) }
  func double(_ value: Double) { batch.rows.double(value) }
  func decimal(_ digits: BorrowedBytes) { batch.rows.decimal(digits) }
  func text(_ utf8: BorrowedBytes) { batch.rows.text(utf8) }
  func bytes(_ value: BorrowedBytes) { batch.rows.bytes(value) }
  func json(_ document: BorrowedBytes) { batch.rows.json(document) }
  func endRow() { batch.rows.endRow() }

  /// Hands out the last rows and waits until all are committed.
  func finish() throws(AdapterError) {
    try handOut()
    try team.finish()
    while let used = team.takeSpent() { try spent(used) }
  }

  /// Gives up what has not begun, waits for the rest, and tells of what was committed.
  func abandon() throws(AdapterError) {
    team.abandon()
    while let used = team.takeSpent() { try spent(used) }
  }
}
