import AdapterCore

/// An index that is built beside running writes (CREATE INDEX CONCURRENTLY): outside of a transaction,
/// so that a failure leaves an invalid index behind.
struct ConcurrentIndex {
  let database: any SQLDatabase
  private let text: String

  /// nil for any other statement.
  init?(_ statement: SQLText, on database: any SQLDatabase) {
    let words = statement.firstWords(4, in: database.dialect)
    guard words.first == "CREATE", words.contains("INDEX"), words.contains("CONCURRENTLY") else {
      return nil
    }
    self.database = database
    text = statement.text.lowercased()
  }

  /// Throws `failed` when the index that IF NOT EXISTS found is a ruin.
  func check() throws(AdapterError) {
    guard let index = try figures(isValid: false).first else { return }
    throw AdapterError(
      .failed, "the index \(index.name) is INVALID: an earlier attempt to build it failed",
      hint: Self.hint(index))
  }

  /// Adds what the failed statement left behind, and how to go on.
  func explain(_ error: inout AdapterError) {
    if let index = (try? figures(isValid: false))?.first {
      error.details.append(
        "it left the INVALID index \(index.name) of \(index.table.description) behind, which costs "
          + "writes and serves no query")
      error.hint = Self.hint(index)
    } else if let index = (try? figures(isValid: true))?.first, names(index.name) {
      error.details.append(
        "the index \(index.name) is there and valid; a run that was cut off may have built it")
      error.hint = "write CREATE INDEX CONCURRENTLY IF NOT EXISTS, then run it again"
    }
  }

  private static func hint(_ index: IndexFigures) -> String {
    "DROP INDEX CONCURRENTLY \(index.name); correct what failed, then run it again"
  }

  /// The indexes that the statement may mean: those it names, or of the table that it names.
  private func figures(isValid: Bool) throws(AdapterError) -> [IndexFigures] {
    let all = try database.indexStatistics?.indexFigures() ?? []
    let found = all.filter { $0.isValid == isValid }
    let named = found.filter { names($0.name) }
    return named.isEmpty ? found.filter { names($0.table.name) } : named
  }

  private func names(_ name: String) -> Bool {
    text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == name.lowercased() }
  }
}
