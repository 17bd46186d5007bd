import AdapterCore

/// The one transaction around a script's statements.
///
/// PRAGMAs at its head come before it, since SQLite ignores some of them inside; a single statement
/// needs none, so that VACUUM can run. A script that begins and ends a transaction of its own, as the
/// dumps of other tools do, keeps it: its COMMIT is held back until the whole script has run. Any
/// other statement that begins or ends a transaction would break all or nothing and is refused.
final class ScriptTransaction {
  private enum State: Equatable {
    case notBegun, ours, theScripts
    /// The script's own transaction is complete.
    case complete(commits: Bool)
    case none
  }

  /// What is to be done with a statement.
  enum Turn {
    case run
    /// `end` does it.
    case leaveOut
    /// To be run after `end`.
    case runAfterwards
  }

  private let database: any SQLDatabase
  private var state: State
  var isSingleStatement = false

  init(_ database: any SQLDatabase, isAllOrNothing: Bool) {
    self.database = database
    state = isAllOrNothing ? .notBegun : .none
  }

  deinit { abandon() }

  /// After an error nothing of the script stays.
  func abandon() {
    if database.isInTransaction { database.rollback() }
  }

  /// Called before each statement; throws `usage` for one that would break all or nothing.
  func prepare(for statement: SQLText) throws(AdapterError) -> Turn {
    let dialect = database.dialect
    let isSetting = ["PRAGMA", "SET"].contains(statement.firstWords(1, in: dialect).first)
    let control = statement.transactionControl(in: dialect)
    switch (state, control) {
    case (.none, _): return .run
    case (.complete, nil) where isSetting: return .runAfterwards
    case (.notBegun, .begin?):
      state = .theScripts
      return .run
    case (.theScripts, .commit?), (.theScripts, .rollback?):
      state = .complete(commits: control == .commit)
      return .leaveOut
    case (.complete, _), (_, .some):
      throw refusal(of: statement)
    case (.notBegun, nil) where !isSetting && !isSingleStatement:
      try database.begin(.write)
      state = .ours
      return .run
    case (_, nil): return .run
    }
  }

  private func refusal(of statement: SQLText) -> AdapterError {
    let word = statement.firstWords(1, in: database.dialect).first ?? ""
    var message = "\(word) would break the one transaction that all statements run in"
    if case .complete = state {
      message = "the SQL goes on after the end of its own transaction, so it is not all or nothing"
    }
    return AdapterError(
      .usage, message, position: statement.position,
      hint: "--no-tx runs each statement on its own; savepoints need nothing")
  }

  /// Commits; throws when the script left its own transaction open.
  func end() throws(AdapterError) {
    switch state {
    case .ours, .complete(commits: true): try database.commit()
    case .complete(commits: false): database.rollback()
    case .notBegun, .theScripts, .none:
      guard database.isInTransaction else { return }
      database.rollback()
      throw AdapterError(
        .failed, "the SQL began a transaction and did not commit it; it is rolled back",
        hint: "add COMMIT at its end")
    }
  }
}
