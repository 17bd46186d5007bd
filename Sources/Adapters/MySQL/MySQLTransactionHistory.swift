import AdapterCore

/// What is known of the open transaction, for the question whether it may be run again.
struct MySQLTransactionHistory {
  private(set) var isOpen = false
  /// COMMIT was sent, and not answered.
  var isCommitting = false
  /// Something of it stays whatever comes.
  var hasLeftTraces = false
  /// Rows that its statements changed.
  var rowsChanged = 0

  mutating func begin() { self = Self(isOpen: true) }
  mutating func end() { self = Self() }

  /// Takes a statement that is about to run.
  mutating func add(_ effect: MySQLStatementEffect) {
    switch effect {
    case .undoable: break
    case .begins: begin()
    case .lasting: hasLeftTraces = true
    }
  }
}

/// What a statement does to the transaction that it runs in.
enum MySQLStatementEffect {
  /// It neither commits nor leaves anything that a rollback does not undo.
  case undoable
  case begins
  case lasting

  private static let undoableWords: Set<String> = [
    "SELECT", "WITH", "VALUES", "TABLE", "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "SHOW",
    "EXPLAIN", "DESCRIBE", "SAVEPOINT", "ROLLBACK", "RELEASE", "DO", "SET",
  ]

  /// By the statement's first words: CALL and BEGIN NOT ATOMIC may commit within, as SET STATEMENT …
  /// FOR may; CREATE and the like do so themselves.
  init(of statement: SQLText, _ dialect: SQLDialect) {
    let words = statement.firstWords(2, in: dialect)
    switch (words.first ?? "", words.last) {
    case ("START", "TRANSACTION"), ("BEGIN", "BEGIN"), ("BEGIN", "WORK"): self = .begins
    case ("SET", "STATEMENT"): self = .lasting
    case (let word, _): self = Self.undoableWords.contains(word) ? .undoable : .lasting
    }
  }
}
