import AdapterCore

/// A search as a condition: what the index answers, in its boolean mode
/// (https://mariadb.com/kb/en/full-text-index-overview/#boolean-mode), and regular expressions for what
/// it cannot.
///
/// The index leaves out stopwords and words of one or two letters, and knows no order of a prefix and
/// the words before it. Such terms are looked for in the rows that the others leave.
struct MySQLSearchQuery {
  /// What the rows are read for.
  struct Filter: Equatable {
    var pattern: String
    var isExcluded: Bool
  }

  /// The boolean expression; empty: the index cannot narrow the search down.
  private(set) var expression = ""
  private(set) var filters: [Filter] = []
  /// To mark in snippets.
  private(set) var marks: [SearchSnippet.Word] = []

  /// An expression in the server's own syntax.
  init(native text: String) {
    expression = text
    var rest = text.unicodeScalars[...]
    while let start = rest.firstIndex(where: Self.isWord) {
      let word = rest[start...].prefix(while: Self.isWord)
      let isExcluded = start > rest.startIndex && rest[rest.index(before: start)] == "-"
      rest = rest[word.endIndex...]
      if !isExcluded {
        marks.append(SearchSnippet.Word(String(word), isPrefix: rest.first == "*"))
      }
    }
  }

  /// With `isNarrowed` only some of the indexed columns count, so that the rows that the index finds
  /// are all read.
  init(_ words: SearchWords, _ stopwords: MySQLStopwords, isNarrowed: Bool) {
    for term in words.terms where !term.isExcluded {
      add(term, Self.words(of: term.text), stopwords, isNarrowed)
    }
    let hasIndexed = !expression.isEmpty
    for term in words.terms where term.isExcluded {
      let parts = Self.words(of: term.text)
      if hasIndexed, !isNarrowed, let exact = Self.exact(term, parts, stopwords) {
        expression += " -" + exact
      } else {
        filters.append(Filter(pattern: Self.pattern(term, parts), isExcluded: true))
      }
    }
  }

  private mutating func add(
    _ term: SearchWords.Term, _ parts: [String], _ stopwords: MySQLStopwords, _ isNarrowed: Bool
  ) {
    for (index, word) in parts.enumerated() {
      let isPrefix = term.isPrefix && index == parts.count - 1
      marks.append(SearchSnippet.Word(word, isPrefix: isPrefix))
    }
    if let exact = Self.exact(term, parts, stopwords) {
      require(exact)
      guard isNarrowed else { return }
    } else {
      let whole = term.isPrefix ? parts.dropLast() : parts[...]
      for word in whole where stopwords.isIndexed(word) { require(word) }
    }
    filters.append(Filter(pattern: Self.pattern(term, parts), isExcluded: false))
  }

  private mutating func require(_ item: String) {
    expression += (expression.isEmpty ? "+" : " +") + item
  }

  /// The term in boolean mode; nil for one that the index does not hold as it is.
  private static func exact(
    _ term: SearchWords.Term, _ parts: [String], _ stopwords: MySQLStopwords
  ) -> String? {
    guard parts.allSatisfy(stopwords.isIndexed) else { return nil }
    if parts.count == 1 { return parts[0] + (term.isPrefix ? "*" : "") }
    return term.isPrefix ? nil : "\"\(parts.joined(separator: " "))\""
  }

  /// The words hold no character that means anything in a pattern.
  private static func pattern(_ term: SearchWords.Term, _ parts: [String]) -> String {
    "\\b" + parts.joined(separator: "\\W+") + (term.isPrefix ? "" : "\\b")
  }

  /// Cut as InnoDB cuts text.
  private static func words(of text: String) -> [String] {
    text.unicodeScalars.split { !isWord($0) }.map { String($0) }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
