/// What a command works on, as it stands on the command line: a path, a URL, `:memory:` or a
/// `@profile`. Which adapter serves a scheme is AdapterRegistry's business.
public enum Target: Equatable, Sendable {
  case profile(String)
  case address(Address)

  /// A place that an adapter can open.
  public struct Address: Equatable, Sendable {
    /// In lower case; "sqlite" for a bare path and for `:memory:`.
    public var scheme: String
    public var user: String?
    public var password: Secret?
    /// Host and port as written, a list separated by commas where the backend allows one.
    public var host: String?
    /// Percent-decoded, with its leading slash after a host; for sqlite the file's path or
    /// ":memory:".
    public var path: String
    /// Percent-decoded settings in the order written; a key may occur more than once.
    public var settings: [Setting]

    public init(
      scheme: String, user: String? = nil, password: Secret? = nil, host: String? = nil,
      path: String, settings: [Setting] = []
    ) {
      self.scheme = scheme
      self.user = user
      self.password = password
      self.host = host
      self.path = path
      self.settings = settings
    }

    /// The value of the setting, the last one when it was given more than once.
    public func setting(_ key: String) -> String? { settings.last { $0.key == key }?.value }
  }

  public struct Setting: Equatable, Sendable {
    public var key: String
    public var value: String
    /// Where in a configuration file it stands; nil for one of a URL.
    public var position: SourcePosition?

    public init(key: String, value: String, position: SourcePosition? = nil) {
      self.key = key
      self.value = value
      self.position = position
    }

    /// An error about this setting: `config` with its place in the file, or `usage` for a URL.
    public func error(_ message: String, hint: String? = nil) -> AdapterError {
      AdapterError(position == nil ? .usage : .config, message, position: position, hint: hint)
    }
  }

  /// One host of an address.
  public struct Host: Equatable, Sendable {
    /// Percent-decoded, an IPv6 address without its brackets.
    public var name: String
    /// nil: the backend's default.
    public var port: Int?

    public init(name: String, port: Int? = nil) {
      self.name = name
      self.port = port
    }
  }
}

extension Target.Address {
  /// The hosts in the order written.
  public var hosts: [Target.Host] { host.flatMap(TargetParser.hosts) ?? [] }

  /// As a person would write it, without secrets: the bare path of an SQLite file, otherwise a URL
  /// with `***` in place of the password and of every setting that names a secret.
  public var redacted: String {
    if scheme == "sqlite", host == nil, settings.isEmpty { return path }
    var text = scheme + ":"
    if host != nil || user != nil || password != nil || path.hasPrefix("/") && scheme != "sqlite" {
      text += "//"
      if let user { text += PercentEncoding.encode(user, allowed: "") }
      if password != nil { text += ":***" }
      if user != nil || password != nil { text += "@" }
      text += host ?? ""
    }
    // Behind a password an @ would look like its end.
    let plain: StaticString = password == nil ? "/:@+," : "/:+,"
    text += PercentEncoding.encode(path, allowed: plain)
    let query = settings.map { setting in
      let value =
        Secret.isSecretName(setting.key)
        ? "***" : PercentEncoding.encode(setting.value, allowed: plain)
      return PercentEncoding.encode(setting.key, allowed: "") + "=" + value
    }
    return query.isEmpty ? text : text + "?" + query.joined(separator: "&")
  }
}

extension Target.Address: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String { redacted }
  public var debugDescription: String { redacted }
}

extension Target {
  /// As a person would write it, without secrets.
  public var redacted: String {
    switch self {
    case .profile(let name): "@" + name
    case .address(let address): address.redacted
    }
  }

  /// Reads a target as typed: a path, `:memory:`, `@profile`, `sqlite:PATH?KEY=VALUE`,
  /// `sqlite:///PATH`, `file:PATH`, or `SCHEME://USER:PASSWORD@HOST:PORT/PATH?KEY=VALUE` (RFC 3986)
  /// with a list of hosts. A file whose name reads as a URL is reached as `./NAME`. Pure: nothing is
  /// looked up.
  ///
  /// Throws `usage`; no part of a password ever stands in the message.
  public static func parse(_ text: String) throws(AdapterError) -> Target {
    try TargetParser.parse(text)
  }
}
