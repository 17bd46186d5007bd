/// One flag of the command line: everything the parser, the help, the man pages, the completions
/// and the reference need to know of it. A command reads its value by naming this constant.
public struct FlagSpec: Sendable {
  public enum Arity: Sendable {
    /// Present or not; `--no-NAME` too when negatable.
    case toggle(negatable: Bool)
    /// Takes a value, the last one given counts; `name` stands for it in the help.
    case value(name: String)
    /// Takes a value and may be given again; all count, in order.
    case repeated(name: String)
    /// Takes all words behind it, flags as well: a command. Only in the long form.
    case rest(name: String)
    /// `--flag` alone means `default`; a value only in the form `--flag=value`.
    case optionalValue(name: String, default: String)
  }

  /// Under which heading the help lists it.
  public enum Group: String, CaseIterable, Sendable {
    case command = "Flags"
    case output = "Output"
    /// Not in the help of one screen.
    case rare = "More"
    case connection = "Connection"
    case global = "Global flags"
  }

  /// Without dashes.
  public let name: String
  public let short: Character?
  public let arity: Arity
  /// The allowed values; empty: any.
  public let choices: [Choice]
  public let completion: Completion
  public let group: Group
  /// One line, no full stop, under 70 characters.
  public let summary: String
  /// More for `--help` and the man page.
  public let details: String?
  /// The NB_* variable that gives its default.
  public let environment: String?
  /// What holds when it is not given, for the help.
  public let defaultText: String?

  public init(
    _ name: String, short: Character? = nil, _ arity: Arity = .toggle(negatable: false),
    choices: [Choice] = [], completion: Completion = .none, group: Group = .command,
    summary: String, details: String? = nil, environment: String? = nil,
    defaultText: String? = nil
  ) {
    self.name = name
    self.short = short
    self.arity = arity
    self.choices = choices
    self.completion = choices.isEmpty ? completion : .choices
    self.group = group
    self.summary = summary
    self.details = details
    self.environment = environment
    self.defaultText = defaultText
  }
}

/// One allowed value of a flag or an argument.
public struct Choice: Sendable {
  public let value: String
  /// What it means, a few words.
  public let summary: String

  public init(_ value: String, _ summary: String) {
    self.value = value
    self.summary = summary
  }
}

/// What the shell offers in place of a value.
public enum Completion: Equatable, Sendable {
  case none
  /// The spec's own choices.
  case choices
  /// Paths; of these endings only, unless empty.
  case file([String])
  case directory
  /// Profiles with `@`, paths of databases.
  case target
  /// Tables of the target given before.
  case table
  /// Columns of the table given before.
  case column
  /// Queues of the target given before.
  case queue
  /// Parts of an HTTP request: names of header fields.
  case requestItem
  case configKey
  case helpTopic
}
