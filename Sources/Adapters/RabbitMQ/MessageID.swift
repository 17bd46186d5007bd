import Platform

/// Names for messages, of 26 digits (Crockford's base 32): the time of publishing in milliseconds,
/// then a number that no other process has. They sort by time.
struct MessageID {
  static let length = 26
  private static let timeDigits = 10
  private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Of this process.
  private let prefix = UInt64.random(in: 0..<(1 << 50))
  private var count = UInt64.random(in: 0..<(1 << 20))

  mutating func next(at milliseconds: Int64) -> String {
    count = (count + 1) & ((1 << 30) - 1)
    let (time, prefix, count) = (UInt64(clamping: milliseconds), prefix, count)
    return String(unsafeUninitializedCapacity: Self.length) { buffer in
      Self.write(time, digits: Self.timeDigits, to: buffer, at: 0)
      Self.write(prefix, digits: 10, to: buffer, at: 10)
      Self.write(count, digits: 6, to: buffer, at: 20)
      return Self.length
    }
  }

  private static func write(
    _ number: UInt64, digits count: Int, to buffer: UnsafeMutableBufferPointer<UInt8>,
    at start: Int
  ) {
    var rest = number
    for index in (start..<start + count).reversed() {
      buffer[index] = digits[Int(rest & 31)]
      rest >>= 5
    }
  }

  /// The time in a name, in milliseconds since 1970; nil for a name of another kind.
  static func time(_ id: String) -> Int64? {
    guard id.utf8.count == length else { return nil }
    var time: Int64 = 0
    for (index, byte) in id.utf8.enumerated() {
      guard let digit = digits.firstIndex(of: byte) else { return nil }
      if index < timeDigits { time = time << 5 | Int64(digit) }
    }
    // From 2020 on, and no later than 2100: other names of this form are not read as times.
    return (1_577_836_800_000..<4_102_444_800_000).contains(time) ? time : nil
  }
}
