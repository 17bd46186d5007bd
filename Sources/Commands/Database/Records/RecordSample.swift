import AdapterCore
import JSON

/// The first records of a file, kept with their cells, and the kinds that fit each column.
final class RecordSample: RowSink {
  private enum Cell {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case decimal(Range<Int>)
    case text(Range<Int>)
    case bytes(Range<Int>)
    case json(Range<Int>)
  }

  private struct Record {
    var cells: Range<Int>
    var line: Int
    var raw: Range<Int>
    /// Why it is malformed; such a record has no cells.
    var error: AdapterError?
  }

  private let bytesEncoding: BytesEncoding
  private var columns: [Column] = []
  private var kinds: [ColumnKindGuess] = []
  private var cells: [Cell] = []
  private var records: [Record] = []
  private var storage: [UInt8] = []
  private var recordStart = 0

  /// - Parameter bytesEncoding: how text may stand for bytes.
  init(bytesEncoding: BytesEncoding) { self.bytesEncoding = bytesEncoding }

  var recordCount: Int { records.count }
  var byteCount: Int { storage.count }

  /// The columns, each with the narrowest kind that all its values have.
  var inferredColumns: [Column] {
    zip(columns, kinds).map { column, guess in
      Column(name: column.name, kind: guess.kind, declaredType: nil)
    }
  }

  func line(of record: Int) -> Int { records[record].line }

  /// The record as it stood in the file; valid while the sample lives.
  func rawRecord(of record: Int) -> BorrowedBytes { borrow(records[record].raw) }

  /// Pushes the record's cells and ends the row, or throws why it is malformed.
  func replay(_ record: Int, into sink: any RowSink) throws(AdapterError) {
    if let error = records[record].error { throw error }
    for cell in cells[records[record].cells] {
      switch cell {
      case .null: sink.null()
      case .bool(let value): sink.bool(value)
      case .int(let value): sink.int(value)
      case .double(let value): sink.double(value)
      case .decimal(let range): sink.decimal(borrow(range))
      case .text(let range): sink.text(borrow(range))
      case .bytes(let range): sink.bytes(borrow(range))
      case .json(let range): sink.json(borrow(range))
      }
    }
    try sink.endRow()
  }

  // MARK: Taking

  /// Begins a sample; what was kept before is forgotten.
  func begin(columns: [Column]) {
    self.columns = columns
    kinds = Array(repeating: ColumnKindGuess(), count: columns.count)
  }

  /// Closes the record whose cells were pushed, or that turned out malformed.
  func endRecord(line: Int, raw: BorrowedBytes, error: AdapterError? = nil) {
    records.append(
      Record(cells: recordStart..<cells.count, line: line, raw: keep(raw), error: error))
    recordStart = cells.count
  }

  func null() { cells.append(.null) }

  func bool(_ value: Bool) {
    note(.boolean)
    cells.append(.bool(value))
  }

  func int(_ value: Int64) {
    note(.integer)
    cells.append(.int(value))
  }

  func double(_ value: Double) {
    note(.real)
    cells.append(.double(value))
  }

  func decimal(_ digits: BorrowedBytes) {
    note(.decimal)
    cells.append(.decimal(keep(digits)))
  }

  func text(_ utf8: BorrowedBytes) {
    note(bytesEncoding.isEncoded(utf8) ? .bytes : ColumnKindGuess.kind(ofText: utf8))
    cells.append(.text(keep(utf8)))
  }

  func bytes(_ value: BorrowedBytes) {
    note(.bytes)
    cells.append(.bytes(keep(value)))
  }

  func json(_ document: BorrowedBytes) {
    note(.json)
    cells.append(.json(keep(document)))
  }

  func endRow() {}
  func finish() {}

  private func note(_ kind: Column.Kind) {
    let column = cells.count - recordStart
    if column < kinds.count { kinds[column].add(kind) }
  }

  private func keep(_ bytes: BorrowedBytes) -> Range<Int> {
    let start = storage.count
    storage.append(contentsOf: bytes)
    return start..<storage.count
  }

  /// Nothing is added to the storage any more once records are given again, so its address stays.
  private func borrow(_ range: Range<Int>) -> BorrowedBytes {
    storage.withUnsafeBufferPointer { BorrowedBytes(rebasing: $0[range]) }
  }
}

/// What kind of values a column holds, narrowed with each one.
struct ColumnKindGuess {
  private var seen: Column.Kind?

  /// Text for a column without any value.
  var kind: Column.Kind { seen ?? .text }

  mutating func add(_ kind: Column.Kind) {
    guard let seen, seen != kind else {
      self.seen = kind
      return
    }
    self.seen =
      switch (seen, kind) {
      case (.integer, .real), (.real, .integer): .real
      case (.integer, .decimal), (.decimal, .integer), (.real, .decimal), (.decimal, .real):
        .decimal
      default: .text
      }
  }

  /// Integer and real only where storing the number gives the same text back: no leading zeros or
  /// plus sign, no integer beyond Int64, no more digits than a double holds.
  static func kind(ofText text: BorrowedBytes) -> Column.Kind {
    guard let first = text.first, first != 0x2B, first > 0x20, text.last.map({ $0 > 0x20 }) == true
    else { return .text }
    let shape = NumberShape(text)
    guard shape != .none else { return .text }
    let digits = first == 0x2D ? text.dropFirst() : text[...]
    if digits.first == 0x30, digits.count > 1, digits.dropFirst().first.map(isDigit) == true {
      return .text
    }
    let digitCount = digits.count(where: isDigit)
    switch shape {
    case .integer: return digitCount <= 18 ? .integer : .text
    case .real: return digitCount <= 17 && isInRange(text) ? .real : .text
    case .none: return .text
    }
  }

  /// Whether a double holds the number: it becomes neither infinite nor 0.
  private static func isInRange(_ text: BorrowedBytes) -> Bool {
    let value = nearestDouble(to: text)
    return value.isFinite
      && (value != 0 || text.prefix { $0 | 0x20 != 0x65 }.allSatisfy { !isDigit($0) || $0 == 0x30 })
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
