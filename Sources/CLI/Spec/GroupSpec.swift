/// A group of commands: the first word of the grammar.
public struct GroupSpec: Sendable {
  public let name: String
  /// One line, imperative, no full stop.
  public let summary: String

  public init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }
}
