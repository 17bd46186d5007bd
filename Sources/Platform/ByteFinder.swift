/// Finds the first of up to four bytes in a run of bytes, eight at a time.
///
/// A word's bytes are compared at once: `x ^ pattern` has a zero byte where the byte stands, and
/// `(y - 0x01…) & ~y & 0x80…` marks the zero bytes of y; its lowest mark is exact.
@frozen public struct ByteFinder: Sendable {
  @usableFromInline let first: UInt64
  @usableFromInline let second: UInt64
  @usableFromInline let third: UInt64
  @usableFromInline let fourth: UInt64

  @inlinable public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
    self.first = ByteFinder.repeated(first)
    self.second = ByteFinder.repeated(second)
    self.third = ByteFinder.repeated(third)
    self.fourth = ByteFinder.repeated(fourth)
  }

  /// Eight times the byte.
  @inlinable @inline(__always)
  public static func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// The high bit of each zero byte of `word`; bits above the lowest one may be wrong.
  @inlinable @inline(__always)
  public static func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  /// The word at `bytes`, its first byte lowest.
  @inlinable @inline(__always)
  public static func word(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
  }

  /// The offset of the first of the four bytes at or after `start`; `end` when there is none.
  @inlinable @inline(__always)
  public func firstOffset(
    in bytes: UnsafePointer<UInt8>, from start: Int, to end: Int
  ) -> Int {
    var offset = start
    while offset &+ 8 <= end {
      let word = ByteFinder.word(bytes + offset)
      let marks =
        ByteFinder.zeroBytes(word ^ first) | ByteFinder.zeroBytes(word ^ second)
        | ByteFinder.zeroBytes(word ^ third) | ByteFinder.zeroBytes(word ^ fourth)
      if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < end {
      let pattern = ByteFinder.repeated(bytes[offset])
      if pattern == first || pattern == second || pattern == third || pattern == fourth {
        return offset
      }
      offset &+= 1
    }
    return end
  }
}
