import AdapterCore

/// A sink that binds each record to a prepared statement and runs it: `--each`.
final class StatementFeeder: RowSink {
  private let statement: any SQLStatement
  private let output: any RowSink
  private var pipeline: (any StatementPipeline)?
  /// Per incoming column, the slots it is bound to.
  private var slots: [[Int]] = []
  private var column = 0
  private var bindError: AdapterError?
  private var runCount = 0
  private var singleRowsChanged = 0
  private var singleRowsPushed = 0
  /// The record whose run failed, from 0, when it is not the one that was given last.
  private(set) var failedRecord: Int?

  /// - Parameter output: where rows go; takes those of all records as one result.
  init(_ statement: any SQLStatement, output: any RowSink) {
    self.statement = statement
    self.output = output
  }

  /// The slots that records fill.
  var boundSlots: Set<Int> { Set(slots.joined()) }

  var rowsChanged: Int { singleRowsChanged + (pipeline?.rowsChanged ?? 0) }
  var rowsPushed: Int { singleRowsPushed + (pipeline?.rowsPushed ?? 0) }

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
    if runCount == 0 { pipeline = statement.makePipeline(into: output) }
    runCount += 1
    guard let pipeline else { return try runAlone() }
    try blamingRun(of: pipeline) { () throws(AdapterError) in try pipeline.send() }
  }

  private func runAlone() throws(AdapterError) {
    defer { singleRowsPushed += statement.rowsPushed }
    singleRowsChanged += try statement.run(into: output).rowsChanged
  }

  /// Waits until the statement ran for every record.
  func settle() throws(AdapterError) {
    guard let pipeline else { return }
    try blamingRun(of: pipeline) { () throws(AdapterError) in try pipeline.settle() }
  }

  private func blamingRun(
    of pipeline: any StatementPipeline, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    do throws(AdapterError) {
      try body()
    } catch {
      failedRecord = pipeline.runsDone
      throw error
    }
  }

  /// The records have ended.
  func finish() throws(AdapterError) { try settle() }
}

/// Joins the rows of many runs of one statement into one result.
final class SingleResultSink: PassThroughSink {
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
