/// A group of commands: the first word of the grammar, or the first two ("db migrate").
public struct GroupSpec: Sendable {
  /// The words that call it, separated by one space.
  public let name: String
  /// One line, imperative, no full stop.
  public let summary: String
  /// Paragraphs for its man page.
  public let description: [String]

  public init(_ name: String, _ summary: String, description: [String] = []) {
    self.name = name
    self.summary = summary
    self.description = description
  }
}
