import AdapterCore
import AdapterRegistry
import CLI
import Migrations
import Platform
import Terminal

/// What the `db migrate` commands share.
enum MigrateFlags {
  static let directory = FlagSpec(
    "dir", .value(name: "DIR"), completion: .directory, summary: "The folder of the migrations",
    environment: "NB_MIGRATIONS_DIR", defaultText: "migrations")

  static let outOfOrder = FlagSpec(
    "out-of-order", .value(name: "POLICY"),
    choices: [
      Choice("error", "refuse it, with exit status 73"), Choice("apply", "run it"),
      Choice("skip", "leave it out"),
    ],
    summary: "What to do with a pending migration older than an applied one",
    environment: "NB_MIGRATIONS_OUT_OF_ORDER", defaultText: "error")

  static let lockTimeout = FlagSpec(
    "lock-timeout", .value(name: "DURATION"),
    summary: "How long to wait for another run or a table's lock; then status 75",
    details: """
      On a server each statement waits for a few seconds at most, so that those behind it in the \
      queue for the table go on; the migration then starts anew, until this time has passed.
      """,
    environment: "NB_MIGRATIONS_LOCK_TIMEOUT", defaultText: "30s")

  static let lock = FlagSpec(
    "lock", .value(name: "KIND"),
    choices: [
      Choice("auto", "session, or lease behind a pooler"),
      Choice("session", "a lock of the server's session or of the file system"),
      Choice("lease", "a row that is renewed; works behind every pooler"),
    ],
    summary: "What keeps two runs apart", environment: "NB_MIGRATIONS_LOCK", defaultText: "auto")

  static let dryRun = FlagSpec(
    "dry-run", summary: "Print what would be done, and do nothing")

  static let yes = FlagSpec("yes", short: "y", summary: "Don't ask, on a terminal either")

  /// What an operand that counts migrations may be.
  static func count(_ summary: String) -> ArgumentSpec {
    ArgumentSpec("N", .optional, summary: summary)
  }

  /// nil for "all"; throws `usage` for what is neither that nor a number above 0.
  static func limit(_ text: String) throws(AdapterError) -> Int? {
    if text == "all" { return nil }
    guard let number = Int(text), number > 0 else {
      throw AdapterError(.usage, "N takes a number from 1, or all, not '\(text)'")
    }
    // 20260102 is a version, and nobody has as many migrations.
    guard number < 100_000 else {
      throw AdapterError(
        .usage, "N counts migrations, and \(text) looks like a version",
        hint: "nb db migrate to TARGET \(text) goes up or down to it")
    }
    return number
  }

  static func version(_ text: String) throws(AdapterError) -> MigrationVersion {
    // A whole file name is what a shell completes to.
    let name = text.split(separator: "/").last.map(String.init) ?? text
    if let version = MigrationVersion(text) ?? MigrationFileName(name)?.version { return version }
    throw AdapterError(
      .usage, "VERSION takes the digits in front of a migration's name, not '\(text)'")
  }

  static func directory(
    _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> String {
    try context.setting(.migrationsDirectory, directory, invocation) ?? "migrations"
  }

  static func policy(
    _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> OutOfOrderPolicy {
    try context.setting(.migrationsOutOfOrder, outOfOrder, invocation)
      .flatMap(OutOfOrderPolicy.init(rawValue:)) ?? .error
  }

  /// How two runs are kept apart, as far as flags and settings say it.
  static func locking(
    _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationLocking {
    let kind = try context.setting(.migrationsLock, lock, invocation)
      .flatMap(MigrationLocking.Kind.init(rawValue:))
    let timeout = try context.duration(.migrationsLockTimeout, lockTimeout, invocation)
    return MigrationLocking(kind ?? .auto, timeout: timeout ?? .seconds(30))
  }
}

/// The database and the folder that a `db migrate` command works on.
struct MigrationSource: Equatable {
  var target: String
  var directory: String

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    target = invocation.argument(0) ?? ""
    directory = try MigrateFlags.directory(invocation, context)
  }

  /// Reads the folder and opens the database for looking. Faults of the files come first: they are
  /// the same for every database.
  ///
  /// - Parameter missingIsEmpty: whether a missing database counts as one without a history.
  func open(
    _ context: CommandContext, missingIsEmpty: Bool = false
  ) throws(AdapterError) -> Migrator {
    let migrations = try load(context)
    let database = try context.openDatabase(target, .read, missingIsEmpty: missingIsEmpty)
    return Migrator(database: database, migrations: migrations, operation: context.operation)
  }

  /// The same for changing. A run that is under way may lock the database so that it can't even be
  /// opened; that is waited for as for its lock on migrations.
  func open(
    _ access: SQLOpenOptions.Access, _ locking: MigrationLocking, _ context: CommandContext
  ) throws(AdapterError) -> Migrator {
    let migrations = try load(context)
    let timeout = locking.timeout
    let database = try openDatabase(access, timeout, context)
    var locking = locking
    let address = try context.address(of: target)
    locking.connect = { () throws(AdapterError) in
      // It gives a lease up when Ctrl-C has stopped the rest.
      try AdapterRegistry.openSQL(
        address, SQLOpenOptions(access: .write, lockWait: timeout),
        OperationContext(cancellation: Cancellation(heedsSignals: false)))
    }
    return Migrator(
      database: database, migrations: migrations, operation: context.operation, locking: locking)
  }

  private func load(_ context: CommandContext) throws(AdapterError) -> [Migration] {
    let directory = MigrationDirectory(directory)
    let migrations = try directory.load()
    for file in try directory.ignoredFiles() {
      context.operation.note("\(file) is ignored: no version stands in front of its name")
    }
    return migrations
  }

  private func openDatabase(
    _ access: SQLOpenOptions.Access, _ lockTimeout: Duration, _ context: CommandContext
  ) throws(AdapterError) -> any SQLDatabase {
    let deadline = Deadline.after(lockTimeout)
    while true {
      do throws(AdapterError) {
        return try context.openDatabase(target, access, lockWait: lockTimeout)
      } catch {
        // An attempt may have waited for less: as long as the target's own settings say.
        guard error.isRetryable, error.kind == .temporary else { throw error }
        if !deadline.isPassed {
          try context.operation.sleep(for: .milliseconds(50))
          continue
        }
        var error = error
        error.hint = "another run may be under way; raise --lock-timeout"
        throw error
      }
    }
  }
}
