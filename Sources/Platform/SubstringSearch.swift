// The standard library has these in _StringProcessing, which brings its parser of regular expressions
// along: a tenth of nb. They are disfavoured, so that what stands
// for a character is one.

extension StringProtocol {
  /// Where `text` first occurs, byte by byte; the beginning for empty text.
  public func firstRange(of text: some StringProtocol) -> Range<Index>? {
    guard let first = text.utf8.first else { return startIndex..<startIndex }
    var rest = utf8[...]
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: text.utf8) {
        return start..<rest.index(start, offsetBy: text.utf8.count)
      }
      rest = rest.dropFirst()
    }
    return nil
  }

  @_disfavoredOverload
  public func contains(_ text: some StringProtocol) -> Bool { firstRange(of: text) != nil }

  /// The parts between occurrences of `separator`, which is not empty.
  @_disfavoredOverload
  public func split(
    separator: some StringProtocol, omittingEmptySubsequences: Bool = true
  ) -> [SubSequence] {
    var parts: [SubSequence] = []
    var rest = self[...]
    while let cut = rest.firstRange(of: separator) {
      parts.append(rest[..<cut.lowerBound])
      rest = rest[cut.upperBound...]
    }
    parts.append(rest)
    return omittingEmptySubsequences ? parts.filter { !$0.isEmpty } : parts
  }
}
