/// What a command works on, as it stands on the command line: a path, a URL, `:memory:` or a
/// `@profile`. Parsing is pure; which adapter serves a scheme is AdapterRegistry's business.
public enum Target: Equatable, Sendable {
  case profile(String)
  case address(Address)

  /// A place that an adapter can open.
  public struct Address: Equatable, Sendable {
    /// In lower case; "sqlite" for a bare path and for `:memory:`.
    public var scheme: String
    public var user: String?
    public var password: String?
    /// Host and port as written, a list separated by commas where the backend allows one.
    public var host: String?
    /// Percent-decoded; for sqlite the file's path or ":memory:".
    public var path: String
    /// Percent-decoded settings in the order written; a key may occur more than once.
    public var settings: [Setting]

    public init(
      scheme: String, user: String? = nil, password: String? = nil, host: String? = nil,
      path: String, settings: [Setting] = []
    ) {
      self.scheme = scheme
      self.user = user
      self.password = password
      self.host = host
      self.path = path
      self.settings = settings
    }

    public func setting(_ key: String) -> String? { settings.last { $0.key == key }?.value }
  }

  public struct Setting: Equatable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }
}
