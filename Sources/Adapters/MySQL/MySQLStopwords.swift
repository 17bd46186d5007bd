import AdapterCore

/// Which words InnoDB's full-text indexes leave out
/// (https://dev.mysql.com/doc/refman/8.4/en/fulltext-stopwords.html).
struct MySQLStopwords {
  /// InnoDB's own list (information_schema.INNODB_FT_DEFAULT_STOPWORD, which few users may read).
  private static let usual: Set<String> = [
    "a", "about", "an", "are", "as", "at", "be", "by", "com", "de", "en", "for", "from", "how", "i",
    "in", "is", "it", "la", "of", "on", "or", "that", "the", "this", "to", "was", "what", "when",
    "where", "who", "will", "with", "und", "www",
  ]

  private let words: Set<String>
  private let lengths: ClosedRange<Int>

  /// Reads the server's settings.
  init(of database: MySQLDatabase) throws(AdapterError) {
    let settings = try database.rows(
      """
      SELECT @@innodb_ft_min_token_size, @@innodb_ft_max_token_size, @@innodb_ft_enable_stopword,
        coalesce(@@innodb_ft_user_stopword_table, @@innodb_ft_server_stopword_table)
      """
    ).first
    let least = settings?[0].integer ?? 3
    lengths = Int(least)...max(Int(least), Int(settings?[1].integer ?? 84))
    if settings?[2].integer == 0 {
      words = []
    } else if let table = settings?[3].string, let slash = table.firstIndex(of: "/") {
      let name = TableName(
        schema: String(table[..<slash]), name: String(table[table.index(after: slash)...]))
      let rows = try database.rows("SELECT value FROM \(database.dialect.quote(name))")
      words = Set(rows.compactMap { $0[0].string?.lowercased() })
    } else {
      words = Self.usual
    }
  }

  /// Whether an index holds the word.
  func isIndexed(_ word: String) -> Bool {
    lengths.contains(word.unicodeScalars.count) && !words.contains(word.lowercased())
  }
}
