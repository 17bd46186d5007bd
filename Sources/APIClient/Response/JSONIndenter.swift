import Platform

/// Lays JSON out in lines, coloured, while it streams: nothing of the document is kept.
///
/// What is no JSON goes through with odd line breaks and no harm. What is not printable is escaped:
/// in strings as JSON does, elsewhere as in any text.
public struct JSONIndenter {
  private enum State { case between, string, escape, word }

  private let output: OutputBuffer
  private let usesColor: Bool
  private var state = State.between
  private var depth = 0
  /// Whether a container was opened and nothing stands in it yet.
  private var isFresh = false
  /// Whether the next string is a member's name; one bit per level of nesting, 1 in an object.
  private var levels: [Bool] = []
  private var expectsName = false
  private var hasContent = false

  public init(_ output: OutputBuffer, usesColor: Bool) {
    self.output = output
    self.usesColor = usesColor
  }

  /// Takes the next piece of the text, which ends with a whole character.
  public mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
    var offset = 0
    while offset < text.count {
      offset += take(UnsafeBufferPointer(rebasing: text[offset...]))
    }
  }

  /// Ends the last line.
  public mutating func finish() {
    endWord()
    if hasContent { output.append("\n") }
  }

  /// Takes the beginning of a text that is not empty; returns how many bytes of it.
  private mutating func take(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    switch state {
    case .between: return takeToken(text[0])
    case .word:
      let end = text.firstIndex(where: Self.endsWord) ?? text.count
      PrintableText.append(UnsafeBufferPointer(rebasing: text[..<end]), to: output)
      if end < text.count { endWord() }
      return end
    case .string: return takeString(text)
    case .escape:
      state = .string
      guard text[0] == UInt8(ascii: "\"") || text[0] == UInt8(ascii: "\\") else { return 0 }
      output.append(text[0])
      return 1
    }
  }

  /// Takes a string up to its end, or a backslash in it.
  private mutating func takeString(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    let end = text.firstIndex { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    PrintableText.append(
      UnsafeBufferPointer(rebasing: text[..<(end ?? text.count)]), to: output,
      escape: PrintableText.appendJSONEscape)
    guard let end else { return text.count }
    output.append(text[end])
    if text[end] == UInt8(ascii: "\"") {
      color("\u{1B}[0m")
      state = .between
    } else {
      state = .escape
    }
    return end + 1
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "}"),
      UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""):
      true
    default: false
    }
  }

  /// Takes a byte between words and strings; 0 when a word begins with it.
  private mutating func takeToken(_ byte: UInt8) -> Int {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: break
    case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
    case UInt8(ascii: "}"), UInt8(ascii: "]"): close(byte)
    case UInt8(ascii: ","):
      output.append(byte)
      breakLine()
      expectsName = levels.last ?? false
    case UInt8(ascii: ":"):
      output.append(": ")
      expectsName = false
    case UInt8(ascii: "\""):
      beginValue()
      color(expectsName ? "\u{1B}[34m" : "\u{1B}[32m")
      output.append(byte)
      state = .string
    default:
      beginValue()
      color("\u{1B}[36m")
      state = .word
      return 0
    }
    return 1
  }

  private mutating func open(_ byte: UInt8) {
    beginValue()
    output.append(byte)
    depth += 1
    levels.append(byte == UInt8(ascii: "{"))
    expectsName = byte == UInt8(ascii: "{")
    isFresh = true
  }

  private mutating func close(_ byte: UInt8) {
    depth = max(0, depth - 1)
    _ = levels.popLast()
    if !isFresh { breakLine() }
    isFresh = false
    output.append(byte)
  }

  private mutating func beginValue() {
    // Documents one behind the other, as in NDJSON.
    if hasContent, depth == 0, !isFresh { output.append("\n") }
    if isFresh { breakLine() }
    isFresh = false
    hasContent = true
  }

  private mutating func endWord() {
    guard state == .word else { return }
    color("\u{1B}[0m")
    state = .between
  }

  private func breakLine() {
    output.append("\n")
    for _ in 0..<depth { output.append("  ") }
  }

  private func color(_ sequence: StaticString) {
    if usesColor { output.append(sequence) }
  }
}
