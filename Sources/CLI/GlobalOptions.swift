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

  /// Takes each flag, then its environment variable. Throws `usage` for a flag's value that does not
  /// fit, `config` for a variable's.
  public init(
    _ invocation: Invocation, environment: (String) -> String?
  ) throws(AdapterError) {
    isQuiet = invocation.isSet(GlobalFlags.quiet)
    if let text = invocation.string(GlobalFlags.color) { color = Color(rawValue: text) ?? .auto }
    if let given = invocation.string(GlobalFlags.errorFormat) {
      errorFormat = ReportFormat(rawValue: given) ?? .text
    } else if let text = try ConfigKey.errorFormat.value(in: environment) {
      errorFormat = ReportFormat(rawValue: text) ?? .text
    }
    if let given = try invocation.duration(GlobalFlags.timeout) {
      timeout = given
    } else {
      timeout = try ConfigKey.timeout.value(in: environment).flatMap { Duration(nbText: $0) }
    }
    stats = invocation.string(GlobalFlags.stats).flatMap(ReportFormat.init)
    configFile =
      invocation.string(GlobalFlags.config)
      ?? GlobalFlags.config.environment
      .flatMap(environment).flatMap { $0.isEmpty ? nil : $0 }
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
