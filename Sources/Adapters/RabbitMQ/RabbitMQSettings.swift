import AdapterCore
import Platform

/// The settings of a target or profile, by the names of RabbitMQ's URI query parameters.
struct RabbitMQSettings {
  enum Authentication { case plain, external }

  private(set) var hosts: [Target.Host] = []
  private(set) var isTLS = false
  private(set) var virtualHost = "/"
  private(set) var user = "guest"
  private(set) var password = Secret("guest")
  private(set) var authentication = Authentication.plain
  /// nil: the system's.
  private(set) var authorityFile: String?
  private(set) var certificateFile: String?
  private(set) var keyFile: String?
  private(set) var verifiesPeer = true
  /// In seconds; 0: none. The broker may ask for less.
  private(set) var heartbeat = 30
  private(set) var connectTimeout = Duration.seconds(10)
  private(set) var connectionName = "nb"
  /// The beginning of the management plugin's URLs.
  private(set) var management: String?

  private static let names = [
    "auth_mechanism", "cacertfile", "certfile", "connection_name", "connection_timeout",
    "heartbeat", "keyfile", "management", "verify",
  ]

  /// Names that nb's other targets and profiles use for a setting.
  private static let aliases = [
    "sslrootcert": "cacertfile", "sslcert": "certfile", "sslkey": "keyfile",
  ]

  /// Throws `usage`, or `config` for a setting of a file, for a name or value that is none.
  init(_ address: Target.Address) throws(AdapterError) {
    isTLS = address.scheme == "amqps"
    let path = address.path.hasPrefix("/") ? String(address.path.dropFirst()) : address.path
    virtualHost = path.isEmpty ? "/" : path
    user = address.user ?? user
    password = address.password ?? (address.user == nil ? password : Secret(""))
    hosts = address.hosts.isEmpty ? [Target.Host(name: "localhost")] : address.hosts
    for setting in address.settings { try apply(setting) }
    guard (certificateFile == nil) == (keyFile == nil) else {
      throw AdapterError(.usage, "certfile and keyfile go together")
    }
  }

  func port(of host: Target.Host) -> Int { host.port ?? (isTLS ? 5671 : 5672) }

  private mutating func apply(_ setting: Target.Setting) throws(AdapterError) {
    let value = setting.value
    switch Self.aliases[setting.key] ?? setting.key {
    case "auth_mechanism":
      switch value.lowercased() {
      case "plain": authentication = .plain
      case "external": authentication = .external
      default: throw setting.error("auth_mechanism takes plain or external, not '\(value)'")
      }
    case "cacertfile": authorityFile = value
    case "certfile": certificateFile = value
    case "keyfile": keyFile = value
    case "verify":
      guard value == "verify_peer" || value == "verify_none" else {
        throw setting.error("verify takes verify_peer or verify_none, not '\(value)'")
      }
      verifiesPeer = value == "verify_peer"
    case "heartbeat": heartbeat = try Self.number(setting, in: 0...3600)
    case "connection_timeout":
      connectTimeout = .milliseconds(try Self.number(setting, in: 1...3_600_000))
    case "connection_name": connectionName = value
    case "management": management = value
    default:
      throw setting.error(
        "amqp: has no setting '\(setting.key)'",
        hint: closestMatch(to: setting.key, in: Self.names + QueueKeys.all)
          .map { "did you mean '\($0)'?" }
          ?? "known: \(Self.names.joined(separator: ", "))")
    }
  }

  private static func number(
    _ setting: Target.Setting, in range: ClosedRange<Int>
  ) throws(AdapterError) -> Int {
    guard let number = Int(setting.value), range.contains(number) else {
      throw setting.error(
        "\(setting.key) is a whole number from \(range.lowerBound) to \(range.upperBound)",
        hint: setting.key == "heartbeat" ? "in seconds; 0 turns it off" : "in milliseconds")
    }
    return number
  }

  /// The file of the authorities that a server's certificate is checked against.
  func trustedAuthorities() throws(AdapterError) -> String {
    if let authorityFile { return authorityFile }
    if let file = TLSOptions.systemAuthorityFile { return file }
    throw AdapterError(
      .unavailable, "this machine has no file of trusted authorities",
      hint: "install the package ca-certificates, or name one: cacertfile=FILE")
  }
}
