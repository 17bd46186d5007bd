import AdapterCore

/// What a person at the terminal is told when rows were written; a script's stderr stays empty.
extension CommandContext {
  func noteRowsChanged(_ count: Int) {
    guard count > 0, terminal.isTerminal(.errors) else { return }
    operation.note("\(counted(count, "row")) changed")
  }

  /// Says how many rows were loaded; that some were rejected is said in a script too.
  func noteLoaded(rows: Int, table: String, rejected: Int = 0, rejectPath: String? = nil) {
    if terminal.isTerminal(.errors) {
      operation.note("\(counted(rows, "row")) loaded into \(table)")
    }
    if rejected > 0, let rejectPath {
      let place = rejectPath == "-" ? "" : "; see \(rejectPath)"
      operation.note("\(counted(rejected, "row")) rejected\(place)")
    }
  }
}
