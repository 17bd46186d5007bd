/// How a format of records writes bytes as text.
public enum BytesEncoding: Equatable, Sendable {
  /// `\x` and two hexadecimal digits a byte, PostgreSQL's form of bytea; other text is text.
  case hex
  /// Base64 with padding (RFC 4648, section 4).
  case base64

  /// What a text turned out to be.
  public enum Decoded: Equatable, Sendable {
    /// That many bytes.
    case bytes(count: Int)
    /// Text that does not claim to be bytes.
    case text
    case malformed
  }

  /// Decodes into `target`, which has room for as many bytes as the text has.
  public func decode(_ text: BorrowedBytes, into target: UnsafeMutablePointer<UInt8>) -> Decoded {
    switch self {
    case .hex: Self.decodeHex(text, into: target)
    case .base64: Self.decodeBase64(text, into: target)
    }
  }

  /// Whether the text is bytes by its looks.
  public func isEncoded(_ text: BorrowedBytes) -> Bool {
    guard self == .hex, Self.hasHexPrefix(text), text.count % 2 == 0 else { return false }
    return text.dropFirst(2).allSatisfy { Self.hexDigit($0) != nil }
  }

  private static func hasHexPrefix(_ text: BorrowedBytes) -> Bool {
    text.count >= 2 && text[0] == UInt8(ascii: "\\") && text[1] == UInt8(ascii: "x")
  }

  private static func decodeHex(
    _ text: BorrowedBytes, into target: UnsafeMutablePointer<UInt8>
  ) -> Decoded {
    guard hasHexPrefix(text) else { return .text }
    guard text.count % 2 == 0 else { return .malformed }
    var count = 0
    for index in stride(from: 2, to: text.count, by: 2) {
      guard let high = hexDigit(text[index]), let low = hexDigit(text[index + 1]) else {
        return .malformed
      }
      target[count] = high << 4 | low
      count += 1
    }
    return .bytes(count: count)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func decodeBase64(
    _ text: BorrowedBytes, into target: UnsafeMutablePointer<UInt8>
  ) -> Decoded {
    guard text.count % 4 == 0 else { return .malformed }
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    var group: UInt32 = 0
    var digits = 0
    var count = 0
    for byte in text.dropLast(padding) {
      guard let digit = base64Digit(byte) else { return .malformed }
      group = group << 6 | UInt32(digit)
      digits += 1
      guard digits == 4 else { continue }
      for shift: UInt32 in [16, 8, 0] {
        target[count] = UInt8(truncatingIfNeeded: group >> shift)
        count += 1
      }
      group = 0
      digits = 0
    }
    // Two digits hold one byte and three hold two, with zero bits behind.
    switch digits {
    case 2 where group & 0xF == 0: target[count] = UInt8(truncatingIfNeeded: group >> 4)
    case 3 where group & 3 == 0:
      target[count] = UInt8(truncatingIfNeeded: group >> 10)
      target[count + 1] = UInt8(truncatingIfNeeded: group >> 2)
    case 0: return .bytes(count: count)
    default: return .malformed
    }
    return .bytes(count: count + digits - 1)
  }

  private static func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
