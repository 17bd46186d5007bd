import AdapterCore

/// Counts rows and cells; throws `error` once it has `limit` rows.
final class CountingSink: RowSink {
  private(set) var rows = 0
  private(set) var cells = 0
  private(set) var isFinished = false
  private let limit: Int
  private let error: AdapterError

  init(limit: Int = .max, error: AdapterError = AdapterError(.io, "the sink is full")) {
    self.limit = limit
    self.error = error
  }

  func begin(columns: [Column]) {}
  func null() { cells += 1 }
  func bool(_ value: Bool) { cells += 1 }
  func int(_ value: Int64) { cells += 1 }
  func double(_ value: Double) { cells += 1 }
  func decimal(_ digits: BorrowedBytes) { cells += 1 }
  func text(_ utf8: BorrowedBytes) { cells += 1 }
  func bytes(_ value: BorrowedBytes) { cells += 1 }
  func json(_ document: BorrowedBytes) { cells += 1 }
  func endRow() throws(AdapterError) {
    rows += 1
    if rows >= limit { throw error }
  }
  func finish() { isFinished = true }
}

extension RowLoader {
  /// Loads one row of owned values; their bytes live until the row has ended.
  func load(_ row: [Value]) throws(AdapterError) {
    try push(row[...])
  }

  private func push(_ rest: ArraySlice<Value>) throws(AdapterError) {
    guard let first = rest.first else { return try endRow() }
    // The closures of withUnsafe… carry the typed error out by hand.
    var result: Result<Void, AdapterError> = .success(())
    func next() {
      do throws(AdapterError) { try push(rest.dropFirst()) } catch { result = .failure(error) }
    }
    func borrow(_ string: String, _ cell: (BorrowedBytes) -> Void) {
      Array(string.utf8).withUnsafeBufferPointer {
        cell($0)
        next()
      }
    }
    switch first {
    case .text(let string): borrow(string, text)
    case .decimal(let string): borrow(string, decimal)
    case .json(let string): borrow(string, json)
    case .bytes(let array):
      array.withUnsafeBufferPointer {
        bytes($0)
        next()
      }
    default:
      self.push(first)
      next()
    }
    try result.get()
  }
}

extension SQLStatement {
  /// Binds values in slot order and runs.
  @discardableResult
  func run(
    with values: [Value], into sink: (any RowSink)? = nil
  ) throws(AdapterError) -> StatementResult {
    for (slot, value) in values.enumerated() { try bind(value, at: slot) }
    return try run(into: sink)
  }
}
