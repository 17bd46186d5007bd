import Platform

/// Finds where a value ends whose bytes arrive bit by bit, without parsing it: what it finds is a
/// value once `JSONScanner` has read it.
public struct JSONFrame: Sendable {
  /// Bytes of the value looked at so far.
  private var offset = 0
  private var depth = 0
  private var isString = false

  public init() {}

  /// Where the value ends that begins at the first of these bytes; nil when more are needed. Call it
  /// again with the same bytes and those behind them.
  ///
  /// - Parameter isEnd: whether no more bytes will come, which ends a number.
  public mutating func end(in bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> Int? {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
    switch base[0] {
    case UInt8(ascii: "{"):
      return endOfContainer(base, bytes.count, UInt8(ascii: "{"), UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      return endOfContainer(base, bytes.count, UInt8(ascii: "["), UInt8(ascii: "]"))
    case UInt8(ascii: "\""): return endOfString(base, bytes.count)
    default:
      // Nothing that begins so is a value, and no further byte changes that.
      if Self.endsWord(base[0]) { return 1 }
      offset = max(offset, 1)
      while offset < bytes.count, !Self.endsWord(base[offset]) { offset &+= 1 }
      return offset < bytes.count || isEnd ? offset : nil
    }
  }

  /// The bracket that closes the first byte. Brackets of the other kind are not counted: a value in
  /// which they do not match is refused when it is read.
  private mutating func endOfContainer(
    _ base: UnsafePointer<UInt8>, _ count: Int, _ open: UInt8, _ close: UInt8
  ) -> Int? {
    let quote = UInt8(ascii: "\"")
    let structure = ByteFinder(quote, open, close, quote)
    let inString = ByteFinder(quote, UInt8(ascii: "\\"), quote, quote)
    while true {
      let finder = isString ? inString : structure
      let found = finder.firstOffset(in: base, from: min(offset, count), to: count)
      guard found < count else {
        offset = max(offset, count)
        return nil
      }
      offset = found &+ 1
      switch base[found] {
      case quote: isString.toggle()
      case open: depth &+= 1
      case close:
        depth &-= 1
        if depth == 0 { return offset }
      default: offset &+= 1  // The escaped character is skipped with its backslash.
      }
    }
  }

  private mutating func endOfString(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int? {
    let quote = UInt8(ascii: "\"")
    let finder = ByteFinder(quote, UInt8(ascii: "\\"), quote, quote)
    offset = max(offset, 1)
    while true {
      let found = finder.firstOffset(in: base, from: min(offset, count), to: count)
      guard found < count else {
        offset = max(offset, count)
        return nil
      }
      offset = found &+ 1
      if base[found] == quote { return offset }
      offset &+= 1
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
      UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
