import AdapterCore

/// What a person at the terminal is told when rows were written; a script's stderr stays empty.
extension CommandContext {
  func noteRowsChanged(_ count: Int) {
    guard count > 0, terminal.isTerminal(.errors) else { return }
    operation.note("\(rowCount(count)) changed")
  }

  /// Says how many rows were loaded; that some were rejected is said in a script too.
  func noteLoaded(rows: Int, table: String, rejected: Int = 0, rejectPath: String? = nil) {
    if terminal.isTerminal(.errors) { operation.note("\(rowCount(rows)) loaded into \(table)") }
    if rejected > 0, let rejectPath {
      operation.note("\(rowCount(rejected)) rejected; see \(rejectPath)")
    }
  }

  private func rowCount(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
}
