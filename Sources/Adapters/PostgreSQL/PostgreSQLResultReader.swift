import AdapterCore
import CPostgreSQL

/// Pushes the rows of a statement's results, which come one row each.
final class PostgreSQLResultReader {
  private let sink: (any RowSink)?
  private let cancellation: Cancellation
  private let metrics: Metrics
  private var cells: [PostgreSQLType.Cell] = []
  private var hasBegun = false
  private(set) var rows = 0
  private(set) var rowsChanged = 0
  /// The command tag without its counts: "INSERT".
  private(set) var tag = ""

  init(sink: (any RowSink)?, operation: OperationContext) {
    self.sink = sink
    cancellation = operation.cancellation
    metrics = operation.metrics
  }

  /// Takes a row, or the end of the rows.
  func take(_ result: OpaquePointer) throws(AdapterError) {
    let isEnd = PQresultStatus(result) == PGRES_TUPLES_OK
    guard let sink else {
      if isEnd { takeTag(result) }
      return
    }
    if !hasBegun {
      hasBegun = true
      let description = PostgreSQLDescription(columnsOf: result)
      cells = description.cells
      try sink.begin(columns: description.columns)
    }
    guard isEnd else {
      if rows == 0 { metrics.recordFirstRow() }
      pushRow(result, to: sink)
      try sink.endRow()
      rows &+= 1
      if cancellation.isCancelled { try cancellation.check() }
      return
    }
    takeTag(result)
    hasBegun = false
    try sink.finish()
  }

  private func pushRow(_ result: OpaquePointer, to sink: any RowSink) {
    for column in 0..<Int32(truncatingIfNeeded: cells.count) {
      guard PQgetisnull(result, 0, column) == 0, let value = PQgetvalue(result, 0, column) else {
        sink.null()
        continue
      }
      let count = Int(PQgetlength(result, 0, column))
      value.withMemoryRebound(to: UInt8.self, capacity: count + 1) {
        PostgreSQLCells.push($0, count, cells[Int(column)], to: sink)
      }
    }
  }

  /// Notes the command tag, and the rows that the command changed.
  func takeTag(_ result: OpaquePointer) {
    tag = PQcmdStatus(result).map { Self.words(of: $0) } ?? ""
    if ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(tag) {
      rowsChanged += PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }
  }

  /// The tag up to its first digit, without the space before that.
  private static func words(of tag: UnsafePointer<CChar>) -> String {
    var count = 0
    while tag[count] != 0, !(0x30...0x39).contains(tag[count]) { count += 1 }
    while count > 0, tag[count - 1] == 0x20 { count -= 1 }
    return String(decoding: UnsafeRawBufferPointer(start: tag, count: count), as: UTF8.self)
  }
}
