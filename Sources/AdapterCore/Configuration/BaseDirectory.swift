import Platform

/// nb's folders by the XDG Base Directory Specification.
public enum BaseDirectory: Sendable {
  case configuration, cache, state

  /// The folder, which need not exist: `$XDG_CACHE_HOME/nb`, by default below the home folder; nil
  /// without either.
  public var path: String? {
    // The specification: a relative path is to be ignored.
    let base = Environment.nonEmptyValue(variable).flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (base ?? Environment.nonEmptyValue("HOME").map { $0 + "/" + defaultName })
      .map { $0 + "/nb" }
  }

  /// The file of a named session's cookies in the state folder; nil for a name that is no file's.
  public func cookieFile(named name: String) -> String? {
    guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), let path else { return nil }
    return path + "/cookies/" + name + ".txt"
  }

  private var variable: String {
    switch self {
    case .configuration: "XDG_CONFIG_HOME"
    case .cache: "XDG_CACHE_HOME"
    case .state: "XDG_STATE_HOME"
    }
  }

  private var defaultName: String {
    switch self {
    case .configuration: ".config"
    case .cache: ".cache"
    case .state: ".local/state"
    }
  }
}
