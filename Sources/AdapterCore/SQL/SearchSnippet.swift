/// Makes snippets, for engines that have none of their own: some words around the first match, each
/// match between the highlight's texts.
public struct SearchSnippet {
  /// Words of a snippet, and how many of them stand before the first match.
  private static let length = 16
  private static let lead = 5

  /// A word to mark.
  public struct Word: Equatable, Sendable {
    /// Folded.
    fileprivate let bytes: [UInt8]
    fileprivate let isPrefix: Bool

    public init(_ text: String, isPrefix: Bool) {
      bytes = SearchSnippet.folded(text)
      self.isPrefix = isPrefix
    }
  }

  private let words: [Word]
  private let open: [UInt8]
  private let close: [UInt8]
  /// The words read last, used again for every text.
  private var found: [(range: Range<Int>, isMatch: Bool)] = []

  public init(marking words: [Word], _ highlight: SearchRequest.Highlight) {
    self.words = words
    open = Array(highlight.open.utf8)
    close = Array(highlight.close.utf8)
  }

  /// Appends the snippet of a text to `output`; without a match, when `always`, its beginning.
  /// Returns whether this is the text to show.
  public mutating func append(
    of text: BorrowedBytes, to output: inout [UInt8], always: Bool = false
  ) -> Bool {
    let reach = read(text)
    guard always || found.contains(where: \.isMatch) else { return false }
    guard let first = found.first, let last = found.last else { return true }
    var position = reach.atStart ? 0 : first.range.lowerBound
    if !reach.atStart { output.append(contentsOf: "…".utf8) }
    for word in found where word.isMatch {
      output.append(contentsOf: text[position..<word.range.lowerBound])
      output.append(contentsOf: open)
      output.append(contentsOf: text[word.range])
      output.append(contentsOf: close)
      position = word.range.upperBound
    }
    output.append(contentsOf: text[position..<(reach.atEnd ? text.count : last.range.upperBound)])
    if !reach.atEnd { output.append(contentsOf: "…".utf8) }
    return true
  }

  /// Reads the words of the snippet into `found`; returns whether they reach from the text's start
  /// and to its end.
  private mutating func read(_ text: BorrowedBytes) -> (atStart: Bool, atEnd: Bool) {
    found.removeAll(keepingCapacity: true)
    var atStart = true
    var position = 0
    while let range = Self.word(in: text, from: position) {
      position = range.upperBound
      if found.count == Self.length {
        if let match = found.firstIndex(where: \.isMatch), match <= Self.lead {
          return (atStart, false)
        }
        found.removeFirst()
        atStart = false
      }
      found.append((range, matches(text, range)))
    }
    if !atStart, !found.contains(where: \.isMatch) { return readBeginning(text) }
    return (atStart, true)
  }

  private mutating func readBeginning(_ text: BorrowedBytes) -> (atStart: Bool, atEnd: Bool) {
    found.removeAll(keepingCapacity: true)
    var position = 0
    while found.count < Self.length, let range = Self.word(in: text, from: position) {
      found.append((range, false))
      position = range.upperBound
    }
    return (true, false)
  }

  private func matches(_ text: BorrowedBytes, _ range: Range<Int>) -> Bool {
    let bytes = UnsafeBufferPointer(rebasing: text[range])
    guard bytes.allSatisfy({ $0 < 0x80 }) else {
      let folded = Self.folded(String(decoding: bytes, as: UTF8.self))
      return folded.withUnsafeBufferPointer(isMarked)
    }
    return isMarked(bytes)
  }

  /// Whether a text's word, folded but for the case of ASCII letters, is one to mark.
  private func isMarked(_ bytes: BorrowedBytes) -> Bool {
    words.contains { word in
      guard word.isPrefix ? bytes.count >= word.bytes.count : bytes.count == word.bytes.count
      else { return false }
      return zip(bytes, word.bytes).allSatisfy { byte, wanted in
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        return (isUpper ? byte | 0x20 : byte) == wanted
      }
    }
  }

  /// The letters below the accents of U+00C0…U+017F; `?` for those that stand for themselves.
  private static let baseLetters: StaticString = """
    aaaaaa?ceeeeiiiidnooooo?ouuuuy?saaaaaa?ceeeeiiiidnooooo?ouuuuy?y\
    aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllll?\
    ?llnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs
    """

  /// A word in lower case and without accents, which a search does not look at.
  private static func folded(_ text: String) -> [UInt8] {
    var folded: [UInt8] = []
    for scalar in text.lowercased().unicodeScalars {
      switch scalar.value {
      // Accents that follow their letter.
      case 0x300...0x36F: continue
      case 0xC0...0x17F:
        let letter = baseLetters.utf8Start[Int(scalar.value) - 0xC0]
        if letter == UInt8(ascii: "?") { fallthrough }
        folded.append(letter)
      default: folded.append(contentsOf: Array(String(scalar).utf8))
      }
    }
    return folded
  }

  /// The next run of letters, digits and `_`.
  private static func word(in text: BorrowedBytes, from start: Int) -> Range<Int>? {
    var position = start
    while position < text.count, !isWord(text, position) { position += 1 }
    guard position < text.count else { return nil }
    let first = position
    while position < text.count, isWord(text, position) { position += 1 }
    return first..<position
  }

  /// Beyond ASCII everything but the usual punctuation counts as a letter.
  private static func isWord(_ text: BorrowedBytes, _ position: Int) -> Bool {
    switch text[position] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      return true
    case 0..<0x80: return false
    default: return !isPunctuation(text, position)
    }
  }

  /// Whether the byte is part of U+00A0…U+00BF, U+2000…U+203F or U+3000…U+303F.
  private static func isPunctuation(_ text: BorrowedBytes, _ position: Int) -> Bool {
    // Back to the character's first byte.
    var first = position
    while first > 0, text[first] & 0xC0 == 0x80, position - first < 3 { first -= 1 }
    if text[first] == 0xC2 { return true }
    guard text[first] == 0xE2 || text[first] == 0xE3, first + 1 < text.count else { return false }
    return text[first + 1] == 0x80
  }
}
