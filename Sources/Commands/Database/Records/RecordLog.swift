import AdapterCore

/// Where records came from, kept while their rows are on the way: their lines and, if asked for,
/// their text. Records count from 0.
struct RecordLog {
  /// The first record that is still kept.
  private(set) var first = 0
  private var lines: [Int] = []
  /// Where each record's text ends in `text`.
  private var ends: [Int] = []
  private var text: [UInt8] = []

  /// The number that the next record gets.
  var end: Int { first + lines.count }
  /// What the texts take.
  var byteCount: Int { text.count }

  mutating func append(line: Int, text record: BorrowedBytes? = nil) {
    lines.append(line)
    if let record { text.append(contentsOf: record) }
    ends.append(text.count)
  }

  func line(of record: Int) -> Int { lines[record - first] }

  /// The record as it stood in the input; valid until the log changes.
  func text(of record: Int) -> BorrowedBytes {
    let index = record - first
    let start = index > 0 ? ends[index - 1] : 0
    return text.withUnsafeBufferPointer { BorrowedBytes(rebasing: $0[start..<ends[index]]) }
  }

  /// Forgets the records before this one; their numbers are not given again.
  mutating func drop(before record: Int) {
    let count = min(record - first, lines.count)
    guard count > 0 else { return }
    let bytes = ends[count - 1]
    lines.removeFirst(count)
    ends.removeFirst(count)
    text.removeFirst(bytes)
    for index in ends.indices { ends[index] -= bytes }
    first += count
  }

  /// Forgets all records and counts from 0 again.
  mutating func removeAll() {
    first = 0
    lines.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    text.removeAll(keepingCapacity: true)
  }
}
