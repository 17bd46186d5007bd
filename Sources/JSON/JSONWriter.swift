import Platform

extension OutputBuffer {
  /// Appends a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
  public func appendJSONString(_ utf8: UnsafeBufferPointer<UInt8>) {
    append(UInt8(ascii: "\""))
    appendJSONEscaped(utf8)
    append(UInt8(ascii: "\""))
  }

  public func appendJSONString(_ text: String) {
    var text = text
    text.withUTF8 { appendJSONString($0) }
  }

  /// Appends a string's content: what must be escaped is, all else goes out in whole runs.
  private func appendJSONEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
    guard let base = utf8.baseAddress else { return }
    var runStart = 0
    var offset = 0
    while true {
      offset = plainRunEnd(base, from: offset, to: utf8.count)
      guard offset < utf8.count else { break }
      let length = base[offset] < 0x80 ? 0 : UTF8Text.sequenceLength(utf8, at: offset)
      if length > 0 {
        offset &+= length
        continue
      }
      append(UnsafeBufferPointer(start: base + runStart, count: offset - runStart))
      appendJSONEscape(base[offset])
      offset &+= 1
      runStart = offset
    }
    append(UnsafeBufferPointer(start: base + runStart, count: utf8.count - runStart))
  }

  private func plainRunEnd(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var offset = start
    while offset &+ 8 <= end {
      let marks = JSONScanner.specialBytes(ByteFinder.word(base + offset))
      if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
      offset &+= 8
    }
    while offset < end, JSONScanner.isPlain(base[offset]) { offset &+= 1 }
    return offset
  }

  /// Appends the escape of a control character, quote or backslash; U+FFFD for any other byte.
  private func appendJSONEscape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x08: append("\\b")
    case 0x09: append("\\t")
    case 0x0A: append("\\n")
    case 0x0C: append("\\f")
    case 0x0D: append("\\r")
    case ..<0x20:
      append(byte < 0x10 ? "\\u000" : "\\u001")
      let digit = byte & 0xF
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    default: append("\u{FFFD}")
    }
  }

  /// Appends a number that reads back the same; NaN and the infinities, which JSON lacks, as the
  /// strings "NaN", "Infinity" and "-Infinity".
  public func appendJSON(_ value: Double) {
    if value.isFinite {
      append(value)
    } else if value.isNaN {
      append("\"NaN\"")
    } else {
      append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    }
  }

  /// Appends a document, compact or indented by two spaces.
  public func appendJSON(_ value: JSONValue, pretty: Bool = false) {
    appendJSON(value, indent: pretty ? 0 : nil)
  }

  /// `indent` is the level of the value's own line; nil for compact.
  private func appendJSON(_ value: JSONValue, indent: Int?) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .number(let number): append(number.text)
    case .string(let text): appendJSONString(text)
    case .array(let elements):
      appendJSONList(elements, open: "[", close: "]", indent: indent) { element, indent in
        appendJSON(element, indent: indent)
      }
    case .object(let object):
      appendJSONList(object.members, open: "{", close: "}", indent: indent) { member, indent in
        appendJSONString(member.key)
        append(indent == nil ? ":" : ": ")
        appendJSON(member.value, indent: indent)
      }
    }
  }

  private func appendJSONList<Element>(
    _ elements: [Element], open: StaticString, close: StaticString, indent: Int?,
    _ appendElement: (Element, Int?) -> Void
  ) {
    append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendLineBreak(indent: indent.map { $0 + 1 })
      appendElement(element, indent.map { $0 + 1 })
    }
    if !elements.isEmpty { appendLineBreak(indent: indent) }
    append(close)
  }

  private func appendLineBreak(indent: Int?) {
    guard let indent else { return }
    append(UInt8(ascii: "\n"))
    for _ in 0..<indent { append("  ") }
  }
}
