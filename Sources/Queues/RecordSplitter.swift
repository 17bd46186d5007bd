import AdapterCore
import Platform

/// Cuts bytes into records that end with one byte: lines, or texts that end with NUL.
///
/// What follows the last end is a record too, unless it is empty.
public struct RecordSplitter {
  private let end: UInt8
  /// The beginning of a record whose end has not come.
  private var rest: [UInt8] = []

  public init(end: UInt8) { self.end = end }

  /// Hands over the records that end within `bytes`.
  public mutating func take(
    _ bytes: BorrowedBytes, _ body: ([UInt8]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    var start = 0
    while let stop = bytes[start...].firstIndex(of: end) {
      let record = rest + bytes[start..<stop]
      rest.removeAll(keepingCapacity: true)
      start = stop + 1
      try body(record)
    }
    rest += bytes[start...]
  }

  /// Bytes of a record whose end has not come.
  public var heldBytes: Int { rest.count }

  /// The record that the input ended with; nil when it ended behind one.
  public mutating func takeLast() -> [UInt8]? {
    defer { rest = [] }
    return rest.isEmpty ? nil : rest
  }
}
