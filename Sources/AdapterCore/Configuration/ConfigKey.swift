/// A setting of nb: everything that reading, checking, showing and documenting it needs.
public struct ConfigKey: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case text
    case boolean
    case integer(ClosedRange<Int>)
    /// `500ms`, `30s`; in TOML also a number of seconds.
    case duration
    case choice([String])
    /// A path; one in a file is relative to that file's folder, `~/` is the home folder.
    case path
  }

  /// As written in a file, dotted: "migrations.dir".
  public let name: String
  public let kind: Kind
  /// The flag that comes before all of them, without dashes.
  public let flag: String
  /// The variable that overrides every file; nil when there is none.
  public let environment: String?
  /// nil: it depends, as `defaultText` says.
  public let defaultValue: String?
  /// What holds when it is set nowhere, for the documentation.
  public let defaultText: String
  /// One line, imperative or a noun, no full stop.
  public let summary: String

  init(
    _ name: String, _ kind: Kind, flag: String, environment: String? = nil,
    default defaultValue: String? = nil, defaultText: String? = nil, summary: String
  ) {
    self.name = name
    self.kind = kind
    self.flag = flag
    self.environment = environment
    self.defaultValue = defaultValue
    self.defaultText = defaultText ?? defaultValue ?? "none"
    self.summary = summary
  }

  /// The value in its one form ("true" for "yes"); nil when it does not fit the kind.
  func normalize(_ text: String) -> String? {
    switch kind {
    case .text, .path: return text
    case .boolean:
      switch text.lowercased() {
      case "true", "yes", "on", "1": return "true"
      case "false", "no", "off", "0": return "false"
      default: return nil
      }
    case .integer(let range): return Int(text).flatMap { range.contains($0) ? String($0) : nil }
    case .duration: return Duration(nbText: text) == nil ? nil : text
    case .choice(let choices): return choices.contains(text) ? text : nil
    }
  }

  /// The value of the key's variable; an empty one counts as unset. Throws `config` for a value that
  /// does not fit.
  public func value(in environment: (String) -> String?) throws(AdapterError) -> String? {
    guard let name = self.environment, let text = environment(name), !text.isEmpty else {
      return nil
    }
    if let value = normalize(text) { return value }
    throw AdapterError(
      .config, "the variable \(name) \(requirement), not '\(text)'",
      hint: suggestion(for: text) ?? "change it, or remove it with: unset \(name)")
  }

  /// A hint with the choice that a misspelt value probably means.
  func suggestion(for value: String) -> String? {
    guard case .choice(let choices) = kind else { return nil }
    return closestMatch(to: value, in: choices).map { "did you mean '\($0)'?" }
  }

  /// What the key takes, for messages: "takes true or false".
  public var requirement: String {
    switch kind {
    case .text: "takes a text"
    case .path: "takes a path"
    case .boolean: "takes true or false"
    case .integer(let range):
      "takes a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .duration: "takes a duration such as 500ms, 30s or 5m"
    case .choice(let choices): "takes one of \(choices.joined(separator: ", "))"
    }
  }
}

extension ConfigKey {
  public static let output = ConfigKey(
    "output", .choice(["table", "csv", "tsv", "json", "ndjson", "vertical", "markdown"]),
    flag: "output", environment: "NB_OUTPUT", defaultText: "table on a terminal, otherwise tsv",
    summary: "Format of records")
  public static let header = ConfigKey(
    "header", .boolean, flag: "header", environment: "NB_HEADER",
    defaultText: "yes for table, csv and markdown; no for tsv",
    summary: "Whether column names are printed")
  public static let color = ConfigKey(
    "color", .choice(["auto", "always", "never"]), flag: "color", default: "auto",
    summary: "When to use colour; NO_COLOR and the like come before it")
  public static let errorFormat = ConfigKey(
    "error_format", .choice(["text", "json"]), flag: "error-format",
    environment: "NB_ERROR_FORMAT", default: "text", summary: "How errors are printed on stderr")
  public static let timeout = ConfigKey(
    "timeout", .duration, flag: "timeout", environment: "NB_TIMEOUT", defaultText: "no limit",
    summary: "Stop every command after this time")
  public static let progressWhen = ConfigKey(
    "progress.when", .choice(["auto", "always", "lines", "never"]), flag: "progress",
    environment: "NB_PROGRESS", default: "auto", summary: "How progress is shown on stderr")
  public static let progressStyle = ConfigKey(
    "progress.style", .choice(["auto", "line", "blocks", "ascii", "none"]),
    flag: "progress-style", environment: "NB_PROGRESS_STYLE", default: "auto",
    summary: "What progress bars look like")
  public static let progressWidth = ConfigKey(
    "progress.width", .integer(6...500), flag: "progress-width", environment: "NB_PROGRESS_WIDTH",
    default: "40", summary: "The most columns of a progress bar")
  public static let progressInterval = ConfigKey(
    "progress.interval", .duration, flag: "progress-interval",
    environment: "NB_PROGRESS_INTERVAL", defaultText: "100ms for bars, 10s for lines",
    summary: "Time between two updates of the progress")
  public static let migrationsDirectory = ConfigKey(
    "migrations.dir", .path, flag: "dir", environment: "NB_MIGRATIONS_DIR", default: "migrations",
    summary: "Folder of the migration files")
  public static let migrationsOutOfOrder = ConfigKey(
    "migrations.out_of_order", .choice(["error", "apply", "skip"]), flag: "out-of-order",
    environment: "NB_MIGRATIONS_OUT_OF_ORDER", default: "error",
    summary: "What is done with a pending migration older than an applied one")
  public static let migrationsLockTimeout = ConfigKey(
    "migrations.lock_timeout", .duration, flag: "lock-timeout",
    environment: "NB_MIGRATIONS_LOCK_TIMEOUT", default: "30s",
    summary: "How long db migrate waits for another run or a table's lock")
  public static let migrationsLock = ConfigKey(
    "migrations.lock", .choice(["auto", "session", "lease"]), flag: "lock",
    environment: "NB_MIGRATIONS_LOCK", default: "auto",
    summary: "What keeps two runs of db migrate apart")

  /// Every key there is, in the order of the documentation.
  public static let all = [
    output, header, color, errorFormat, timeout, progressWhen, progressStyle, progressWidth,
    progressInterval, migrationsDirectory, migrationsOutOfOrder, migrationsLockTimeout,
    migrationsLock,
  ]

  /// The key of this name.
  public static func named(_ name: String) -> ConfigKey? { all.first { $0.name == name } }
}
