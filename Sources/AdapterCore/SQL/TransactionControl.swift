/// What a statement does to the transaction it runs in.
public enum TransactionControl: Equatable, Sendable {
  case begin, commit, rollback
}

extension SQLText {
  /// Whether the statement begins or ends a transaction; nil for all others, savepoints among them.
  public func transactionControl(in dialect: SQLDialect) -> TransactionControl? {
    // Most statements of a large script begin otherwise.
    guard let first = text.utf8.first, "abcersABCERS".utf8.contains(first) else { return nil }
    let words = firstWords(4, in: dialect)
    switch words.first {
    case "BEGIN": return .begin
    case "START": return words.dropFirst().first == "TRANSACTION" ? .begin : nil
    case "COMMIT", "END": return .commit
    case "ABORT": return .rollback
    case "ROLLBACK":
      let rest = words.dropFirst().drop { $0 == "TRANSACTION" || $0 == "WORK" }
      return rest.first == "TO" ? nil : .rollback
    default: return nil
    }
  }

  /// The words that the statement begins with, in capitals, up to `limit`; comments are skipped.
  public func firstWords(_ limit: Int, in dialect: SQLDialect) -> [String] {
    var lexer = SQLLexer(dialect: dialect)
    var words: [String] = []
    var text = text
    text.withUTF8 { bytes in
      scan: while words.count < limit, let token = lexer.next(in: bytes, isFinal: true) {
        switch token.kind {
        case .space, .comment: continue
        case .word: words.append(String(decoding: bytes[token.range], as: UTF8.self).uppercased())
        default: break scan
        }
      }
    }
    return words
  }
}
