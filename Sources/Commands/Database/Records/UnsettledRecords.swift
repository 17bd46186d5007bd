import AdapterCore

/// The records behind rows that a loader has taken and may still refuse: their lines, and the records
/// themselves where refused ones are kept.
struct UnsettledRecords {
  private let keepsRecords: Bool
  /// The number of the row that `lines` begins with.
  private var firstRow = 0
  private var lines: [Int] = []
  /// The records one after another, and where each ends.
  private var records: [UInt8] = []
  private var recordEnds: [Int] = []

  init(keepsRecords: Bool) { self.keepsRecords = keepsRecords }

  mutating func append(line: Int, record: BorrowedBytes) {
    lines.append(line)
    guard keepsRecords else { return }
    records.append(contentsOf: record)
    recordEnds.append(records.count)
  }

  /// Forgets the rows before this one.
  mutating func settle(upTo row: Int) {
    guard row > firstRow else { return }
    let count = min(row - firstRow, lines.count)
    firstRow = row
    lines.removeFirst(count)
    guard keepsRecords, count > 0 else { return }
    let end = recordEnds[count - 1]
    records.removeFirst(end)
    recordEnds.removeFirst(count)
    for index in recordEnds.indices { recordEnds[index] -= end }
  }

  /// The line and record of a row; nil for one that is not here.
  func withRecord<Result>(
    ofRow row: Int, _ body: (Int, BorrowedBytes) throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result? {
    let index = row - firstRow
    guard lines.indices.contains(index) else { return nil }
    guard keepsRecords else { return try body(lines[index], BorrowedBytes(start: nil, count: 0)) }
    let start = index == 0 ? 0 : recordEnds[index - 1]
    let record = Array(records[start..<recordEnds[index]])
    let outcome = record.withUnsafeBufferPointer { bytes -> Swift.Result<Result, AdapterError> in
      do throws(AdapterError) {
        return .success(try body(lines[index], bytes))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
