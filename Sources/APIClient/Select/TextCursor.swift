import JSON

/// Reads a short text that a person typed, byte by byte.
struct TextCursor {
  let bytes: [UInt8]
  var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position >= bytes.count }

  /// The next byte, unread; 0 at the end.
  var current: UInt8 { byte(0) }

  /// The byte so far behind the next one.
  func byte(_ distance: Int) -> UInt8 {
    position + distance < bytes.count ? bytes[position + distance] : 0
  }

  mutating func skipSpaces() {
    while current == 0x20 || current == 0x09 { position += 1 }
  }

  /// Reads `text` if it comes next.
  mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

  func fault(_ message: String, at offset: Int? = nil) -> SyntaxFault {
    SyntaxFault(message, at: offset ?? position)
  }

  /// What stands here, for messages: `'x'`, or the end.
  var found: String {
    guard !isAtEnd else { return "the end" }
    let rest = String(decoding: bytes[position...].prefix(8), as: UTF8.self)
    return rest.first.map { "'\($0)'" } ?? "the end"
  }

  /// A text within quotes: double ones as in JSON; in single ones only `\'` and `\\` stand for another
  /// character.
  mutating func takeQuoted() throws(SyntaxFault) -> String {
    let start = position
    guard current == UInt8(ascii: "'") else { return try takeJSONString() }
    position += 1
    var content: [UInt8] = []
    while !isAtEnd {
      let byte = current
      position += 1
      if byte == UInt8(ascii: "'") { return String(decoding: content, as: UTF8.self) }
      let next = current
      if byte == UInt8(ascii: "\\"), next == UInt8(ascii: "'") || next == UInt8(ascii: "\\") {
        content.append(next)
        position += 1
      } else {
        content.append(byte)
      }
    }
    throw fault("the quote is not closed", at: start)
  }

  private mutating func takeJSONString() throws(SyntaxFault) -> String {
    let start = position
    let result = bytes[start...].withUnsafeBufferPointer { bytes in
      Result { () throws(JSONError) in
        var scanner = JSONScanner(bytes)
        let token = try scanner.scanString()
        return (scanner.text(token), scanner.position)
      }
    }
    switch result {
    case .success((let text, let count)):
      position += count
      return text
    case .failure(let error): throw fault(error.message, at: start + error.offset)
    }
  }
}
