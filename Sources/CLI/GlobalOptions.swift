import AdapterCore

/// The values of the global flags, environment variables counted in.
public struct GlobalOptions: Sendable {
  public enum Color: String, Sendable { case auto, always, never }
  public enum ReportFormat: String, Sendable { case text, json }

  public var isQuiet = false
  public var color = Color.auto
  public var errorFormat = ReportFormat.text
  /// nil: no limit.
  public var timeout: Duration?
  /// nil: no summary at the end.
  public var stats: ReportFormat?
  /// The configuration file to read instead of the usual ones.
  public var configFile: String?

  public init() {}

  /// Takes each flag, then its environment variable. Throws `usage` for a value that is neither
  /// allowed nor readable.
  public init(
    _ invocation: Invocation, environment: (String) -> String?
  ) throws(AdapterError) {
    isQuiet = invocation.isSet(GlobalFlags.quiet)
    if let text = invocation.string(GlobalFlags.color) { color = Color(rawValue: text) ?? .auto }
    if let text = try invocation.string(GlobalFlags.errorFormat, environment: environment) {
      errorFormat = ReportFormat(rawValue: text) ?? .text
    }
    timeout = try invocation.duration(GlobalFlags.timeout, environment: environment)
    stats = invocation.string(GlobalFlags.stats).flatMap(ReportFormat.init)
    configFile = try invocation.string(GlobalFlags.config, environment: environment)
  }

  /// How to print an error of a command line that could not be parsed.
  public static func errorFormat(
    ofUnparsed words: [String], environment: (String) -> String?
  ) -> ReportFormat {
    let flag = GlobalFlags.errorFormat
    let found =
      GlobalFlags.value(of: flag, inUnparsed: words) ?? flag.environment.flatMap(environment)
    return found.flatMap(ReportFormat.init) ?? .text
  }
}

extension Invocation {
  /// The value given last, else a non-empty environment variable's. Throws `usage` for a variable
  /// whose value is not among the flag's choices.
  public func string(
    _ flag: FlagSpec, environment: (String) -> String?
  ) throws(AdapterError) -> String? {
    if let value = string(flag) { return value }
    guard let name = flag.environment, let value = environment(name), !value.isEmpty else {
      return nil
    }
    try checkChoice(value, of: flag.choices, for: name)
    return value
  }

  /// The duration given last, else a non-empty environment variable's.
  public func duration(
    _ flag: FlagSpec, environment: (String) -> String?
  ) throws(AdapterError) -> Duration? {
    if let duration = try duration(flag) { return duration }
    guard let name = flag.environment, let text = environment(name), !text.isEmpty else {
      return nil
    }
    guard let duration = Duration(nbText: text) else {
      throw AdapterError(
        .usage, "\(name) takes a duration such as 500ms, 30s or 5m, not '\(text)'")
    }
    return duration
  }
}
