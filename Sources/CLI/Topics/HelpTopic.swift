/// A page of `nb help TOPIC`, also part of the man pages and of the reference.
public struct HelpTopic: Sendable {
  /// A piece of a page.
  public enum Block: Sendable {
    case heading(String)
    /// Code stands in backquotes.
    case paragraph(String)
    case definitions([(term: String, text: String)])
    /// Lines shown as they are.
    case code([String])
  }

  public let name: String
  /// One line, no full stop.
  public let summary: String
  public let blocks: [Block]

  /// All topics in the order of the help.
  public static let all = [
    targets, formats, parameters, select, expectations, paging, exitStatus, configuration,
    environment,
  ]

  public static func named(_ name: String) -> HelpTopic? { all.first { $0.name == name } }

  /// The page as plain text.
  public var text: String {
    var layout = TextLayout()
    layout.line("\(name) - \(summary.lowercasingFirst)")
    for block in blocks {
      switch block {
      case .heading(let heading):
        layout.space()
        layout.line(heading)
      case .paragraph(let words):
        layout.space()
        layout.paragraph(words.withoutCodeMarks, indent: 0)
      case .definitions(let items):
        layout.space()
        layout.definitions(items.map { ($0.term, $0.text.withoutCodeMarks) }, longest: 24)
      case .code(let lines):
        layout.space()
        for line in lines { layout.line("  " + line) }
      }
    }
    return layout.text
  }
}
