/// A search as people type it: every word must occur, `"words in quotes"` in that order, `word*`
/// as the beginning of a word, and `-word` must not occur.
public struct SearchWords: Equatable, Sendable {
  public struct Term: Equatable, Sendable {
    /// One word, or several that follow each other.
    public var text: String
    /// The last word may go on.
    public var isPrefix: Bool
    /// Rows with this term are left out.
    public var isExcluded: Bool

    public init(_ text: String, isPrefix: Bool = false, isExcluded: Bool = false) {
      self.text = text
      self.isPrefix = isPrefix
      self.isExcluded = isExcluded
    }
  }

  public private(set) var terms: [Term] = []

  /// Reads `text`. A quote that is not closed reaches to the end; what holds no letter and no
  /// digit is no word.
  ///
  /// Throws `failed` when no word is left that must occur.
  public init(_ text: String) throws(AdapterError) {
    var rest = text[...]
    while let term = Self.takeTerm(&rest) {
      if term.text.contains(where: { $0.isLetter || $0.isNumber }) { terms.append(term) }
    }
    guard terms.contains(where: { !$0.isExcluded }) else {
      throw AdapterError(
        .failed, "the search has no word that must occur", hint: "name at least one word to find")
    }
  }

  /// The next term; nil at the end.
  private static func takeTerm(_ rest: inout Substring) -> Term? {
    rest = rest.drop(while: \.isWhitespace)
    guard !rest.isEmpty else { return nil }
    var term = Term("")
    if rest.first == "-" {
      term.isExcluded = true
      rest.removeFirst()
    }
    if rest.first == "\"" {
      rest.removeFirst()
      term.text = String(rest.prefix { $0 != "\"" })
      rest = rest.dropFirst(term.text.count + 1)
      if rest.first == "*" {
        term.isPrefix = true
        rest.removeFirst()
      }
    } else {
      let word = rest.prefix { !$0.isWhitespace && $0 != "\"" }
      rest = rest.dropFirst(word.count)
      term.isPrefix = word.last == "*"
      term.text = String(term.isPrefix ? word.dropLast() : word)
    }
    return term
  }
}
