/// The candidate that `word` is most likely a misspelling of; nil when none is close.
///
/// Distance is optimal string alignment (Damerau-Levenshtein without repeated edits) over lower-cased
/// characters; a word of up to 4 characters may differ by one edit, a longer one by a third of its
/// length. A candidate that `word` begins counts as close too.
public func closestMatch(to word: String, in candidates: some Sequence<String>) -> String? {
  let wanted = Array(word.lowercased())
  guard !wanted.isEmpty else { return nil }
  let limit = max(1, wanted.count / 3)
  var best: (candidate: String, distance: Int)?
  for candidate in candidates {
    let letters = Array(candidate.lowercased())
    var distance = editDistance(wanted, letters)
    if distance > limit, wanted.count >= 3, letters.starts(with: wanted) { distance = limit }
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.candidate
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for (row, character) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      var best = min(
        previous[column + 1] + 1, current[column] + 1,
        previous[column] + (character == other ? 0 : 1))
      if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
        best = min(best, beforePrevious[column - 1] + 1)
      }
      current.append(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
