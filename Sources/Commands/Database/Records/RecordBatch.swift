import AdapterCore

/// Rows with their places in the input; owned by one thread at a time.
final class RecordBatch: @unchecked Sendable {
  let rows = RowBatch()
  /// Of each row, where it came from.
  var log = RecordLog()
  /// Rows that the database refused.
  var rejected: [(row: Int, reason: String)] = []
  /// Rows that statements run for the batch changed.
  var rowsChanged = 0

  func removeAll() {
    rows.removeAll()
    log.removeAll()
    forgetOutcome()
  }

  /// For another attempt.
  func forgetOutcome() {
    rejected = []
    rowsChanged = 0
  }

  /// Loads all rows into a table.
  ///
  /// - Parameters:
  ///   - request: `skipsRefusedRows` says whether a row with bad data is noted in `rejected`; otherwise
  ///     it ends the batch.
  ///   - blame: adds a row's line to its error.
  func load(
    _ request: LoadRequest, into database: any SQLDatabase,
    blame: (AdapterError, _ line: Int) -> AdapterError
  ) throws(AdapterError) {
    var request = request
    var guilty: Int?
    request.onLateRefusal = { [self] row, error throws(AdapterError) in
      guilty = row
      if request.skipsRefusedRows { rejected.append((row, error.message)) }
    }
    let loader = try database.makeLoader(request)
    try loader.begin(columns: rows.columns)
    for row in 0..<rows.rowCount {
      do throws(AdapterError) {
        try rows.play(row: row, into: loader)
      } catch {
        guard error.kind == .data, request.skipsRefusedRows else {
          throw blame(error, log.line(of: guilty ?? row))
        }
        rejected.append((row, error.message))
      }
    }
    do throws(AdapterError) {
      try loader.finish()
    } catch {
      throw guilty.map { blame(error, log.line(of: $0)) } ?? error
    }
  }
}
