/// Figures about a database and its tables.
public protocol DatabaseStatistics: AnyObject {
  /// Pushes one row a figure: `kind`, `name` of what it is about, `figure`, `value` and `unit` (bytes,
  /// pages, rows, seconds, ms, percent; NULL for a count or a setting). The database comes first, then
  /// what goes on in it now (replicas, sessions, locks), the statements that cost most, and each table
  /// with its indexes, by name. What the user may not see is left out, with a note.
  func statistics(into sink: any RowSink) throws(AdapterError)
}

/// Writes the rows of `DatabaseStatistics`, so that they have one shape on every backend.
public struct StatisticsWriter {
  public enum Kind: String, Sendable {
    case database, replica, session, lock, statement, table, index
  }

  private static let columns: [Column] = [
    Column(name: "kind", kind: .text), Column(name: "name", kind: .text),
    Column(name: "figure", kind: .text), Column(name: "value"), Column(name: "unit", kind: .text),
  ]

  private let sink: any RowSink

  public init(into sink: any RowSink) throws(AdapterError) {
    self.sink = sink
    try sink.begin(columns: Self.columns)
  }

  public func write(
    _ kind: Kind, _ name: String, _ figure: String, _ value: Value, unit: String? = nil
  ) throws(AdapterError) {
    let cells: [Value] = [
      .text(kind.rawValue), .text(name), .text(figure), value, unit.map { .text($0) } ?? .null,
    ]
    for cell in cells { sink.push(cell) }
    try sink.endRow()
  }

  /// Writes the figures of a statement that took much time, its times in milliseconds.
  ///
  /// - Parameter row: text, calls, total time, mean time, rows.
  public func writeStatement(_ row: [Value]) throws(AdapterError) {
    let name = row[0].string ?? ""
    try write(.statement, name, "total_time", row[2], unit: "ms")
    try write(.statement, name, "calls", row[1])
    try write(.statement, name, "mean_time", row[3], unit: "ms")
    try write(.statement, name, "rows", row[4], unit: "rows")
  }

  public func finish() throws(AdapterError) { try sink.finish() }
}
