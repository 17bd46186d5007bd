import Platform

/// Reads `== 1`, `~ ^a`, `in [1,2]`: what stands behind a subject.
struct ComparisonParser {
  var cursor: TextCursor
  /// Whether a condition within brackets ends a word, where otherwise all to the end counts.
  private let isBracketed: Bool

  private enum Symbol {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, matches, matchesNot, contains
    case isIn
  }

  init(_ cursor: TextCursor, isBracketed: Bool) {
    self.cursor = cursor
    self.isBracketed = isBracketed
  }

  /// nil when no comparison follows.
  mutating func parse() throws(SyntaxFault) -> Comparison? {
    let start = cursor.position
    cursor.skipSpaces()
    guard let symbol = takeSymbol() else {
      cursor.position = start
      return nil
    }
    cursor.skipSpaces()
    let place = cursor.position
    let operand = try parseOperand()
    return Comparison(operation: try operation(symbol, operand, at: place), operand: operand)
  }

  private mutating func takeSymbol() -> Symbol? {
    // The longer ones first.
    if cursor.take("==") { return .equal }
    if cursor.take("=~") { return .matches }
    if cursor.take("!=") { return .notEqual }
    if cursor.take("!~") { return .matchesNot }
    if cursor.take("<=") { return .lessOrEqual }
    if cursor.take(">=") { return .greaterOrEqual }
    if cursor.take("<") { return .less }
    if cursor.take(">") { return .greater }
    if cursor.take("=") { return .equal }
    if cursor.take("~") { return .matches }
    if cursor.take("contains ") { return .contains }
    if cursor.take("in ") { return .isIn }
    return nil
  }

  private func operation(
    _ symbol: Symbol, _ operand: Comparison.Operand, at place: Int
  ) throws(SyntaxFault) -> Comparison.Operation {
    switch symbol {
    case .equal: return .equal
    case .notEqual: return .notEqual
    case .less: return .less
    case .lessOrEqual: return .lessOrEqual
    case .greater: return .greater
    case .greaterOrEqual: return .greaterOrEqual
    case .matches: return .matches(try regex(operand, at: place))
    case .matchesNot: return .matchesNot(try regex(operand, at: place))
    case .contains: return .contains
    case .isIn: return .isIn
    }
  }

  private func regex(
    _ operand: Comparison.Operand, at place: Int
  ) throws(SyntaxFault) -> POSIXRegex {
    do throws(POSIXRegex.Fault) {
      return try POSIXRegex(operand.text)
    } catch {
      throw cursor.fault("no regular expression: \(error.message)", at: place)
    }
  }

  private mutating func parseOperand() throws(SyntaxFault) -> Comparison.Operand {
    let isQuoted = cursor.current == UInt8(ascii: "\"") || cursor.current == UInt8(ascii: "'")
    if isQuoted, isBracketed { return Comparison.Operand(quoted: try cursor.takeQuoted()) }
    let word = isBracketed ? try takeBracketedWord() : takeRest()
    guard !word.isEmpty else { throw cursor.fault("expected a value to compare with") }
    guard isQuoted, word.utf8.first == UInt8(ascii: "'") else {
      return Comparison.Operand(word: word)
    }
    var quoted = TextCursor(word)
    let text = try? quoted.takeQuoted()
    return text.flatMap { quoted.isAtEnd ? Comparison.Operand(quoted: $0) : nil }
      ?? Comparison.Operand(word: word)
  }

  /// All to the end, but for spaces there.
  private mutating func takeRest() -> String {
    var end = cursor.bytes.count
    while end > cursor.position, cursor.bytes[end - 1] == 0x20 { end -= 1 }
    let start = cursor.position
    cursor.position = end
    return cursor.text(from: start)
  }

  /// A word up to a space, `&&` or the closing bracket; a list has brackets of its own.
  private mutating func takeBracketedWord() throws(SyntaxFault) -> String {
    let start = cursor.position
    var depth = 0
    while !cursor.isAtEnd {
      switch cursor.current {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        _ = try cursor.takeQuoted()
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]") where depth == 0, 0x20 where depth == 0:
        return cursor.text(from: start)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "&") where depth == 0 && cursor.byte(1) == UInt8(ascii: "&"):
        return cursor.text(from: start)
      default: break
      }
      cursor.position += 1
    }
    return cursor.text(from: start)
  }
}
