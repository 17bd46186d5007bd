import AdapterCore
import CPostgreSQL
import Glibc
import JSON

/// Turns the server's text of a cell into the sink's call. Nothing is allocated: what must be decoded
/// is decoded in place, where libpq keeps it.
enum PostgreSQLCells {
  /// Pushes one cell.
  @inline(__always)
  static func push(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ cell: PostgreSQLType.Cell,
    to sink: any RowSink
  ) {
    switch cell {
    case .text: sink.text(BorrowedBytes(start: start, count: count))
    case .int: sink.int(integer(start, count))
    case .double:
      if isPlainFraction(start, count) {
        sink.double(digits: BorrowedBytes(start: start, count: count))
      } else {
        sink.double(double(start, count))
      }
    case .decimal: sink.decimal(BorrowedBytes(start: start, count: count))
    case .bool: sink.bool(count > 0 && start[0] == UInt8(ascii: "t"))
    case .json: sink.json(BorrowedBytes(start: start, count: count))
    case .bytes: sink.bytes(BorrowedBytes(start: start, count: decodeBytes(start, count)))
    }
  }

  /// Digits that the server wrote, so they fit.
  @inline(__always)
  private static func integer(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int64 {
    let isNegative = count > 0 && start[0] == UInt8(ascii: "-")
    var value: Int64 = 0
    for index in (isNegative ? 1 : 0)..<max(count, isNegative ? 1 : 0) {
      value = value &* 10 &- Int64(start[index] &- 0x30)
    }
    return isNegative ? value : 0 &- value
  }

  /// Whether it is written as nb writes it: `0.25`, and not `5`, `1e-07` or `NaN`, nor with 17 digits, for
  /// servers before 12 write these where fewer do.
  @inline(__always)
  private static func isPlainFraction(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    guard count < 18 else { return false }
    var hasPoint = false
    for index in 0..<count {
      let byte = start[index]
      if byte == UInt8(ascii: ".") {
        hasPoint = true
      } else if byte > UInt8(ascii: "9") {
        return false
      }
    }
    return hasPoint
  }

  /// `1.5`, `1e-07`, `NaN`, `Infinity` or `-Infinity`.
  private static func double(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Double {
    let isNegative = count > 1 && start[0] == UInt8(ascii: "-")
    switch start[isNegative ? 1 : 0] {
    case UInt8(ascii: "N"): return .nan
    case UInt8(ascii: "I"): return isNegative ? -.infinity : .infinity
    default: return nearestDouble(to: BorrowedBytes(start: start, count: count))
    }
  }

  /// `\x` and two digits a byte, decoded over itself; the number of bytes.
  private static func decodeBytes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    guard count > 1, start[0] == 0x5C, start[1] == UInt8(ascii: "x") else {
      return decodeOctal(start, count)
    }
    var length = 0
    var index = 2
    while index + 1 < count {
      start[length] = digit(start[index]) << 4 | digit(start[index + 1])
      length += 1
      index += 2
    }
    return length
  }

  /// `\ooo` and `\\` among the bytes, as a session writes them that set bytea_output to escape.
  private static func decodeOctal(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    var length = 0
    var index = 0
    while index < count {
      var byte = start[index]
      index += 1
      if byte == 0x5C, index < count, start[index] == 0x5C {
        index += 1
      } else if byte == 0x5C, index + 2 < count {
        byte = start[index] << 6 | (start[index + 1] & 7) << 3 | start[index + 2] & 7
        index += 3
      }
      start[length] = byte
      length += 1
    }
    return length
  }

  @inline(__always)
  private static func digit(_ byte: UInt8) -> UInt8 {
    // '0'…'9' are 0x30…, 'a'…'f' 0x61….
    (byte & 0xF) &+ (byte >> 6) &* 9
  }

  // MARK: COPY text

  /// Pushes the cells of a row of COPY's text format, `row` ending in a newline.
  static func pushRow(
    _ row: UnsafeMutableBufferPointer<UInt8>, _ cells: [PostgreSQLType.Cell],
    to sink: any RowSink
  ) {
    guard var start = row.baseAddress else { return }
    let end = start + row.count - 1
    let hasEscapes = memchr(start, 0x5C, row.count) != nil
    for cell in cells {
      let stop =
        memchr(start, 0x09, end - start).map { $0.assumingMemoryBound(to: UInt8.self) } ?? end
      var count = stop - start
      if hasEscapes, count > 0 {
        if count == 2, start[0] == 0x5C, start[1] == UInt8(ascii: "N") {
          sink.null()
          start = stop + 1
          continue
        }
        count = decodeEscapes(start, count)
      }
      push(start, count, cell, to: sink)
      start = stop + 1
    }
  }

  /// Undoes `\t`, `\\` and the like over themselves; the number of bytes left.
  private static func decodeEscapes(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    guard let first = memchr(start, 0x5C, count)?.assumingMemoryBound(to: UInt8.self) else {
      return count
    }
    var length = first - start
    var index = length
    while index < count {
      var byte = start[index]
      index += 1
      if byte == 0x5C, index < count {
        byte = unescaped(start[index])
        index += 1
      }
      start[length] = byte
      length += 1
    }
    return length
  }

  private static func unescaped(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "v"): 0x0B
    default: byte
    }
  }
}
