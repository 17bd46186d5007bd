import Platform

/// Lays JSON out in lines, coloured, while it streams: nothing of the document is kept.
///
/// What is no JSON goes through with odd line breaks and no harm.
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

  public mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    for byte in bytes { take(byte) }
  }

  /// Ends the last line.
  public mutating func finish() {
    endWord()
    if hasContent { output.append("\n") }
  }

  private mutating func take(_ byte: UInt8) {
    switch state {
    case .escape:
      output.append(byte)
      state = .string
      return
    case .string:
      output.append(byte)
      if byte == UInt8(ascii: "\\") { state = .escape }
      if byte == UInt8(ascii: "\"") {
        color("\u{1B}[0m")
        state = .between
      }
      return
    case .word, .between: break
    }
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: endWord()
    case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
    case UInt8(ascii: "}"), UInt8(ascii: "]"): close(byte)
    case UInt8(ascii: ","):
      endWord()
      output.append(byte)
      breakLine()
      expectsName = levels.last ?? false
    case UInt8(ascii: ":"):
      endWord()
      output.append(": ")
      expectsName = false
    case UInt8(ascii: "\""):
      beginValue()
      color(expectsName ? "\u{1B}[34m" : "\u{1B}[32m")
      output.append(byte)
      state = .string
    default:
      if state != .word {
        beginValue()
        color("\u{1B}[36m")
        state = .word
      }
      output.append(byte)
    }
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
    endWord()
    depth = max(0, depth - 1)
    _ = levels.popLast()
    if !isFresh { breakLine() }
    isFresh = false
    output.append(byte)
  }

  private mutating func beginValue() {
    // Documents one behind the other, as in NDJSON.
    if hasContent, depth == 0, state == .between, !isFresh { output.append("\n") }
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
