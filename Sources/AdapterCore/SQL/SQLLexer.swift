import Glibc

/// Cuts bytes into SQL tokens by a dialect's lexical rules, resumable at every byte: what a token
/// began with and how far it was read is kept, so that no byte is looked at twice however the text
/// is divided into pieces.
///
/// Offsets count within the bytes that the caller holds; `rebase` follows when it drops some.
struct SQLLexer {
  enum Kind {
    case space, comment, word, quoted, delimiter, openParenthesis, closeParenthesis, other
  }

  struct Token {
    var kind: Kind
    var range: Range<Int>
  }

  /// What the lexer is in the middle of.
  private enum Mode: Equatable {
    case none
    /// A token that is known to end at the cursor.
    case complete(Kind)
    case space, word, number, lineComment
    case blockComment(depth: Int)
    case quoted(end: UInt8, backslash: Bool)
    /// The opening `$tag$` has this many bytes.
    case dollarQuoted(tagLength: Int)
  }

  /// Longer tags are not taken for dollar quotes, so that looking ahead stays bounded.
  private static let longestTag = 256

  let dialect: SQLDialect
  /// The next byte to look at.
  private(set) var cursor = 0
  /// Where the token that is being read began.
  private(set) var tokenStart = 0
  /// Within `/*! … */`, where no delimiter counts.
  private(set) var isInExecutableComment = false
  private var mode = Mode.none
  private var delimiter: [UInt8] = [UInt8(ascii: ";")]
  private var delimiterStart = UInt8(ascii: ";")

  init(dialect: SQLDialect) { self.dialect = dialect }

  /// The next token; nil when more bytes are needed to tell its end.
  mutating func next(in bytes: BorrowedBytes, isFinal: Bool) -> Token? {
    if mode == .none {
      guard cursor < bytes.count else { return nil }
      tokenStart = cursor
      guard let begun = begin(bytes, isFinal) else {
        cursor = tokenStart
        return nil
      }
      mode = begun
    }
    guard let kind = end(bytes, isFinal) else { return nil }
    mode = .none
    return Token(kind: kind, range: tokenStart..<cursor)
  }

  /// Whether what is being read is white space or a comment.
  var isInTrivia: Bool {
    switch mode {
    case .space, .lineComment, .blockComment: true
    default: false
    }
  }

  /// Whether a token has begun and not ended.
  var isWithinToken: Bool { mode != .none }

  /// What has begun and not ended, when the text ends here; nil when nothing has.
  var unterminated: String? {
    switch mode {
    case .blockComment: "comment"
    case .dollarQuoted: "dollar-quoted string"
    case .quoted(let end, _):
      end == UInt8(ascii: "'") || dialect.hasBackslashEscapes && end == UInt8(ascii: "\"")
        ? "string" : "quoted identifier"
    default: isInExecutableComment ? "comment" : nil
    }
  }

  /// What would end what `unterminated` names, as a hint.
  var missingEnd: String? {
    switch mode {
    case .quoted(let end, _):
      let mark = String(decoding: CollectionOfOne(end), as: UTF8.self)
      let ending = "end it with \(mark)"
      if mark == "]" { return ending }
      return ending + "; a \(mark) within the text is written \(mark)\(mark)"
    case .dollarQuoted: return "end it with the tag that opens it"
    default: return unterminated == nil ? nil : "end it with */"
    }
  }

  /// Follows the caller's dropping of its first `count` bytes.
  mutating func rebase(by count: Int) {
    cursor -= count
    tokenStart = max(0, tokenStart - count)
  }

  /// Sets what separates statements; `text` is not empty.
  mutating func setDelimiter(_ text: some Collection<UInt8>) {
    delimiter = Array(text)
    delimiterStart = delimiter[0]
  }

  /// Goes on after `offset`, which lies beyond the last token.
  mutating func skip(to offset: Int) { cursor = offset }

  // MARK: Beginnings

  /// Reads a token's first bytes; nil when they don't tell yet what it is.
  private mutating func begin(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Mode? {
    let byte = bytes[cursor]
    if byte == delimiterStart && !isInExecutableComment {
      let expected = delimiter
      guard
        let isDelimiter = matches(expected.count, bytes, isFinal, { expected[$0] })
      else { return nil }
      if isDelimiter { return complete(.delimiter, delimiter.count) }
    }
    if SQLLexer.isWordByte(byte) {
      cursor += 1
      return SQLLexer.isDigit(byte) && dialect.hasDollarQuotes ? .number : .word
    }
    switch byte {
    case 0x20, 0x09...0x0D:
      cursor += 1
      return .space
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      cursor += 1
      return .quoted(end: byte, backslash: dialect.hasBackslashEscapes)
    case UInt8(ascii: "`") where dialect.hasBacktickQuotes:
      cursor += 1
      return .quoted(end: byte, backslash: false)
    case UInt8(ascii: "[") where dialect.hasBracketQuotes:
      cursor += 1
      return .quoted(end: UInt8(ascii: "]"), backslash: false)
    case UInt8(ascii: "#") where dialect.hasHashComments:
      cursor += 1
      return .lineComment
    case UInt8(ascii: "("): return complete(.openParenthesis, 1)
    case UInt8(ascii: ")"): return complete(.closeParenthesis, 1)
    case UInt8(ascii: "-"): return beginDash(bytes, isFinal)
    case UInt8(ascii: "/"): return beginSlash(bytes, isFinal)
    case UInt8(ascii: "*") where isInExecutableComment:
      guard let closes = matches("*/", bytes, isFinal) else { return nil }
      if closes { isInExecutableComment = false }
      return complete(.other, closes ? 2 : 1)
    case UInt8(ascii: "$"): return beginDollar(bytes, isFinal)
    default: return complete(.other, 1)
    }
  }

  private mutating func complete(_ kind: Kind, _ length: Int) -> Mode {
    cursor += length
    return .complete(kind)
  }

  private mutating func beginDash(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Mode? {
    guard let isComment = matches("--", bytes, isFinal) else { return nil }
    guard isComment else { return complete(.other, 1) }
    if dialect.hasStrictDashComments {
      if cursor + 2 < bytes.count {
        guard bytes[cursor + 2] <= 0x20 else { return complete(.other, 1) }
      } else if !isFinal {
        return nil
      }
    }
    cursor += 2
    return .lineComment
  }

  private mutating func beginSlash(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Mode? {
    guard let isComment = matches("/*", bytes, isFinal) else { return nil }
    guard isComment else { return complete(.other, 1) }
    if dialect.hasExecutableComments {
      // MariaDB's own form is /*M! … */.
      guard let isMySQL = matches("/*!", bytes, isFinal),
        let isMariaDB = matches("/*M!", bytes, isFinal)
      else { return nil }
      if isMySQL || isMariaDB {
        isInExecutableComment = true
        return complete(.other, isMySQL ? 3 : 4)
      }
    }
    cursor += 2
    return .blockComment(depth: 1)
  }

  /// `$tag$`, a parameter `$1`, or a name that begins with `$`.
  private mutating func beginDollar(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Mode? {
    guard dialect.hasDollarQuotes else {
      cursor += 1
      return .word
    }
    var offset = cursor + 1
    while offset < bytes.count && offset - cursor < SQLLexer.longestTag {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "$") {
        let length = offset + 1 - cursor
        cursor = offset + 1
        return .dollarQuoted(tagLength: length)
      }
      let isFirst = offset == cursor + 1
      guard SQLLexer.isWordByte(byte), !(isFirst && SQLLexer.isDigit(byte)) else { break }
      offset += 1
    }
    if offset == bytes.count && offset - cursor < SQLLexer.longestTag && !isFinal { return nil }
    return complete(.other, 1)
  }

  private func matches(
    _ expected: StaticString, _ bytes: BorrowedBytes, _ isFinal: Bool
  ) -> Bool? {
    matches(expected.utf8CodeUnitCount, bytes, isFinal) { expected.utf8Start[$0] }
  }

  /// Whether these bytes stand at the cursor; nil when the text so far ends too early to tell.
  @inline(__always)
  private func matches(
    _ count: Int, _ bytes: BorrowedBytes, _ isFinal: Bool, _ expected: (Int) -> UInt8
  ) -> Bool? {
    for index in 0..<count {
      guard cursor + index < bytes.count else { return isFinal ? false : nil }
      if bytes[cursor + index] != expected(index) { return false }
    }
    return true
  }

  // MARK: Ends

  /// Reads to the token's end; nil when the bytes end before it.
  private mutating func end(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Kind? {
    switch mode {
    case .none: nil
    case .complete(let kind): kind
    case .space: endRun(bytes, isFinal, .space) { $0 == 0x20 || $0 >= 0x09 && $0 <= 0x0D }
    case .word: endWord(bytes, isFinal)
    case .number: endRun(bytes, isFinal, .word) { SQLLexer.isWordByte($0) }
    case .lineComment:
      advance(to: UInt8(ascii: "\n"), bytes) || isFinal ? .comment : nil
    case .blockComment(let depth): endBlockComment(bytes, depth)
    case .quoted(let end, let backslash): endQuoted(bytes, isFinal, end, backslash)
    case .dollarQuoted(let tagLength): endDollarQuoted(bytes, tagLength)
    }
  }

  @inline(__always)
  private mutating func endRun(
    _ bytes: BorrowedBytes, _ isFinal: Bool, _ kind: Kind, _ belongs: (UInt8) -> Bool
  ) -> Kind? {
    while cursor < bytes.count && belongs(bytes[cursor]) { cursor += 1 }
    return cursor < bytes.count || isFinal ? kind : nil
  }

  private mutating func endWord(_ bytes: BorrowedBytes, _ isFinal: Bool) -> Kind? {
    // `END$$` ends before a delimiter that could as well belong to the word.
    let stop = delimiterStart
    let ended = endRun(bytes, isFinal, .word) {
      (SQLLexer.isWordByte($0) || $0 == UInt8(ascii: "$")) && $0 != stop
    }
    guard ended != nil, dialect.hasEscapeStrings, cursor == tokenStart + 1, cursor < bytes.count,
      bytes[tokenStart] | 0x20 == UInt8(ascii: "e"), bytes[cursor] == UInt8(ascii: "'")
    else { return ended }
    cursor += 1
    mode = .quoted(end: UInt8(ascii: "'"), backslash: true)
    return end(bytes, isFinal)
  }

  private mutating func endBlockComment(_ bytes: BorrowedBytes, _ openDepth: Int) -> Kind? {
    var depth = openDepth
    let star = UInt8(ascii: "*")
    let slash = UInt8(ascii: "/")
    while cursor + 1 < bytes.count {
      let (byte, following) = (bytes[cursor], bytes[cursor + 1])
      if byte == star && following == slash {
        cursor += 2
        depth -= 1
        if depth == 0 { return .comment }
      } else if byte == slash && following == star && dialect.hasNestedComments {
        cursor += 2
        depth += 1
      } else {
        cursor += 1
      }
    }
    mode = .blockComment(depth: depth)
    return nil
  }

  private mutating func endQuoted(
    _ bytes: BorrowedBytes, _ isFinal: Bool, _ quote: UInt8, _ backslash: Bool
  ) -> Kind? {
    let doubles = quote != UInt8(ascii: "]")
    while backslash ? advance(toQuoteOrBackslash: quote, bytes) : advance(to: quote, bytes) {
      let hasNext = cursor + 1 < bytes.count
      if bytes[cursor] != quote {
        guard hasNext else { return nil }
        cursor += 2
      } else if hasNext && doubles && bytes[cursor + 1] == quote {
        cursor += 2
      } else if hasNext || isFinal || !doubles {
        cursor += 1
        return .quoted
      } else {
        return nil
      }
    }
    return nil
  }

  private mutating func endDollarQuoted(_ bytes: BorrowedBytes, _ tagLength: Int) -> Kind? {
    while advance(to: UInt8(ascii: "$"), bytes) {
      guard cursor + tagLength <= bytes.count else { return nil }
      var length = 1
      while length < tagLength && bytes[cursor + length] == bytes[tokenStart + length] {
        length += 1
      }
      if length == tagLength {
        cursor += tagLength
        return .quoted
      }
      cursor += 1
    }
    return nil
  }

  /// Moves the cursor to the next `byte`, or to the end when there is none.
  private mutating func advance(to byte: UInt8, _ bytes: BorrowedBytes) -> Bool {
    guard cursor < bytes.count, let base = bytes.baseAddress else { return false }
    guard let found = memchr(base + cursor, Int32(byte), bytes.count - cursor) else {
      cursor = bytes.count
      return false
    }
    cursor = UnsafeRawPointer(found) - UnsafeRawPointer(base)
    return true
  }

  private mutating func advance(toQuoteOrBackslash quote: UInt8, _ bytes: BorrowedBytes) -> Bool {
    while cursor < bytes.count {
      if bytes[cursor] == quote || bytes[cursor] == UInt8(ascii: "\\") { return true }
      cursor += 1
    }
    return false
  }

  // MARK: Classes of bytes

  /// Letters, digits, `_`, and every byte of a character beyond ASCII.
  @inline(__always)
  static func isWordByte(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") || isDigit(byte)
      || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
