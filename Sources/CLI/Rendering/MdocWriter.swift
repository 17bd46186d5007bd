/// Writes mdoc(7), the macro language of manual pages.
struct MdocWriter {
  private(set) var text = ".\\\" Generated from the command table by make generate. Do not edit.\n"

  /// A macro line; its arguments must be escaped already.
  mutating func macro(_ line: String) { text += "." + line + "\n" }

  /// A section heading.
  mutating func section(_ title: String) { macro("Sh " + Self.argument(title)) }

  /// Sentences, each on its own line, as mdoc wants them.
  mutating func sentences(_ words: String) {
    var line: [Substring] = []
    for word in words.split(separator: " ") {
      if let last = line.last, last.hasSuffix("."), word.first?.isUppercase ?? false {
        text += Self.inline(line.joined(separator: " ")) + "\n"
        line = []
      }
      line.append(word)
    }
    if !line.isEmpty { text += Self.inline(line.joined(separator: " ")) + "\n" }
  }

  mutating func paragraphs(_ paragraphs: [String]) {
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { macro("Pp") }
      sentences(paragraph)
    }
  }

  /// Lines shown as they are.
  mutating func code(_ lines: [String]) {
    macro("Bd -literal -offset indent")
    for line in lines { text += Self.literal(line) + "\n" }
    macro("Ed")
  }

  /// Terms, each with its sentences below it.
  mutating func definitions(_ items: [(term: String, text: String)], isCompact: Bool = false) {
    macro("Bl -tag -width Ds" + (isCompact ? " -compact" : ""))
    for item in items {
      macro("It " + Self.argument(item.term))
      sentences(item.text)
    }
    macro("El")
  }

  // MARK: Escapes

  /// A string as one argument of a macro, spaces and all.
  static func argument(_ string: String) -> String {
    let escaped = string.replacingBytes { $0 == UInt8(ascii: "\"") ? "\\(dq" : literalEscape($0) }
    // The escape in front keeps a name such as "Ar" from being taken for a macro.
    return escaped.contains(" ") ? "\"" + escaped + "\"" : "\\&" + escaped
  }

  /// A line of running text; code in backquotes becomes bold.
  static func inline(_ line: String) -> String {
    var result = ""
    for (index, part) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      result += index.isMultiple(of: 2) ? plain(String(part)) : "\\fB" + code(String(part)) + "\\fP"
    }
    return guarded(result)
  }

  /// A line that must come out byte by byte.
  static func literal(_ line: String) -> String { guarded(code(line)) }

  private static func code(_ text: String) -> String { text.replacingBytes(literalEscape) }

  private static func plain(_ text: String) -> String {
    text.replacingBytes { $0 == UInt8(ascii: "\\") ? "\\e" : nil }
  }

  /// What typesetting would change: ASCII that becomes a typographic character.
  private static func literalEscape(_ byte: UInt8) -> String? {
    switch byte {
    case UInt8(ascii: "\\"): "\\e"
    case UInt8(ascii: "-"): "\\-"
    case UInt8(ascii: "'"): "\\(aq"
    case UInt8(ascii: "`"): "\\(ga"
    case UInt8(ascii: "^"): "\\(ha"
    case UInt8(ascii: "~"): "\\(ti"
    default: nil
    }
  }

  /// Keeps a line from being taken for a macro.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }
}

extension String {
  /// The text with some ASCII bytes replaced.
  fileprivate func replacingBytes(_ replacement: (UInt8) -> String?) -> String {
    var bytes: [UInt8] = []
    for byte in utf8 {
      if let new = replacement(byte) { bytes += new.utf8 } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
