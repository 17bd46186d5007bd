import Platform

/// Reads the tokens of a JSON text (RFC 8259) from borrowed bytes, without allocating.
///
/// Strict: UTF-8 must be well-formed, a `\u` escape of half a surrogate pair is refused (it stands
/// for no character), and a byte order mark is not part of the text: readers of files skip it.
public struct JSONScanner {
  public static let defaultMaximumDepth = 512

  /// A string's content: the bytes between its quotes.
  public struct StringToken: Equatable, Sendable {
    public var range: Range<Int>
    /// Whether `unescape` must be applied to the content.
    public var hasEscapes: Bool
  }

  /// A number's bytes.
  public struct NumberToken: Equatable, Sendable {
    public var range: Range<Int>
    /// Whether it has neither fraction nor exponent.
    public var isInteger: Bool
  }

  public let bytes: UnsafeBufferPointer<UInt8>
  public private(set) var position = 0
  let maximumDepth: Int

  public init(
    _ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int = JSONScanner.defaultMaximumDepth
  ) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  public var isAtEnd: Bool { position == bytes.count }

  /// The byte at the position; 0, which no JSON text has between tokens, at the end.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  public mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
      default: return
      }
    }
  }

  /// Skips whitespace and returns the byte a token begins with, unread; 0 at the end.
  public mutating func peekToken() -> UInt8 {
    skipWhitespace()
    return current
  }

  /// Skips whitespace and reads `byte` if it comes next.
  public mutating func take(_ byte: UInt8) -> Bool {
    guard peekToken() == byte, !isAtEnd else { return false }
    position &+= 1
    return true
  }

  /// Throws unless only whitespace is left.
  public mutating func expectEnd() throws(JSONError) {
    skipWhitespace()
    if !isAtEnd { throw unexpected("the end of the text") }
  }

  // MARK: Strings

  /// Reads a string from its opening to its closing quote.
  public mutating func scanString() throws(JSONError) -> StringToken {
    guard current == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let opening = position
    position &+= 1
    var hasEscapes = false
    while true {
      skipPlainCharacters()
      guard position < bytes.count else {
        throw error("the string is not closed", at: opening)
      }
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position &+= 1
        return StringToken(range: opening + 1..<position - 1, hasEscapes: hasEscapes)
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try scanEscape()
      } else if byte < 0x20 {
        throw error("control character \(hexByte(byte)) must be escaped in a string")
      } else {
        let length = UTF8Text.sequenceLength(bytes, at: position)
        if length == 0 { throw error("invalid UTF-8 byte \(hexByte(byte))") }
        position &+= length
      }
    }
  }

  /// Skips ASCII that is neither quote, backslash nor control character.
  private mutating func skipPlainCharacters() {
    guard let base = bytes.baseAddress else { return }
    while position &+ 8 <= bytes.count {
      let word = ByteFinder.word(base + position)
      let marks = JSONScanner.specialBytes(word)
      if marks != 0 {
        position &+= marks.trailingZeroBitCount &>> 3
        return
      }
      position &+= 8
    }
    while position < bytes.count, JSONScanner.isPlain(bytes[position]) { position &+= 1 }
  }

  /// The high bit of each byte that is not plain in a string; bits above the lowest may be wrong.
  @inline(__always)
  static func specialBytes(_ word: UInt64) -> UInt64 {
    // `x - 0x20…` borrows into the high bit where a byte is below 0x20; bytes above 0x7F are marked
    // by themselves.
    let control = (word &- 0x2020_2020_2020_2020) & ~word
    let quote = ByteFinder.zeroBytes(word ^ ByteFinder.repeated(UInt8(ascii: "\"")))
    let backslash = ByteFinder.zeroBytes(word ^ ByteFinder.repeated(UInt8(ascii: "\\")))
    return (control | quote | backslash | word) & 0x8080_8080_8080_8080
  }

  @inline(__always)
  static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private mutating func scanEscape() throws(JSONError) {
    let start = position
    position &+= 1
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position &+= 1
    case UInt8(ascii: "u"):
      position &+= 1
      let unit = try scanHexDigits(of: start)
      if unit & 0xFC00 == 0xDC00 { throw error("lone surrogate in \\u escape", at: start) }
      if unit & 0xFC00 == 0xD800 { try scanLowSurrogate(of: start) }
    default:
      throw error("unknown escape in a string", at: start)
    }
  }

  private mutating func scanLowSurrogate(of start: Int) throws(JSONError) {
    guard current == UInt8(ascii: "\\"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw error("lone surrogate in \\u escape", at: start) }
    position &+= 2
    if try scanHexDigits(of: start) & 0xFC00 != 0xDC00 {
      throw error("lone surrogate in \\u escape", at: start)
    }
  }

  private mutating func scanHexDigits(of start: Int) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexDigitValue(current) else {
        throw error("a \\u escape needs four hexadecimal digits", at: start)
      }
      unit = unit << 4 | digit
      position &+= 1
    }
    return unit
  }

  /// Writes a scanned string's content, its escapes resolved, and returns the count of bytes
  /// written: never more than the content has.
  public static func unescape(
    _ content: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var from = 0
    var to = 0
    while from < content.count {
      guard content[from] == UInt8(ascii: "\\") else {
        target[to] = content[from]
        from &+= 1
        to &+= 1
        continue
      }
      let kind = content[from + 1]
      from &+= 2
      if kind == UInt8(ascii: "u") {
        to &+= encode(unescapedScalar(content, &from), into: target + to)
      } else {
        target[to] = simpleEscape(kind)
        to &+= 1
      }
    }
    return to
  }

  private static func simpleEscape(_ kind: UInt8) -> UInt8 {
    switch kind {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: kind
    }
  }

  /// The scalar of the `\u` escape whose digits begin at `from`, surrogate pairs joined.
  private static func unescapedScalar(
    _ content: UnsafeBufferPointer<UInt8>, _ from: inout Int
  ) -> UInt32 {
    func unit(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 << 4 | (hexDigitValue(content[offset + $1]) ?? 0) }
    }
    let first = unit(at: from)
    from &+= 4
    guard first & 0xFC00 == 0xD800 else { return first }
    let second = unit(at: from + 2)
    from &+= 6
    return 0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF)
  }

  private static func encode(_ scalar: UInt32, into target: UnsafeMutablePointer<UInt8>) -> Int {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (scalar >> shift & 0x3F)) }
    switch scalar {
    case ..<0x80:
      target[0] = UInt8(scalar)
      return 1
    case ..<0x800:
      target[0] = UInt8(0xC0 | scalar >> 6)
      target[1] = tail(0)
      return 2
    case ..<0x10000:
      target[0] = UInt8(0xE0 | scalar >> 12)
      target[1] = tail(6)
      target[2] = tail(0)
      return 3
    default:
      target[0] = UInt8(0xF0 | scalar >> 18)
      target[1] = tail(12)
      target[2] = tail(6)
      target[3] = tail(0)
      return 4
    }
  }

  // MARK: Numbers and literals

  /// Reads a number: `-`? integer fraction? exponent?.
  public mutating func scanNumber() throws(JSONError) -> NumberToken {
    let start = position
    var isInteger = true
    if current == UInt8(ascii: "-") { position &+= 1 }
    if current == UInt8(ascii: "0") {
      position &+= 1
      if isDigit(current) { throw error("a number must not begin with 0", at: start) }
    } else {
      try scanDigits(of: "a number")
    }
    if current == UInt8(ascii: ".") {
      isInteger = false
      position &+= 1
      try scanDigits(of: "a digit after the decimal point")
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position &+= 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position &+= 1 }
      try scanDigits(of: "a digit in the exponent")
    }
    return NumberToken(range: start..<position, isInteger: isInteger)
  }

  private mutating func scanDigits(of what: String) throws(JSONError) {
    guard isDigit(current) else { throw unexpected(what) }
    while isDigit(current) { position &+= 1 }
  }

  /// Reads `true`, `false` or `null`; nil stands for `null`.
  public mutating func scanLiteral() throws(JSONError) -> Bool? {
    if takeWord("true") { return true }
    if takeWord("false") { return false }
    if takeWord("null") { return nil }
    throw unexpected("a value")
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
    position &+= count
    return true
  }

  // MARK: Whole values

  /// Reads one value of any kind and returns its bytes; `depth` counts the arrays and objects
  /// around it.
  @discardableResult
  public mutating func skipValue(depth: Int = 0) throws(JSONError) -> Range<Int> {
    skipWhitespace()
    let start = position
    switch current {
    case UInt8(ascii: "{"): try skipObject(depth: depth)
    case UInt8(ascii: "["): try skipArray(depth: depth)
    case UInt8(ascii: "\""): _ = try scanString()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try scanNumber()
    default: _ = try scanLiteral()
    }
    return start..<position
  }

  private mutating func skipObject(depth: Int) throws(JSONError) {
    try enter(depth)
    if take(UInt8(ascii: "}")) { return }
    repeat {
      skipWhitespace()
      _ = try scanString()
      try expectColon()
      try skipValue(depth: depth + 1)
    } while try continues(closing: UInt8(ascii: "}"))
  }

  private mutating func skipArray(depth: Int) throws(JSONError) {
    try enter(depth)
    if take(UInt8(ascii: "]")) { return }
    repeat { try skipValue(depth: depth + 1) } while try continues(closing: UInt8(ascii: "]"))
  }

  /// Reads the opening bracket of an array or object that has `depth` others around it.
  public mutating func enter(_ depth: Int) throws(JSONError) {
    if depth >= maximumDepth { throw error("nested deeper than \(maximumDepth)") }
    position &+= 1
  }

  /// Reads the colon after a key.
  public mutating func expectColon() throws(JSONError) {
    if !take(UInt8(ascii: ":")) { throw unexpected("':'") }
  }

  /// Reads what follows an element: true for a comma, false for the closing bracket.
  public mutating func continues(closing: UInt8) throws(JSONError) -> Bool {
    if take(UInt8(ascii: ",")) { return true }
    if take(closing) { return false }
    throw unexpected("',' or '\(Character(UnicodeScalar(closing)))'")
  }

  // MARK: Errors

  /// An error at the position, or at `offset`.
  public func error(_ message: String, at offset: Int? = nil) -> JSONError {
    let offset = offset ?? position
    let before = UnsafeBufferPointer(rebasing: bytes[..<offset])
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONError(
      message: message, offset: offset, line: 1 + before.count { $0 == 0x0A },
      column: 1 + UTF8Text.scalarCount(UnsafeBufferPointer(rebasing: before[lineStart...])))
  }

  private func unexpected(_ expected: String) -> JSONError {
    error("expected \(expected) but found \(foundText)")
  }

  /// What stands at the position, for messages.
  private var foundText: String {
    guard !isAtEnd else { return "the end of the text" }
    let length = UTF8Text.sequenceLength(bytes, at: position)
    if length == 0 || bytes[position] < 0x20 || bytes[position] == 0x7F {
      return "byte \(hexByte(bytes[position]))"
    }
    return "'\(String(decoding: bytes[position..<position + length], as: UTF8.self))'"
  }
}

@inline(__always)
private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

/// The value of a hexadecimal digit.
func hexDigitValue(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}

/// `0x0A`, for messages.
private func hexByte(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return byte < 0x10 ? "0x0\(digits)" : "0x\(digits)"
}
