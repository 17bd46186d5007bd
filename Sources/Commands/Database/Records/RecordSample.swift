import AdapterCore
import JSON

/// The first records of a file, kept with their cells, and the kinds that fit each column.
final class RecordSample: RowSink {
  private let bytesEncoding: BytesEncoding
  private var columns: [Column] = []
  private var kinds: [ColumnKindGuess] = []
  private let rows = RowBatch()
  /// Of each record its row, or why it is malformed.
  private var outcomes: [Result<Int, AdapterError>] = []
  private var log = RecordLog()
  private var column = 0

  /// - Parameter bytesEncoding: how text may stand for bytes.
  init(bytesEncoding: BytesEncoding) { self.bytesEncoding = bytesEncoding }

  var recordCount: Int { outcomes.count }
  var byteCount: Int { rows.byteCount + log.byteCount }

  /// The columns, each with the narrowest kind that all its values have.
  var inferredColumns: [Column] {
    zip(columns, kinds).map { column, guess in
      Column(name: column.name, kind: guess.kind, declaredType: nil)
    }
  }

  func line(of record: Int) -> Int { log.line(of: record) }

  /// The record as it stood in the file; valid while the sample lives, for nothing is added any more
  /// once records are given again.
  func rawRecord(of record: Int) -> BorrowedBytes { log.text(of: record) }

  /// Pushes the record's cells and ends the row, or throws why it is malformed.
  func replay(_ record: Int, into sink: any RowSink) throws(AdapterError) {
    try rows.play(row: try outcomes[record].get(), into: sink)
  }

  // MARK: Taking

  /// Begins a sample; what was kept before is forgotten.
  func begin(columns: [Column]) {
    self.columns = columns
    kinds = Array(repeating: ColumnKindGuess(), count: columns.count)
  }

  /// Closes the record whose cells were pushed, or that turned out malformed.
  func endRecord(line: Int, raw: BorrowedBytes, error: AdapterError? = nil) {
    if error != nil { rows.dropOpenRow() }
    outcomes.append(error.map { .failure($0) } ?? .success(rows.rowCount - 1))
    log.append(line: line, text: raw)
    column = 0
  }

  func null() {
    column += 1
    rows.null()
  }

  func bool(_ value: Bool) {
    note(.boolean)
    rows.bool(value)
  }

  func int(_ value: Int64) {
    note(.integer)
    rows.int(value)
  }

  func double(_ value: Double) {
    note(.real)
    rows.double(value)
  }

  func decimal(_ digits: BorrowedBytes) {
    note(.decimal)
    rows.decimal(digits)
  }

  func text(_ utf8: BorrowedBytes) {
    note(bytesEncoding.isEncoded(utf8) ? .bytes : ColumnKindGuess.kind(ofText: utf8))
    rows.text(utf8)
  }

  func bytes(_ value: BorrowedBytes) {
    note(.bytes)
    rows.bytes(value)
  }

  func json(_ document: BorrowedBytes) {
    note(.json)
    rows.json(document)
  }

  func endRow() { rows.endRow() }
  func finish() {}

  private func note(_ kind: Column.Kind) {
    if column < kinds.count { kinds[column].add(kind) }
    column += 1
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
