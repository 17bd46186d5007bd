/// Percent-encoding of URLs (RFC 3986, section 2.1).
public enum PercentEncoding {
  /// The decoded text; nil when a `%` is not followed by two hexadecimal digits, when the result is
  /// not UTF-8, or when it holds a NUL, which no C library takes.
  public static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexDigit),
        let low = rest.popFirst().flatMap(hexDigit)
      else { return nil }
      decoded.append(high << 4 | low)
    }
    guard !decoded.contains(0) else { return nil }
    return String(validating: decoded, as: UTF8.self)
  }

  /// The decoded bytes; a `%` without two hexadecimal digits stands for itself.
  static func decodeLeniently(_ bytes: [UInt8]) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var offset = 0
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "%"), offset + 2 < bytes.count,
        let high = hexDigit(bytes[offset + 1]), let low = hexDigit(bytes[offset + 2])
      {
        decoded.append(high << 4 | low)
        offset += 3
      } else {
        decoded.append(bytes[offset])
        offset += 1
      }
    }
    return decoded
  }

  static func encode(_ text: String, allowed: StaticString) -> String {
    encode(text.utf8, allowed: allowed)
  }

  /// The bytes as text, with every one encoded that is neither unreserved nor among `allowed`.
  static func encode(_ bytes: some Sequence<UInt8>, allowed: StaticString) -> String {
    let extra = UnsafeBufferPointer(start: allowed.utf8Start, count: allowed.utf8CodeUnitCount)
    var encoded: [UInt8] = []
    for byte in bytes {
      if isUnreserved(byte) || extra.contains(byte) {
        encoded.append(byte)
      } else {
        encoded += "%\(hexadecimalPair(byte))".utf8
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Two digits in capitals.
  static func hexadecimalPair(_ byte: UInt8) -> String {
    String(decoding: [hexadecimal(byte >> 4), hexadecimal(byte & 15)], as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
  }
}
