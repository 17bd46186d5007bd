import AdapterCore
import Formats

/// Runs a statement for record after record: within the caller's transaction, or in batches that are
/// a transaction each. A batch that left nothing behind when it failed is run again.
final class StatementBatches {
  /// A database and the statement on it.
  typealias Connection = (database: any SQLDatabase, feeder: StatementFeeder)

  /// What the records of a batch may take to be kept for another attempt.
  private static let keptBytes = 4 << 20

  /// Rows per transaction; nil: all are in one of the caller's.
  private let size: Int?
  private let reader: any RecordReader
  private let retry: Retry
  /// Connects again for a batch that failed with this error.
  private let reconnect: (AdapterError) throws(AdapterError) -> Connection
  private var connection: Connection
  /// The records of the open batch, as long as all of them are kept.
  private let kept = RowBatch()
  private var keepsAll = true
  /// Where the records came from that may yet be blamed; they count from the first of all.
  private var log = RecordLog()
  /// The number of the first record of the open batch, and of the feeder's first.
  private var batchStart = 0
  private var feederStart = 0
  /// What the feeder had changed and pushed when the open batch began.
  private var changedBefore = 0
  private var pushedBefore = 0
  /// The same of the feeders before it, for batches that are committed.
  private var settledChanges = 0
  private var settledPushes = 0

  init(
    _ reader: any RecordReader, columns: [Column], size: Int?, on connection: Connection,
    _ retry: Retry, reconnect: @escaping (AdapterError) throws(AdapterError) -> Connection
  ) {
    self.reader = reader
    self.size = size
    self.connection = connection
    self.retry = retry
    self.reconnect = reconnect
    kept.begin(columns: columns)
  }

  var rowsChanged: Int { settledChanges + connection.feeder.rowsChanged }
  var rowsPushed: Int { settledPushes + connection.feeder.rowsPushed }

  /// Rows that stay whatever happens.
  var committedRows: Int { size == nil ? 0 : batchStart }

  /// The line of the record that an error is about.
  var guiltyLine: Int {
    guard let failed = connection.feeder.failedRecord.map({ $0 + feederStart }),
      failed >= log.first, failed < log.end
    else { return reader.line }
    return log.line(of: failed)
  }

  /// Runs it for every record; `recordDone` hears of each.
  func run(_ recordDone: () -> Void) throws(AdapterError) {
    do throws(AdapterError) {
      if size != nil { try begin() }
      while try takeRecord() {
        if log.end - batchStart == size {
          try commit()
          try begin()
        }
        recordDone()
      }
      try commit()
    } catch {
      if size != nil { connection.database.rollback() }
      throw error
    }
  }

  private func takeRecord() throws(AdapterError) -> Bool {
    guard size != nil, keepsAll else { return try takeUnkept() }
    guard try reader.next(into: kept) else { return false }
    note()
    try attempt { () throws(AdapterError) in
      try kept.play(row: kept.rowCount - 1, into: connection.feeder)
    }
    if kept.byteCount > Self.keptBytes {
      keepsAll = false
      kept.removeAll()
    }
    return true
  }

  private func takeUnkept() throws(AdapterError) -> Bool {
    guard try reader.next(into: connection.feeder) else { return false }
    note()
    return true
  }

  private func note() {
    log.append(line: reader.line)
    // Far more than are on their way at once.
    if log.end - log.first > 4096 { log.drop(before: log.end - 1024) }
  }

  // MARK: Transactions

  private func begin() throws(AdapterError) {
    kept.removeAll()
    keepsAll = true
    batchStart = log.end
    changedBefore = connection.feeder.rowsChanged
    pushedBefore = connection.feeder.rowsPushed
    try attempt { () throws(AdapterError) in try connection.database.begin(.write) }
  }

  private func commit() throws(AdapterError) {
    guard size != nil else { return try connection.feeder.settle() }
    try attempt(again: true) { () throws(AdapterError) in
      try connection.feeder.settle()
      try connection.database.commit()
    }
    batchStart = log.end
  }

  /// Runs `step`; when it fails and the batch may be run again, runs all of the batch so far, and the
  /// step itself where that is not a part of it.
  private func attempt(
    again repeatsStep: Bool = false, _ step: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    var failed: AdapterError?
    var mayReplay = false
    let isReplayed = { (_: AdapterError) in mayReplay }
    try retry.run(if: isReplayed, note: "connecting to run the batch again") {
      () throws(AdapterError) in
      mayReplay = false
      if let failed { try connectAgain(after: failed) }
      do throws(AdapterError) {
        if failed != nil { try replay() }
        if failed == nil || repeatsStep { try step() }
      } catch {
        connection.database.rollback()
        mayReplay = isReplayable && connection.database.mayReplay(after: error)
        failed = error
        throw error
      }
    }
  }

  /// Whether all of the batch is kept, and no row of it has left nb.
  private var isReplayable: Bool {
    size != nil && keepsAll && connection.feeder.rowsPushed == pushedBefore
  }

  private func connectAgain(after error: AdapterError) throws(AdapterError) {
    connection.database.close()
    let (changed, pushed) = (changedBefore, pushedBefore)
    connection = try reconnect(error)
    feederStart = batchStart
    settledChanges += changed
    settledPushes += pushed
    (changedBefore, pushedBefore) = (0, 0)
  }

  private func replay() throws(AdapterError) {
    try connection.database.begin(.write)
    for row in 0..<kept.rowCount { try kept.play(row: row, into: connection.feeder) }
  }
}
