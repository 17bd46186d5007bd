import AdapterCore
import AdapterRegistry
import CLI

/// What the `db` commands share: their arguments and flags, and opening what a target names.
enum DatabaseFlags {
  static let target = ArgumentSpec(
    "TARGET", completion: .target,
    summary: "A path, a sqlite:, postgres: or mysql: URL, :memory: or @PROFILE")

  static let create = FlagSpec(
    "create", summary: "Create the database when it does not exist")

  static let noTransaction = FlagSpec(
    "no-tx", summary: "Run each statement on its own instead of all or nothing")

  static let batch = FlagSpec(
    "batch", .value(name: "ROWS"), summary: "Commit after this many rows",
    details: """
      Without it all rows are one transaction: an error leaves the database as it was. With it an \
      error leaves the batches that were committed, and says how many rows they hold.
      """)
}

/// Which host is read from, where the target names replicas.
enum ReadHostFlags {
  static let primary = FlagSpec(
    "primary", group: .connection, summary: "Read from the primary, not from a replica",
    details: "Matters for a target with read_hosts; see `nb help targets`.")

  static let maximumLag = FlagSpec(
    "max-lag", .value(name: "DURATION"), group: .connection,
    summary: "Leave out replicas that are further behind",
    defaultText: "the target's max_lag, otherwise any")

  static let all = [primary, maximumLag]

  static func readHost(_ invocation: Invocation) throws(AdapterError) -> SQLOpenOptions.ReadHost {
    let lag = try invocation.duration(maximumLag)
    guard invocation.isSet(primary) else { return .replica(maximumLag: lag) }
    guard lag == nil else {
      throw AdapterError(.usage, "--primary and --max-lag exclude each other")
    }
    return .primary
  }
}

extension CommandContext {
  /// Opens the database that a target names.
  ///
  /// - Parameters:
  ///   - missingIsEmpty: whether a missing one is read as an empty one.
  ///   - lockWait: how long its locks are waited for, if not as long as usual.
  func openDatabase(
    _ target: String, _ access: SQLOpenOptions.Access,
    readHost: SQLOpenOptions.ReadHost = .primary, missingIsEmpty: Bool = false,
    lockWait: Duration? = nil
  ) throws(AdapterError) -> any SQLDatabase {
    let options = SQLOpenOptions(
      access: access, readHost: readHost, missingIsEmpty: missingIsEmpty, lockWait: lockWait)
    return try AdapterRegistry.openSQL(try address(of: target), options, operation)
  }
}
