/// Turns a JSON text into a `JSONValue`, or only tells whether it is one.
public enum JSONParser {
  /// Parses one document; whitespace may stand around it.
  public static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>,
    maximumDepth: Int = JSONScanner.defaultMaximumDepth
  ) throws(JSONError) -> JSONValue {
    var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
    let value = try parseValue(&scanner, depth: 0)
    try scanner.expectEnd()
    return value
  }

  /// Parses one document held in a string.
  public static func parse(_ text: String) throws(JSONError) -> JSONValue {
    // withUTF8 rethrows untyped errors, so the outcome crosses it as a Result.
    var text = text
    return try text.withUTF8 { bytes in
      Result { () throws(JSONError) in try parse(bytes) }
    }.get()
  }

  /// Parses one document held in an array.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    try bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(JSONError) in try parse(bytes) }
    }.get()
  }

  /// Throws unless the bytes are one document; allocates nothing.
  public static func validate(
    _ bytes: UnsafeBufferPointer<UInt8>,
    maximumDepth: Int = JSONScanner.defaultMaximumDepth
  ) throws(JSONError) {
    var scanner = JSONScanner(bytes, maximumDepth: maximumDepth)
    try scanner.skipValue()
    try scanner.expectEnd()
  }

  /// Whether the bytes are one document.
  public static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    do throws(JSONError) {
      try validate(bytes)
      return true
    } catch {
      return false
    }
  }

  private static func parseValue(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONError) -> JSONValue {
    switch scanner.peekToken() {
    case UInt8(ascii: "{"):
      return .object(try parseObject(&scanner, depth: depth))
    case UInt8(ascii: "["):
      return .array(try parseArray(&scanner, depth: depth))
    case UInt8(ascii: "\""):
      return .string(scanner.text(try scanner.scanString()))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let range = try scanner.scanNumber().range
      let text = String(decoding: scanner.bytes[range], as: UTF8.self)
      return .number(JSONNumber(validText: text))
    default:
      return try scanner.scanLiteral().map { .bool($0) } ?? .null
    }
  }

  private static func parseObject(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONError) -> JSONObject {
    var object = JSONObject()
    try scanner.enter(depth)
    if scanner.take(UInt8(ascii: "}")) { return object }
    repeat {
      scanner.skipWhitespace()
      let key = scanner.text(try scanner.scanString())
      try scanner.expectColon()
      let value = try parseValue(&scanner, depth: depth + 1)
      object.members.append(JSONObject.Member(key: key, value: value))
    } while try scanner.continues(closing: UInt8(ascii: "}"))
    return object
  }

  private static func parseArray(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    try scanner.enter(depth)
    if scanner.take(UInt8(ascii: "]")) { return elements }
    repeat {
      elements.append(try parseValue(&scanner, depth: depth + 1))
    } while try scanner.continues(closing: UInt8(ascii: "]"))
    return elements
  }
}

extension JSONScanner {
  /// A scanned string as text.
  public func text(_ token: StringToken) -> String {
    let content = UnsafeBufferPointer(rebasing: bytes[token.range])
    guard token.hasEscapes else { return String(decoding: content, as: UTF8.self) }
    return String(unsafeUninitializedCapacity: content.count) { target in
      guard let base = target.baseAddress else { return 0 }
      return JSONScanner.unescape(content, into: base)
    }
  }
}
