import AdapterCore
import Platform

/// Writes cells in the text format of COPY: `\t` between them, `\N` for NULL.
struct PostgreSQLCopyEncoder {
  let output: OutputBuffer
  /// How text stands for bytes in columns of bytes; nil: text is text.
  let bytesEncoding: BytesEncoding?
  private let special = ByteFinder(
    UInt8(ascii: "\\"), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"))

  init(output: OutputBuffer, bytesEncoding: BytesEncoding?) {
    self.output = output
    self.bytesEncoding = bytesEncoding
  }

  func null() { output.append("\\N") }

  func bool(_ value: Bool, _ demand: PostgreSQLDemand) {
    switch demand {
    case .integer: output.append(UInt8(ascii: value ? "1" : "0"))
    default: output.append(value ? "true" : "false")
    }
  }

  func int(_ value: Int64) { output.append(value) }

  func double(_ value: Double, _ demand: PostgreSQLDemand) {
    if !value.isFinite {
      output.append(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    } else if demand == .integer, value.rounded() == value, abs(value) < 9e18 {
      // Other engines give whole numbers of REAL columns with a fraction.
      output.append(Int64(value))
    } else {
      output.append(value)
    }
  }

  /// Bytes, which a column of text takes for the text that they are.
  func bytes(_ value: BorrowedBytes, _ demand: PostgreSQLDemand) {
    if demand == .text { text(value, demand) } else { bytes(value) }
  }

  private func bytes(_ value: BorrowedBytes) {
    let room = output.reserve(value.count * 2 + 3)
    room[0] = UInt8(ascii: "\\")
    room[1] = UInt8(ascii: "\\")
    room[2] = UInt8(ascii: "x")
    var target = room + 3
    for byte in value {
      target[0] = Self.digit(byte >> 4)
      target[1] = Self.digit(byte & 15)
      target += 2
    }
    output.commit(value.count * 2 + 3)
  }

  @inline(__always)
  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ value &- 10
  }

  func text(_ utf8: BorrowedBytes, _ demand: PostgreSQLDemand) {
    if demand == .bytes { return encodedBytes(utf8) }
    guard let base = utf8.baseAddress else { return }
    var start = 0
    while true {
      let next = special.firstOffset(in: base, from: start, to: utf8.count)
      output.append(BorrowedBytes(start: base + start, count: next - start))
      guard next < utf8.count else { return }
      output.append(UInt8(ascii: "\\"))
      output.append(Self.escape(base[next]))
      start = next + 1
    }
  }

  /// Text for a column of bytes.
  private func encodedBytes(_ utf8: BorrowedBytes) {
    guard let bytesEncoding else { return bytes(utf8) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, utf8.count)) { decoded in
      guard let target = decoded.baseAddress else { return }
      switch bytesEncoding.decode(utf8, into: target) {
      case .bytes(let count): bytes(BorrowedBytes(start: target, count: count))
      case .text: bytes(utf8)
      case .malformed:
        // Which the server refuses in the words it has for it.
        output.append("\\\\x")
        text(utf8, .other)
      }
    }
  }

  private static func escape(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0D: UInt8(ascii: "r")
    default: byte
    }
  }
}
