extension SQLText {
  /// The words outside of strings, quoted names and comments, in capitals, at most `limit` of them:
  /// `["SELECT", "NAME", "FROM", "T"]`. What a comment holds that the engine runs counts too.
  public func words(_ dialect: SQLDialect, limit: Int = .max) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      var lexer = SQLLexer(dialect: dialect)
      var words: [String] = []
      while words.count < limit, let token = lexer.next(in: bytes, isFinal: true) {
        guard token.kind == .word else { continue }
        words.append(String(decoding: bytes[token.range], as: UTF8.self).uppercased())
      }
      return words
    }
  }
}
