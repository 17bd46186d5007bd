/// The code spans of a Markdown document.
enum MarkdownCode {
  /// What stands between single backticks, line by line; `\|` in a table is `|`.
  static func spans(in markdown: String) -> [String] {
    markdown.split(separator: "\n").flatMap { line in
      line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }
        .map { $0.element.split(separator: "\\|", omittingEmptySubsequences: false) }
        .map { $0.joined(separator: "|") }
    }
  }
}
