/// Tells whether a delimiter ends the statement or belongs to a body within it.
///
/// Triggers follow sqlite3_complete(3): from `CREATE TRIGGER` on, only `; END ;` ends the statement, so
/// that a `CASE … END` inside does not. `BEGIN ATOMIC` bodies and parentheses follow psql.
struct StatementBoundary {
  private enum State {
    case start, explain, create, normal
    case trigger, triggerSemicolon, triggerEnd
    /// `CREATE FUNCTION` or `CREATE PROCEDURE`.
    case routine
  }

  let dialect: SQLDialect
  private var state = State.start
  private var parenthesisDepth = 0
  private var bodyDepth = 0

  init(dialect: SQLDialect) { self.dialect = dialect }

  /// Whether a token is the first of its statement.
  var isAtStart: Bool { state == .start }

  /// Takes the next token that is neither white space nor a comment; true when it ends the
  /// statement.
  mutating func ends(with token: SQLLexer.Token, in bytes: BorrowedBytes) -> Bool {
    switch token.kind {
    case .delimiter: return takeDelimiter()
    case .word:
      if state != .normal { takeWord(UnsafeBufferPointer(rebasing: bytes[token.range])) }
    case .openParenthesis where dialect.keepsParenthesesTogether:
      parenthesisDepth += 1
      takeOther()
    case .closeParenthesis where dialect.keepsParenthesesTogether:
      parenthesisDepth = max(0, parenthesisDepth - 1)
      takeOther()
    default: takeOther()
    }
    return false
  }

  private mutating func takeDelimiter() -> Bool {
    if parenthesisDepth > 0 || bodyDepth > 0 { return false }
    switch state {
    case .trigger, .triggerSemicolon:
      state = .triggerSemicolon
      return false
    default:
      self = StatementBoundary(dialect: dialect)
      return true
    }
  }

  private mutating func takeOther() {
    switch state {
    case .start, .create: state = .normal
    case .triggerSemicolon, .triggerEnd: state = .trigger
    case .explain, .normal, .trigger, .routine: break
    }
  }

  private mutating func takeWord(_ word: BorrowedBytes) {
    switch state {
    case .start:
      state = isCreate(word) ? .create : isExplain(word) ? .explain : .normal
    case .explain:
      // `EXPLAIN QUERY PLAN CREATE …`: any other word leaves it open.
      if isCreate(word) {
        state = .create
      } else if isExplain(word) || isTemporary(word) || word.equals("trigger") || word.equals("end")
      {
        state = .normal
      }
    case .create: takeWordAfterCreate(word)
    case .trigger, .triggerEnd: state = .trigger
    case .triggerSemicolon: state = word.equals("end") ? .triggerEnd : .trigger
    case .routine: takeRoutineWord(word)
    case .normal: break
    }
  }

  private mutating func takeWordAfterCreate(_ word: BorrowedBytes) {
    if dialect.hasTriggerBodies {
      if isTemporary(word) { return }
      state = word.equals("trigger") ? .trigger : .normal
    } else {
      if word.equals("or") || word.equals("replace") { return }
      state = word.equals("function") || word.equals("procedure") ? .routine : .normal
    }
  }

  /// A `CASE` counts only inside a body: its `END` would end the body otherwise.
  private mutating func takeRoutineWord(_ word: BorrowedBytes) {
    guard parenthesisDepth == 0 else { return }
    if word.equals("begin") || bodyDepth > 0 && word.equals("case") {
      bodyDepth += 1
    } else if bodyDepth > 0 && word.equals("end") {
      bodyDepth -= 1
    }
  }

  private func isCreate(_ word: BorrowedBytes) -> Bool {
    (dialect.hasTriggerBodies || dialect.hasAtomicBodies) && word.equals("create")
  }

  private func isExplain(_ word: BorrowedBytes) -> Bool {
    dialect.hasTriggerBodies && word.equals("explain")
  }

  private func isTemporary(_ word: BorrowedBytes) -> Bool {
    word.equals("temp") || word.equals("temporary")
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether these are the letters of `keyword`, which is in lower case, in either case.
  func equals(_ keyword: StaticString) -> Bool {
    guard count == keyword.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] | 0x20 != keyword.utf8Start[index] { return false }
    return true
  }
}
