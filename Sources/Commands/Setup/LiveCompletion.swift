import AdapterCore
import AdapterRegistry
import CLI
import Platform

/// Profiles of the configuration, and tables, columns and queues of local SQLite files. Nothing
/// that would need the network, a password or a prompt is touched, and every fault means: nothing
/// to offer.
struct LiveCompletion: Completer.LiveValues {
  private let configuration: Configuration
  private let operation = OperationContext()

  /// `words` are those of the command line, where --config may stand.
  init(_ words: [String]) {
    let file = GlobalFlags.value(of: GlobalFlags.config, inUnparsed: words)
    configuration = Configuration(ConfigLocations(explicitFile: file.map(Self.expandingHome)))
  }

  func profiles() -> [CompletionAnswer.Candidate] {
    let profiles = (try? configuration.profiles()) ?? []
    return profiles.map { .init("@" + $0.name, "profile in \($0.position.file ?? "")") }
  }

  func tables(of target: String) -> [CompletionAnswer.Candidate] {
    guard let database = open(target) else { return [] }
    defer { database.close() }
    return ((try? database.tableNames()) ?? []).map { .init($0.description) }
  }

  func columns(of table: String, in target: String) -> [CompletionAnswer.Candidate] {
    guard let database = open(target) else { return [] }
    defer { database.close() }
    let columns = (try? database.schema(table: table))?.tables.first?.columns ?? []
    return columns.map { .init($0.name, $0.type) }
  }

  func queues(of target: String) -> [CompletionAnswer.Candidate] {
    guard let address = localAddress(target),
      let broker = try? AdapterRegistry.openQueue(address, .read, operation)
    else { return [] }
    defer { broker.close() }
    return ((try? broker.queues()) ?? []).map { .init($0) }
  }

  private func open(_ target: String) -> (any SQLDatabase)? {
    guard let address = localAddress(target) else { return nil }
    return try? AdapterRegistry.openSQL(address, SQLOpenOptions(access: .read), operation)
  }

  /// The address of an SQLite file; nil for everything else.
  private func localAddress(_ text: String) -> Target.Address? {
    let address: Target.Address
    switch try? Target.parse(Self.expandingHome(text)) {
    case .address(let given): address = given
    case .profile(let name):
      guard let profile = try? configuration.profile(name),
        !profile.entries.contains(where: { Secret.isSecretName($0.key) }),
        let known = try? configuration.address(of: text, operation)
      else { return nil }
      address = known
    case nil: return nil
    }
    guard address.scheme == "sqlite", address.path != ":memory:" else { return nil }
    return Target.Address(
      scheme: address.scheme, path: address.path,
      settings: [Target.Setting(key: "busy_timeout", value: "50")])
  }

  /// A shell would have replaced the tilde by now; on a line being typed it still stands there.
  private static func expandingHome(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Environment.value("HOME") else { return path }
    return home + path.dropFirst()
  }
}
