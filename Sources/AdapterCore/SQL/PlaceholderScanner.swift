import Glibc

/// Finds the placeholders of a statement by its dialect's lexical rules: never in a string, a comment
/// or a quoted name, and never an operator or a cast that looks like one.
struct PlaceholderScanner {
  struct Place {
    /// In bytes of the text.
    var range: Range<Int>
    /// nil: an escaped operator, `??`.
    var slot: ParameterSlot?
  }

  /// The last token that is neither white space nor a comment, as far as it tells whether an operand
  /// or an operator comes next.
  private enum Previous {
    case operand, word, `operator`
  }

  private let dialect: SQLDialect
  private let bytes: BorrowedBytes
  private var places: [Place] = []
  private var previous = Previous.operator
  private var bracketDepth = 0
  private var largestNumber = 0
  /// How many words were read, as long as they may begin `CREATE OR REPLACE FUNCTION`.
  private var headWords: Int? = 0

  private init(_ bytes: BorrowedBytes, _ dialect: SQLDialect) {
    self.bytes = bytes
    self.dialect = dialect
  }

  static func scan(_ text: String, dialect: SQLDialect) -> [Place] {
    var text = text
    return text.withUTF8 { bytes in
      // Most statements of a script have none: looking for the bytes is cheaper than for tokens.
      guard let base = bytes.baseAddress,
        ":?$".utf8.contains(where: { memchr(base, Int32($0), bytes.count) != nil })
      else { return [] }
      var scanner = PlaceholderScanner(bytes, dialect)
      scanner.run()
      return scanner.places
    }
  }

  private mutating func run() {
    var lexer = SQLLexer(dialect: dialect)
    while let token = lexer.next(in: bytes, isFinal: true) {
      let range = token.range
      switch token.kind {
      case .space, .comment: continue
      case .quoted, .closeParenthesis: previous = .operand
      case .delimiter, .openParenthesis: previous = .operator
      case .word:
        if definesRoutine(UnsafeBufferPointer(rebasing: bytes[range])) { return }
        takeWord(range)
      case .other:
        if let place = placeholder(at: range.lowerBound) {
          places.append(place)
          previous = place.slot == nil ? .operator : .operand
          lexer.skip(to: place.range.upperBound)
        } else {
          takeOther(range, &lexer)
        }
      }
    }
  }

  /// Whether this word shows that the statement defines a routine, in whose body `$1` is an argument.
  private mutating func definesRoutine(_ word: BorrowedBytes) -> Bool {
    guard let count = headWords else { return false }
    headWords = count + 1
    if count == 0 ? word.equals("create") : word.equals("or") || word.equals("replace") {
      return false
    }
    headWords = nil
    return count > 0 && (word.equals("function") || word.equals("procedure"))
  }

  private mutating func takeWord(_ range: Range<Int>) {
    // Without dollar quotes `$1` is one word.
    if bytes[range.lowerBound] == UInt8(ascii: "$"), let slot = number(from: range.lowerBound + 1),
      slot.end == range.upperBound
    {
      places.append(Place(range: range, slot: numbered(slot.value)))
      previous = .operand
      return
    }
    let word = UnsafeBufferPointer(rebasing: bytes[range])
    previous = SQLLexer.isDigit(word[0]) ? .operand : isBeforeOperand(word) ? .operator : .word
  }

  private mutating func takeOther(_ range: Range<Int>, _ lexer: inout SQLLexer) {
    switch bytes[range.lowerBound] {
    case UInt8(ascii: "["):
      bracketDepth += 1
      previous = .operator
    case UInt8(ascii: "]"):
      bracketDepth = max(0, bracketDepth - 1)
      previous = .operand
    case UInt8(ascii: ":"):
      // A cast or an assignment: what follows is no placeholder.
      if byte(at: range.upperBound) == UInt8(ascii: ":") { lexer.skip(to: range.upperBound + 1) }
      previous = .operator
    case UInt8(ascii: "?"):
      if let next = byte(at: range.upperBound), "|&".utf8.contains(next) {
        lexer.skip(to: range.upperBound + 1)
      }
      previous = .operator
    // `data.*` and `count(*)` end an operand, `a * b` does not; no placeholder follows the former.
    default: previous = .operator
    }
  }

  // MARK: - Placeholders

  private mutating func placeholder(at start: Int) -> Place? {
    switch bytes[start] {
    case UInt8(ascii: ":"): named(at: start)
    case UInt8(ascii: "$"):
      number(from: start + 1).map { Place(range: start..<$0.end, slot: numbered($0.value)) }
    case UInt8(ascii: "?"): question(at: start)
    default: nil
    }
  }

  private func named(at start: Int) -> Place? {
    guard let first = byte(at: start + 1), SQLLexer.isWordByte(first), !SQLLexer.isDigit(first)
    else {
      return nil
    }
    // `values[2:size]` is a slice, `outer:loop` a label.
    if bracketDepth > 0 && previous != .operator { return nil }
    if !dialect.hasDollarQuotes, start > 0, previous == .word, SQLLexer.isWordByte(bytes[start - 1])
    {
      return nil
    }
    var end = start + 1
    while let next = byte(at: end), SQLLexer.isWordByte(next) { end += 1 }
    let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    return Place(range: start..<end, slot: .named(name))
  }

  private mutating func question(at start: Int) -> Place? {
    if dialect.hasQuestionOperators {
      if byte(at: start + 1) == UInt8(ascii: "?") {
        return Place(range: start..<(start + 2), slot: nil)
      }
      guard !isOperator(at: start) else { return nil }
    }
    if let number = number(from: start + 1) {
      return Place(range: start..<number.end, slot: numbered(number.value))
    }
    return Place(range: start..<(start + 1), slot: numbered(largestNumber + 1))
  }

  /// Whether a `?` stands where an operator does: behind an operand, as in `data ? 'key'`.
  private func isOperator(at start: Int) -> Bool {
    if let next = byte(at: start + 1), "|&".utf8.contains(next) { return true }
    guard previous == .operator else { return true }
    // A column may be called like a keyword; no placeholder is followed by a string.
    var next = start + 1
    while let space = byte(at: next), space <= 0x20 { next += 1 }
    return next > start + 1 && byte(at: next) == UInt8(ascii: "'")
  }

  private mutating func numbered(_ number: Int) -> ParameterSlot {
    largestNumber = max(largestNumber, number)
    return .numbered(number)
  }

  /// The number of a placeholder, from 1 to 65,535: more is none of any engine.
  private func number(from start: Int) -> (value: Int, end: Int)? {
    var (value, end) = (0, start)
    while let digit = byte(at: end), SQLLexer.isDigit(digit), value <= 65_535 {
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
      end += 1
    }
    return end > start && (1...65_535).contains(value) ? (value, end) : nil
  }

  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  /// Whether a word is a keyword that an operand follows; any other ends one.
  private func isBeforeOperand(_ word: BorrowedBytes) -> Bool {
    guard dialect.hasQuestionOperators || bracketDepth > 0 else { return false }
    return Self.keywordsBeforeOperands.contains { word.equals($0) }
  }

  private static let keywordsBeforeOperands: [StaticString] = [
    "all", "and", "any", "array", "as", "between", "by", "call", "case", "check", "default",
    "distinct", "else", "escape", "except", "execute", "fetch", "filter", "first", "for", "from",
    "groups", "having", "ilike", "in", "intersect", "is", "join", "like", "limit",
    "next", "not", "offset", "on", "or", "overlaps", "placing", "range", "returning", "rows",
    "select", "set", "similar", "some", "symmetric", "then", "to", "union", "using", "values",
    "when", "where", "with", "zone",
  ]
}
