import AdapterCore
import CMariaDB
import Platform

/// A batch on its way to the server by LOAD DATA, on a thread of its own, so that the next one is
/// read meanwhile.
///
/// Until `land` has returned nobody else may use the connection, nor change the batch.
final class MySQLLoadFlight {
  /// What came of it.
  struct Outcome: Sendable {
    var failure: MySQLFailure?
    /// Whether every row was taken as it was.
    var isWhole = false
  }

  private final class Work: @unchecked Sendable {
    private let batch: MySQLLoadBatch
    private let rows: Range<Int>
    private let statements: MySQLLoadStatements
    private let connection: MySQLConnection
    var outcome = Outcome()

    init(
      _ batch: MySQLLoadBatch, _ rows: Range<Int>, _ statements: MySQLLoadStatements,
      _ connection: MySQLConnection
    ) {
      self.batch = batch
      self.rows = rows
      self.statements = statements
      self.connection = connection
    }

    func run() {
      outcome = MySQLLoadFlight.load(batch, rows, statements, over: connection)
    }
  }

  private let work: Work
  private var thread: Thread?

  init(
    _ batch: MySQLLoadBatch, _ statements: MySQLLoadStatements, over connection: MySQLConnection
  ) {
    let work = Work(batch, 0..<batch.rowCount, statements, connection)
    self.work = work
    thread = try? Thread(name: "nb-load") { work.run() }
    // Without a thread it is done here.
    if thread == nil { work.run() }
  }

  deinit { _ = land() }

  /// Waits for its end.
  func land() -> Outcome {
    thread.take()?.join()
    return work.outcome
  }

  /// Loads rows of a batch; what they leave behind unless it is whole is the caller's to undo.
  static func load(
    _ batch: MySQLLoadBatch, _ rows: Range<Int>, _ statements: MySQLLoadStatements,
    over connection: MySQLConnection
  ) -> Outcome {
    let handle = connection.handle
    let isSent = connection.localFile.offer(batch.bytes(of: rows), on: handle) {
      connection.run(statements.loadData)
    }
    guard isSent else { return Outcome(failure: connection.failure) }
    guard Int(clamping: mysql_affected_rows(handle)) == rows.count,
      mysql_warning_count(handle) == 0
    else { return Outcome() }
    // An upsert's rows go on from the table that they were loaded into; what does not fit is an error
    // then, and warnings are about the statement.
    for sql in statements.merge {
      guard connection.run(sql) else { return Outcome(failure: connection.failure) }
    }
    return Outcome(isWhole: true)
  }
}
