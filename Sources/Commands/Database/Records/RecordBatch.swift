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
  ///   - blame: adds a row's line to its error, or the lines among which the row is.
  func load(
    _ request: LoadRequest, into database: any SQLDatabase,
    blame: (AdapterError, _ lines: ClosedRange<Int>) -> AdapterError
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
          // Where rows are sent in batches any before this one may be at fault.
          let first = guilty ?? loader.rowsSettled ?? row
          throw blame(error, lines(of: first...max(first, guilty ?? row)))
        }
        rejected.append((row, error.message))
      }
    }
    do throws(AdapterError) {
      try loader.finish()
    } catch {
      guard rows.rowCount > 0 else { throw error }
      throw blame(error, lines(of: guilty.map { $0...$0 } ?? 0...(rows.rowCount - 1)))
    }
  }

  private func lines(of rows: ClosedRange<Int>) -> ClosedRange<Int> {
    let first = log.line(of: rows.lowerBound)
    return first...max(first, log.line(of: rows.upperBound))
  }
}
