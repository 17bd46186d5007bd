/// Well-formed UTF-8 (Unicode, table 3-7; RFC 3629): no overlong forms, no surrogates.
public enum UTF8Text {
  /// The length, 1 to 4, of the well-formed sequence at `offset`; 0 when there is none.
  @inlinable
  public static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Int {
    let left = bytes.count &- offset
    guard left > 0 else { return 0 }
    let lead = bytes[offset]
    if lead < 0x80 { return 1 }
    guard lead >= 0xC2, lead <= 0xF4, left >= 2 else { return 0 }
    let second = bytes[offset &+ 1]
    if lead < 0xE0 { return isContinuation(second) ? 2 : 0 }
    guard left >= 3, isContinuation(bytes[offset &+ 2]) else { return 0 }
    if lead < 0xF0 {
      let low: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
      let high: UInt8 = lead == 0xED ? 0x9F : 0xBF
      return low <= second && second <= high ? 3 : 0
    }
    guard left >= 4, isContinuation(bytes[offset &+ 3]) else { return 0 }
    let low: UInt8 = lead == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
    return low <= second && second <= high ? 4 : 0
  }

  @inlinable @inline(__always)
  public static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  /// The offset of the first byte that is not ASCII; the count when all are.
  @inlinable
  public static func asciiPrefixLength(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var offset = start
    while offset &+ 16 <= bytes.count {
      let words = ByteFinder.word(base + offset) | ByteFinder.word(base + offset + 8)
      if words & 0x8080_8080_8080_8080 != 0 { break }
      offset &+= 16
    }
    while offset < bytes.count, base[offset] < 0x80 { offset &+= 1 }
    return offset
  }

  /// The offset of the first byte that belongs to no well-formed sequence; nil when all do.
  public static func firstInvalidOffset(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var offset = asciiPrefixLength(bytes)
    while offset < bytes.count {
      let length = sequenceLength(bytes, at: offset)
      if length == 0 { return offset }
      offset &+= length
      if length == 1 { offset = asciiPrefixLength(bytes, from: offset) }
    }
    return nil
  }

  /// Where the beginning of a sequence stands whose rest is missing at the end; the count when there is
  /// none.
  public static func endOfWholeCharacters(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if isContinuation(byte) { continue }
      let wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return wanted > length ? bytes.count - length : bytes.count
    }
    return bytes.count
  }

  /// The scalar value of the well-formed sequence of `length` bytes at `offset`.
  @inlinable
  public static func scalar(
    _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, length: Int
  ) -> UInt32 {
    let lead = UInt32(bytes[offset])
    if length == 1 { return lead }
    var value = lead & (0x7F >> UInt32(length))
    for index in 1..<length { value = value << 6 | UInt32(bytes[offset + index] & 0x3F) }
    return value
  }

  /// Characters (scalars) in `bytes`; a byte outside any sequence counts as one.
  public static func scalarCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in bytes where !isContinuation(byte) { count += 1 }
    return count
  }
}
