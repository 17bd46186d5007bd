import AdapterCore

/// A sink that binds each record to a prepared statement and runs it: `--each`.
final class StatementFeeder: RowSink {
  private let statement: any SQLStatement
  private let output: SingleResultSink
  /// Per incoming column, the slots it is bound to.
  private var slots: [[Int]] = []
  private var column = 0
  private var bindError: AdapterError?
  private(set) var rowsChanged = 0
  private(set) var rowsReturned = 0

  init(_ statement: any SQLStatement, output: any RowSink) {
    self.statement = statement
    self.output = SingleResultSink(output)
  }

  /// The slots that records fill.
  var boundSlots: Set<Int> { Set(slots.joined()) }

  func begin(columns: [Column]) throws(AdapterError) {
    slots = columns.enumerated().map { index, column in
      statement.parameters.enumerated().compactMap { slot, parameter in
        switch parameter {
        case .named(let name): name == column.name ? slot : nil
        case .numbered(let number): number == index + 1 ? slot : nil
        }
      }
    }
  }

  func null() { bind(.null) }
  func bool(_ value: Bool) { bind(.bool(value)) }
  func int(_ value: Int64) { bind(.int(value)) }
  func double(_ value: Double) { bind(.double(value)) }
  func decimal(_ digits: BorrowedBytes) { bindText(digits) }
  func text(_ utf8: BorrowedBytes) { bindText(utf8) }
  func json(_ document: BorrowedBytes) { bindText(document) }

  func bytes(_ value: BorrowedBytes) {
    bindEach { slot throws(AdapterError) in try statement.bindBorrowed(bytes: value, at: slot) }
  }

  private func bind(_ value: Value) {
    bindEach { slot throws(AdapterError) in try statement.bind(value, at: slot) }
  }

  private func bindText(_ utf8: BorrowedBytes) {
    bindEach { slot throws(AdapterError) in try statement.bindBorrowed(text: utf8, at: slot) }
  }

  private func bindEach(_ body: (Int) throws(AdapterError) -> Void) {
    defer { column += 1 }
    guard column < slots.count, bindError == nil else { return }
    do throws(AdapterError) {
      for slot in slots[column] { try body(slot) }
    } catch {
      bindError = error
    }
  }

  func endRow() throws(AdapterError) {
    column = 0
    if let error = bindError {
      bindError = nil
      throw error
    }
    let result = try statement.run(into: output)
    rowsChanged += result.rowsChanged
    rowsReturned += result.rowsReturned
  }

  func finish() throws(AdapterError) { try output.end() }
}

/// Joins the rows of many runs of one statement into one result.
private final class SingleResultSink: PassThroughSink {
  private var hasBegun = false

  override func begin(columns: [Column]) throws(AdapterError) {
    guard !hasBegun else { return }
    hasBegun = true
    try next.begin(columns: columns)
  }

  /// A run has ended, not the result.
  override func finish() {}

  func end() throws(AdapterError) {
    if hasBegun { try next.finish() }
  }
}
