import AdapterCore

/// Transactions of a fixed number of rows; without a number the caller's own transaction is left
/// alone.
struct BatchTransaction {
  private let database: any SQLDatabase
  private let size: Int?
  private var rowsInBatch = 0
  private(set) var committedRows: Int

  /// - Parameter committedRows: how many are committed already.
  init(_ database: any SQLDatabase, rows: Int?, committedRows: Int = 0) {
    self.database = database
    self.committedRows = committedRows
    size = rows
  }

  /// Begins the first batch.
  func begin() throws(AdapterError) {
    if size != nil { try database.begin(.write) }
  }

  /// Called after each row; commits a full batch and begins the next.
  mutating func rowDone() throws(AdapterError) {
    guard let size else { return }
    rowsInBatch += 1
    guard rowsInBatch >= size else { return }
    try commit()
    try database.begin(.write)
  }

  mutating func end() throws(AdapterError) {
    if size != nil { try commit() }
  }

  /// Rolls the open batch back.
  func abandon() {
    if size != nil { database.rollback() }
  }

  private mutating func commit() throws(AdapterError) {
    try database.commit()
    committedRows += rowsInBatch
    rowsInBatch = 0
  }
}
