import AdapterCore
import Platform
import Transport

/// Where, as whom and how to connect.
struct RedisSettings {
  /// How the server with the data is found.
  enum Topology: Equatable {
    /// One of these, the first that answers; a node of a cluster names the others.
    case direct([TransportEndpoint])
    /// These sentinels know where the primary of this name is.
    case sentinels([TransportEndpoint], primary: String)
  }

  private(set) var topology: Topology
  private(set) var user: String?
  private(set) var password: Secret?
  private(set) var sentinelUser: String?
  private(set) var sentinelPassword: Secret?
  private(set) var database = 0
  private(set) var clientName = "nb"
  /// What the keys of all queues begin with, so that several can share a database.
  private(set) var prefix = "nb"
  /// How long an answer may take.
  private(set) var readTimeout = Duration.seconds(30)
  private(set) var transport = TransportOptions()

  static let schemes = ["redis", "rediss", "redis+unix", "redis+sentinel", "rediss+sentinel"]

  private static let names = [
    "client_name", "connect_timeout", "db", "password", "prefix", "read_timeout",
    "sentinel_password", "sentinel_user", "tls.ca", "tls.cert", "tls.key", "tls.key_password",
    "tls.verify", "user",
  ]

  /// Throws `usage`, or `config` for a setting of a file, for what makes no sense.
  init(_ address: Target.Address) throws(AdapterError) {
    user = address.user
    password = address.password
    var path = address.path.drop { $0 == "/" }
    switch address.scheme {
    case "redis+unix":
      guard !path.isEmpty, address.host == nil else {
        throw AdapterError(
          .usage, "redis+unix: names the path of a socket",
          hint: "write redis+unix:///run/redis/redis.sock, with ?db=N for another database")
      }
      topology = .direct([.unix(path: address.path)])
      path = ""
    case "redis+sentinel", "rediss+sentinel":
      let parts = path.split(separator: "/", maxSplits: 1)
      guard let primary = parts.first, !address.hosts.isEmpty else {
        throw AdapterError(
          .usage, "\(address.scheme): names sentinels and the primary they look after",
          hint: "write \(address.scheme)://HOST,HOST/PRIMARY or …/PRIMARY/DATABASE")
      }
      topology = .sentinels(
        Self.endpoints(address, defaultPort: 26379), primary: String(primary))
      path = parts.count > 1 ? parts[1] : ""
    default:
      topology = .direct(Self.endpoints(address, defaultPort: 6379))
    }
    if address.scheme.hasPrefix("rediss") { transport.tls = TLSOptions() }
    if !path.isEmpty {
      database = try Self.database(Target.Setting(key: "db", value: String(path)))
    }
    for setting in address.settings { try apply(setting) }
  }

  private static func endpoints(
    _ address: Target.Address, defaultPort: Int
  ) -> [TransportEndpoint] {
    let hosts = address.hosts
    guard !hosts.isEmpty else { return [.tcp(host: "localhost", port: defaultPort)] }
    return hosts.map { .tcp(host: $0.name, port: $0.port ?? defaultPort) }
  }

  private mutating func apply(_ setting: Target.Setting) throws(AdapterError) {
    let value = setting.value
    switch setting.key {
    case "db": database = try Self.database(setting)
    case "user": user = value
    case "password": password = Secret(value)
    case "sentinel_user": sentinelUser = value
    case "sentinel_password": sentinelPassword = Secret(value)
    case "client_name": clientName = value
    case "prefix":
      guard !value.isEmpty, !value.utf8.contains(where: { "{}".utf8.contains($0) }) else {
        throw setting.error("'\(value)' is no prefix of keys: it is empty or has braces")
      }
      prefix = value
    case "connect_timeout": transport.connectTimeout = try Self.duration(setting)
    case "read_timeout": readTimeout = try Self.duration(setting)
    case "tls.ca", "tls.cert", "tls.key", "tls.key_password", "tls.verify":
      try applyTLS(setting)
    default:
      throw setting.error(
        "Redis has no setting '\(setting.key)'",
        hint: closestMatch(to: setting.key, in: Self.names + QueueKeys.all)
          .map { "did you mean '\($0)'?" }
          ?? "the settings are \(Self.names.joined(separator: ", "))")
    }
  }

  private mutating func applyTLS(_ setting: Target.Setting) throws(AdapterError) {
    guard var tls = transport.tls else {
      throw setting.error(
        "\(setting.key) is for TLS, and this connection has none", hint: "write rediss:")
    }
    if setting.key == "tls.verify" {
      tls.verifiesServer = try setting.boolean()
    } else {
      _ = tls.take(setting)
    }
    transport.tls = tls
  }

  private static func database(_ setting: Target.Setting) throws(AdapterError) -> Int {
    guard let number = Int(setting.value), number >= 0 else {
      throw setting.error(
        "'\(setting.value)' is no number of a database",
        hint: "write redis://HOST:PORT/0; most servers have 0 to 15")
    }
    return number
  }

  private static func duration(_ setting: Target.Setting) throws(AdapterError) -> Duration {
    let duration = try setting.duration()
    guard duration > .zero else {
      throw setting.error("\(setting.key) is longer than nothing")
    }
    return duration
  }
}
