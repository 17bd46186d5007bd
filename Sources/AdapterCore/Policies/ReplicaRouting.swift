import Platform

/// Read/write splitting: reading goes to a healthy replica, everything else to the primary.
///
/// The hosts stand in the settings `write_host` and `read_hosts` of a URL or profile; `max_lag` limits
/// how far a replica may be behind.
public struct ReplicaRouting {
  /// Opens one host; the adapter's own function.
  public typealias Opener = (Target.Address) throws(AdapterError) -> any SQLDatabase

  /// A replica that does not answer must not cost more than this, unless `connect_timeout` is set.
  private static let connectTimeout = "3"

  private let primary: Target.Address
  private let replicas: [Target.Address]
  private let maximumLag: Duration?
  private let operation: OperationContext

  /// Throws `usage` or `config` for malformed hosts and durations.
  public init(_ address: Target.Address, _ operation: OperationContext) throws(AdapterError) {
    self.operation = operation
    var plain = address
    plain.settings.removeAll { Self.settingNames.contains($0.key) }
    var primary = plain
    var replicas: [Target.Address] = []
    var maximumLag: Duration?
    for setting in address.settings {
      switch setting.key {
      case "write_host":
        guard let hosts = TargetParser.hosts(setting.value), !hosts.isEmpty else {
          throw Self.malformedHosts(setting)
        }
        primary.host = setting.value
      case "read_hosts":
        replicas = try Self.replicas(setting, plain)
      case "max_lag": maximumLag = try setting.duration()
      default: continue
      }
    }
    self.primary = primary
    self.replicas = replicas
    self.maximumLag = maximumLag
  }

  /// The settings that are routing's own; no adapter sees them.
  public static let settingNames: Set<String> = ["write_host", "read_hosts", "max_lag"]

  private static func replicas(
    _ setting: Target.Setting, _ plain: Target.Address
  ) throws(AdapterError) -> [Target.Address] {
    let names = setting.value.split(separator: ",", omittingEmptySubsequences: false)
    var replicas: [Target.Address] = []
    for name in names {
      let host = name.filter { !$0.isWhitespace }
      guard !host.isEmpty, TargetParser.hosts(host) != nil else { throw malformedHosts(setting) }
      var replica = plain
      replica.host = host
      if plain.setting("connect_timeout") == nil {
        replica.settings.append(Target.Setting(key: "connect_timeout", value: connectTimeout))
      }
      replicas.append(replica)
    }
    return replicas
  }

  private static func malformedHosts(_ setting: Target.Setting) -> AdapterError {
    setting.error(
      "\(setting.key) holds a malformed host",
      hint: "write HOST, HOST:PORT or [IPV6]:PORT"
        + (setting.key == "read_hosts" ? ", several separated by commas" : ""))
  }

  /// Opens a replica for reading, chosen at random among those that answer and are not too far
  /// behind; the primary for everything else, and when no replica will do. What is left out is
  /// noted.
  public func open(
    _ options: SQLOpenOptions, with opener: Opener
  ) throws(AdapterError) -> any SQLDatabase {
    guard options.access == .read, case .replica(let wanted) = options.readHost else {
      return try opener(primary)
    }
    let limit = wanted ?? maximumLag
    for replica in replicas.shuffled() {
      do throws(AdapterError) {
        let database = try opener(replica)
        guard let excess = try excessiveLag(of: database, limit) else { return database }
        operation.note("replica \(hostName(replica)) is left out: \(excess)")
        database.close()
      } catch {
        guard error.kind == .unavailable || error.kind == .temporary else { throw error }
        operation.note("replica \(hostName(replica)) is left out: \(error.message)")
      }
    }
    if !replicas.isEmpty { operation.note("no replica is fit; reading from the primary") }
    return try opener(primary)
  }

  /// Why the replica is too far behind; nil when it is not.
  private func excessiveLag(
    of database: any SQLDatabase, _ limit: Duration?
  ) throws(AdapterError) -> String? {
    guard let limit else { return nil }
    let replication = try database.require(database.replication, "replication status")
    guard let lag = try replication.lag(), lag > limit else { return nil }
    return "\(lag.secondsText) behind, and at most \(limit.secondsText) are allowed"
  }

  private func hostName(_ address: Target.Address) -> String { address.host ?? "" }
}
