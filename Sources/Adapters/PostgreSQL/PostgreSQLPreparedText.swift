import CPostgreSQL

/// What a connection has learnt of a statement with parameters, kept for the next one of the same
/// text: the types of its values, and the server's prepared statements.
final class PostgreSQLPreparedText {
  /// Kinds of values alternate (a number, NULL, text), but not without end.
  private static let variantLimit = 8

  let text: String
  var runs = 0
  /// What values of these kinds are sent as.
  private var types: [(kinds: [Oid], sent: [Oid])] = []
  private var names: [(types: [Oid], name: String)] = []
  private weak var database: PostgreSQLDatabase?

  init(_ text: String, on database: PostgreSQLDatabase) {
    self.text = text
    self.database = database
  }

  deinit { retire(names.count) }

  func sentTypes(for kinds: [Oid]) -> [Oid]? { types.first { $0.kinds == kinds }?.sent }

  func note(_ sent: [Oid], for kinds: [Oid]) {
    if types.count == Self.variantLimit { types.removeFirst() }
    types.append((kinds, sent))
  }

  /// The server's name of the statement prepared for these types.
  func name(for types: [Oid]) -> String? { names.first { $0.types == types }?.name }

  func note(name: String, for types: [Oid]) {
    if names.count == Self.variantLimit { retire(1) }
    names.append((types, name))
  }

  private func retire(_ count: Int) {
    for (_, name) in names.prefix(count) { database?.retire(name) }
    names.removeFirst(count)
  }
}

/// The statements that ran last on a connection.
struct PostgreSQLStatementCache {
  private static let limit = 32

  /// The one used last at the end.
  private var texts: [PostgreSQLPreparedText] = []

  mutating func text(_ text: String, on database: PostgreSQLDatabase) -> PostgreSQLPreparedText {
    if let index = texts.lastIndex(where: { $0.text == text }) {
      texts.append(texts.remove(at: index))
    } else {
      if texts.count == Self.limit { texts.removeFirst() }
      texts.append(PostgreSQLPreparedText(text, on: database))
    }
    return texts[texts.count - 1]
  }

  /// Forgets all: what was learnt may be wrong now.
  mutating func removeAll() { texts = [] }
}
