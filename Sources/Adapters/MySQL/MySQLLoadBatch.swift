import AdapterCore
import Platform

/// Rows on their way to the server, in the text form of LOAD DATA: cells parted by tabs, rows ended by
/// line feeds, NULL as \N, and those bytes escaped by a backslash.
/// https://mariadb.com/kb/en/load-data-infile/
final class MySQLLoadBatch {
  private let output = OutputBuffer(descriptor: -1, capacity: 256 << 10)
  /// Where each row ends.
  private var rowEnds: [Int] = []
  private var slot = 0

  private static let special = ByteFinder(
    UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\\"), 0)

  var rowCount: Int { rowEnds.count }
  var byteCount: Int { rowEnds.last ?? 0 }

  /// The bytes of some rows.
  func bytes(of rows: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    let start = rows.lowerBound == 0 ? 0 : rowEnds[rows.lowerBound - 1]
    let end = rows.isEmpty ? start : rowEnds[rows.upperBound - 1]
    return UnsafeBufferPointer(rebasing: output.collected[start..<end])
  }

  func removeAll() {
    output.removeAll()
    rowEnds.removeAll(keepingCapacity: true)
  }

  // MARK: Writing

  @inline(__always)
  private func separate() {
    if slot > 0 { output.append(UInt8(ascii: "\t")) }
    slot &+= 1
  }

  func endRow() {
    output.append(UInt8(ascii: "\n"))
    rowEnds.append(output.collected.count)
    slot = 0
  }

  func null() {
    separate()
    output.append("\\N")
  }

  func int(_ value: Int64) {
    separate()
    output.append(value)
  }

  func decimal(_ digits: BorrowedBytes) {
    separate()
    output.append(digits)
  }

  func double(_ value: Double) {
    separate()
    output.append(value)
  }

  func hexadecimal(_ bytes: BorrowedBytes) {
    separate()
    let digits: StaticString = "0123456789ABCDEF"
    let place = output.reserve(2 * bytes.count)
    for (index, byte) in bytes.enumerated() {
      place[2 * index] = digits.utf8Start[Int(byte >> 4)]
      place[2 * index + 1] = digits.utf8Start[Int(byte & 15)]
    }
    output.commit(2 * bytes.count)
  }

  func text(_ utf8: BorrowedBytes) {
    separate()
    guard let base = utf8.baseAddress else { return }
    var start = 0
    while true {
      let next = Self.special.firstOffset(in: base, from: start, to: utf8.count)
      output.append(UnsafeBufferPointer(start: base + start, count: next - start))
      guard next < utf8.count else { return }
      output.append(UInt8(ascii: "\\"))
      switch base[next] {
      case UInt8(ascii: "\t"): output.append(UInt8(ascii: "t"))
      case UInt8(ascii: "\n"): output.append(UInt8(ascii: "n"))
      case 0: output.append(UInt8(ascii: "0"))
      default: output.append(UInt8(ascii: "\\"))
      }
      start = next + 1
    }
  }

  // MARK: Reading

  /// Calls `cell` with each cell of a row as it was before escaping; nil for NULL.
  func forEachCell(of row: Int, _ cell: ([UInt8]?) -> Void) {
    var field: [UInt8] = []
    var isNull = false
    var isEscaped = false
    for byte in bytes(of: row..<(row + 1)) {
      if isEscaped {
        isEscaped = false
        switch byte {
        case UInt8(ascii: "N"): isNull = true
        case UInt8(ascii: "t"): field.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "n"): field.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "0"): field.append(0)
        default: field.append(byte)
        }
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") {
        cell(isNull ? nil : field)
        field.removeAll(keepingCapacity: true)
        isNull = false
      } else {
        field.append(byte)
      }
    }
  }
}
