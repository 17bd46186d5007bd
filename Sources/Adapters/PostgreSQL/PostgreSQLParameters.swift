import AdapterCore
import CPostgreSQL
import Glibc

/// The values bound to a statement, and their form on the wire: text that the server's input functions
/// read, and bytes as they are.
final class PostgreSQLParameters {
  private enum Bound {
    case value(Value)
    case text(BorrowedBytes)
    case bytes(BorrowedBytes)

    /// What a long value takes as it is.
    var byteCount: Int {
      switch self {
      case .text(let bytes), .bytes(let bytes): bytes.count
      case .value(.bytes(let bytes)): bytes.count
      case .value(.text(let text)), .value(.json(let text)): text.utf8.count
      case .value: 0
      }
    }
  }

  private var bound: [Bound]
  /// The texts one after another, each ended by a NUL; kept from run to run.
  private var texts: [UInt8] = []
  private var offsets: [Int?] = []

  init(count: Int) { bound = Array(repeating: .value(.null), count: count) }

  var count: Int { bound.count }

  /// The type that each value has by itself; 0 for text and NULL.
  var kinds: [Oid] {
    bound.map { bound in
      switch bound {
      case .value(let value): PostgreSQLType.type(of: value)
      case .text: 0
      case .bytes: PostgreSQLType.bytesType
      }
    }
  }

  func set(_ value: Value, at slot: Int) throws(AdapterError) {
    if let text = value.string, text.utf8.contains(0) { throw Self.holdsNUL(slot) }
    bound[slot] = .value(value)
  }

  func set(borrowedText utf8: BorrowedBytes, at slot: Int) throws(AdapterError) {
    if let base = utf8.baseAddress, memchr(base, 0, utf8.count) != nil {
      throw Self.holdsNUL(slot)
    }
    bound[slot] = .text(utf8)
  }

  func set(borrowedBytes bytes: BorrowedBytes, at slot: Int) { bound[slot] = .bytes(bytes) }

  private static func holdsNUL(_ slot: Int) -> AdapterError {
    AdapterError(
      .data,
      "the value of placeholder \(slot + 1) holds a NUL character, which PostgreSQL's text cannot")
  }

  /// Calls `body` with what PQsendQueryParams takes: values, lengths, formats.
  func withPointers<Result>(
    _ types: [Oid],
    _ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> Result
  ) -> Result {
    var lengths = [Int32](repeating: 0, count: count)
    var formats = [Int32](repeating: 0, count: count)
    texts.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    // At once: a long value is not copied again as the memory grows.
    texts.reserveCapacity(bound.reduce(bound.count) { $0 + $1.byteCount })
    for (slot, value) in bound.enumerated() {
      let isBinary = append(value, as: types[slot])
      formats[slot] = isBinary ? 1 : 0
      if let offset = offsets[slot] { lengths[slot] = Int32(texts.count - offset) }
      texts.append(0)
    }
    let offsets = offsets
    return texts.withUnsafeBytes { bytes in
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = offsets.map { offset -> UnsafePointer<CChar>? in
        guard let start, let offset else { return nil }
        return start + offset
      }
      return body(pointers, lengths, formats)
    }
  }

  /// Appends a value's bytes and whether they are binary; NULL has none.
  private func append(_ bound: Bound, as type: Oid) -> Bool {
    offsets.append(texts.count)
    switch bound {
    case .text(let utf8): texts.append(contentsOf: utf8)
    case .bytes(let bytes): return appendBytes(bytes, as: type)
    case .value(.bytes(let bytes)):
      return bytes.withUnsafeBufferPointer { appendBytes($0, as: type) }
    case .value(.null): offsets[offsets.count - 1] = nil
    case .value(.bool(let flag)): texts.append(contentsOf: (flag ? "true" : "false").utf8)
    case .value(.int(let number)): texts.append(contentsOf: String(number).utf8)
    case .value(.double(let number)): texts.append(contentsOf: Self.text(of: number).utf8)
    case .value(.decimal(let text)), .value(.text(let text)), .value(.json(let text)):
      texts.append(contentsOf: text.utf8)
    }
    return false
  }

  private func appendBytes(_ bytes: BorrowedBytes, as type: Oid) -> Bool {
    if type == PostgreSQLType.bytesType {
      texts.append(contentsOf: bytes)
      return true
    }
    // As the server writes bytes in text.
    texts.append(contentsOf: "\\x".utf8)
    let digits = Array("0123456789abcdef".utf8)
    for byte in bytes {
      texts.append(digits[Int(byte >> 4)])
      texts.append(digits[Int(byte & 15)])
    }
    return false
  }

  private static func text(of number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    // An integer's column takes 3.0 only without its fraction.
    if number.rounded() == number, abs(number) < 1e15, !(number == 0 && number.sign == .minus) {
      return String(Int64(number))
    }
    return String(number)
  }
}
