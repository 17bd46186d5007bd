import AdapterCore

/// The one transaction around a script's statements.
///
/// PRAGMAs at its head come before it, since SQLite ignores some of them inside; a script that begins
/// its own transaction is left to it, so that the dumps of other tools load as they are; and a
/// single statement needs none, so that VACUUM can run.
final class ScriptTransaction {
  private enum State {
    case notBegun, ours, theScripts, none
  }

  private let database: any SQLDatabase
  private var state: State
  var isSingleStatement = false

  init(_ database: any SQLDatabase, isAllOrNothing: Bool) {
    self.database = database
    state = isAllOrNothing ? .notBegun : .none
  }

  deinit {
    // An error got past: nothing of the script stays.
    if database.isInTransaction { database.rollback() }
  }

  /// Called before each statement.
  func prepare(for statement: SQLText) throws(AdapterError) {
    guard state == .notBegun, !isSingleStatement else { return }
    switch statement.firstWord {
    case "PRAGMA", "SET": return
    case "BEGIN", "START", "SAVEPOINT": state = .theScripts
    default:
      try database.begin(.write)
      state = .ours
    }
  }

  /// Commits; throws when the script left its own transaction open.
  func end() throws(AdapterError) {
    if state == .ours {
      try database.commit()
    } else if database.isInTransaction {
      database.rollback()
      throw AdapterError(
        .failed, "the SQL began a transaction and did not commit it; it is rolled back",
        hint: "add COMMIT at its end")
    }
  }
}

extension SQLText {
  /// The first word in capitals: "SELECT".
  var firstWord: String {
    String(text.prefix { $0.isLetter || $0 == "_" }).uppercased()
  }
}
