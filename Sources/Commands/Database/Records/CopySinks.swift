import AdapterCore

/// Passes rows on and counts the bytes of their values: a number counts as eight.
class ByteCountingSink: RowSink {
  let next: any RowSink
  private(set) final var byteCount = 0

  init(_ next: any RowSink) { self.next = next }

  func begin(columns: [Column]) throws(AdapterError) { try next.begin(columns: columns) }
  func endRow() throws(AdapterError) { try next.endRow() }
  func finish() throws(AdapterError) { try next.finish() }
  final func null() { next.null() }

  final func bool(_ value: Bool) {
    byteCount &+= 1
    next.bool(value)
  }

  final func int(_ value: Int64) {
    byteCount &+= 8
    next.int(value)
  }

  final func double(_ value: Double) {
    byteCount &+= 8
    next.double(value)
  }

  final func decimal(_ digits: BorrowedBytes) {
    byteCount &+= digits.count
    next.decimal(digits)
  }

  final func text(_ utf8: BorrowedBytes) {
    byteCount &+= utf8.count
    next.text(utf8)
  }

  final func bytes(_ value: BorrowedBytes) {
    byteCount &+= value.count
    next.bytes(value)
  }

  final func json(_ document: BorrowedBytes) {
    byteCount &+= document.count
    next.json(document)
  }
}

/// Passes rows on to a loader, with batches and progress.
final class CopySink: ByteCountingSink {
  private let loader: any RowLoader
  private var batches: BatchTransaction
  private let progress: ShownProgress
  private var rowCount = 0

  init(
    _ loader: any RowLoader, _ database: any SQLDatabase, batch: Int?, _ progress: ShownProgress
  ) {
    self.loader = loader
    self.progress = progress
    batches = BatchTransaction(database, rows: batch)
    super.init(loader)
  }

  /// Rows that stay whatever happens.
  var committedRows: Int { batches.committedRows }

  override func endRow() throws(AdapterError) {
    rowCount += 1
    do throws(AdapterError) {
      try loader.endRow()
    } catch {
      // Where rows are sent in batches the loader says which it was.
      throw loader.rowsSettled == nil ? error.ofRow(rowCount) : error
    }
    try batches.rowDone()
    progress.update(to: rowCount)
  }
}

/// Passes rows on to several connections, with progress.
final class ParallelCopySink: ByteCountingSink {
  private let rows: ParallelRows
  private let progress: ShownProgress
  private var rowCount = 0

  init(_ rows: ParallelRows, _ progress: ShownProgress) {
    self.rows = rows
    self.progress = progress
    super.init(rows)
  }

  override func endRow() throws(AdapterError) {
    rows.endRow()
    rowCount += 1
    try rows.rowDone(line: rowCount)
    progress.update(to: rowCount)
  }
}

extension AdapterError {
  /// The error with the number of the row that is at fault.
  func ofRow(_ number: Int) -> AdapterError {
    guard kind == .data || kind == .failed else { return self }
    var error = self
    error.message = "row \(number): \(message)"
    return error
  }
}
