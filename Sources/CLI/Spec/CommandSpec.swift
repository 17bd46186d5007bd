/// One command of nb: its place in the grammar and all of its interface.
public struct CommandSpec: Sendable {
  /// The words that call it: ["db", "query"].
  public let path: [String]
  /// One line, imperative, no full stop.
  public let summary: String
  /// Paragraphs for `--help` and the man page.
  public let description: [String]
  public let arguments: [ArgumentSpec]
  /// Its own flags and those of the groups it takes; global flags are added by the table.
  public let flags: [FlagSpec]
  public let environment: [EnvironmentSpec]
  public let examples: [Example]
  /// What its exit statuses mean beyond the general table.
  public let exitStatuses: [ExitStatusNote]
  /// Left out of help, man pages and completions (`__complete`).
  public let isHidden: Bool

  public init(
    path: [String], summary: String, description: [String] = [], arguments: [ArgumentSpec] = [],
    flags: [FlagSpec] = [], environment: [EnvironmentSpec] = [], examples: [Example] = [],
    exitStatuses: [ExitStatusNote] = [], isHidden: Bool = false
  ) {
    self.path = path
    self.summary = summary
    self.description = description
    self.arguments = arguments
    self.flags = flags
    self.environment = environment
    self.examples = examples
    self.exitStatuses = exitStatuses
    self.isHidden = isHidden
  }

  /// "nb db query".
  public var name: String { (["nb"] + path).joined(separator: " ") }
}

/// A positional argument.
public struct ArgumentSpec: Sendable {
  public enum Arity: Sendable {
    case required, optional
    /// Any number, also none; only the last argument of a command.
    case repeated
  }

  /// In capitals: "TARGET".
  public let name: String
  public let arity: Arity
  public let choices: [Choice]
  public let completion: Completion
  public let summary: String

  public init(
    _ name: String, _ arity: Arity = .required, choices: [Choice] = [],
    completion: Completion = .none, summary: String
  ) {
    self.name = name
    self.arity = arity
    self.choices = choices
    self.completion = choices.isEmpty ? completion : .choices
    self.summary = summary
  }
}

public struct EnvironmentSpec: Sendable {
  public let name: String
  public let summary: String

  public init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }
}

public struct Example: Sendable {
  /// A whole line as typed in a shell, beginning with `nb` or piping into it.
  public let command: String
  public let summary: String

  public init(_ command: String, _ summary: String) {
    self.command = command
    self.summary = summary
  }
}

public struct ExitStatusNote: Sendable {
  public let status: Int32
  public let summary: String

  public init(_ status: Int32, _ summary: String) {
    self.status = status
    self.summary = summary
  }
}
