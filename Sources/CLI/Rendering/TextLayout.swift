/// Lays plain text out in 80 columns, as help screens have it.
struct TextLayout {
  static let width = 80

  private(set) var text = ""

  /// A blank line between blocks.
  mutating func space() {
    if !text.isEmpty { text += "\n" }
  }

  mutating func line(_ line: String) { text += line + "\n" }

  /// A heading after a blank line.
  mutating func heading(_ heading: String) {
    space()
    line(heading + ":")
  }

  /// Words wrapped, every line indented.
  mutating func paragraph(_ words: String, indent: Int) {
    let margin = String(repeating: " ", count: indent)
    for wrapped in Self.wrap(words, width: Self.width - indent) { line(margin + wrapped) }
  }

  /// Terms in a column, their descriptions wrapped in the next; a long term stands on its own line.
  mutating func definitions(_ items: [(term: String, text: String)], longest: Int = 28) {
    let column = min(longest, (items.map(\.term.count).max() ?? 0)) + 4
    let margin = String(repeating: " ", count: column)
    for item in items {
      var lines = Self.wrap(item.text, width: Self.width - column)[...]
      if item.term.count + 4 <= column {
        let padding = String(repeating: " ", count: column - item.term.count - 2)
        line(lines.isEmpty ? "  " + item.term : "  " + item.term + padding + lines.removeFirst())
      } else {
        line("  " + item.term)
      }
      for rest in lines { line(margin + rest) }
    }
  }

  /// Breaks at spaces so that no line is longer than `width`, unless one word is.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in text.split(separator: " ") {
      if !current.isEmpty, current.count + 1 + word.count > width {
        lines.append(current)
        current = ""
      }
      current += (current.isEmpty ? "" : " ") + word
    }
    if !current.isEmpty { lines.append(current) }
    return lines
  }
}
