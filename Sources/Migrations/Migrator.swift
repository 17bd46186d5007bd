import AdapterCore
import Platform

/// The migrations of one database: what stands in files brought together with what its history
/// says.
public struct Migrator {
  let database: any SQLDatabase
  let migrations: [Migration]
  let operation: OperationContext
  let locking: MigrationLocking

  let history: MigrationHistory

  /// `migrations` by version, as `MigrationDirectory` gives them.
  public init(
    database: any SQLDatabase, migrations: [Migration], operation: OperationContext,
    locking: MigrationLocking = MigrationLocking(timeout: .zero)
  ) {
    self.database = database
    history = MigrationHistory(database: database)
    self.migrations = migrations
    self.operation = operation
    self.locking = locking
  }

  // MARK: Looking

  public func status() throws(AdapterError) -> [MigrationStatus] {
    MigrationStatus.list(migrations, try history.load())
  }

  /// The applied migrations whose files changed or are gone.
  public func drift() throws(AdapterError) -> [MigrationDrift] {
    MigrationDrift.find(migrations, try history.load())
  }

  /// What `run` would do, in order. Throws as `MigrationPlanner.units` does.
  public func plan(
    _ goal: MigrationGoal, _ policy: OutOfOrderPolicy = .error
  ) throws(AdapterError) -> [MigrationUnit] {
    let rows = try history.load()
    if try !history.exists() { try refuseUnadoptedHistory() }
    let keys = database.foreignKeys
    let planner = MigrationPlanner(
      migrations: migrations, history: rows, dialect: database.dialect, policy: policy,
      foreignKeySetting: { keys?.setting(by: $0) })
    return try planner.units(for: goal)
  }

  /// The schema as SQL that loads again, the same for the same schema.
  public func dump() throws(AdapterError) -> String {
    try SchemaDump.render(history, try history.load())
  }

  // MARK: Changing

  /// Runs what leads to the goal, one unit after the other, while no other run does.
  ///
  /// `approve` sees the plan before anything changes and throws to refuse it; `didRun` gets each
  /// unit when it is done and how long it took.
  public func run(
    _ goal: MigrationGoal, _ policy: OutOfOrderPolicy = .error,
    approve: ([MigrationUnit]) throws(AdapterError) -> Void = { _ in },
    didRun: (MigrationUnit, Duration) -> Void = { _, _ in }
  ) throws(AdapterError) {
    try withLock { lock throws(AdapterError) in
      let units = try plan(goal, policy)
      try approve(units)
      let runner = MigrationRunner(
        database: database, operation: operation, history: history, lock: lock,
        patience: locking.timeout)
      try run(units, with: runner, didRun)
    }
  }

  /// Runs one unit after the other, or up to as many as are done already together: what a slow one
  /// among them holds back, and an interrupt undoes, is no more than what is committed.
  private func run(
    _ units: [MigrationUnit], with runner: MigrationRunner,
    _ didRun: (MigrationUnit, Duration) -> Void
  ) throws(AdapterError) {
    var rest = units[...]
    var runsTogether = true
    var done = 0
    while let unit = rest.first {
      try operation.cancellation.check()
      let durations = runsTogether ? try runner.runTogether(rest.prefix(done)) : []
      if let durations, !durations.isEmpty {
        for (unit, duration) in zip(rest, durations) { didRun(unit, duration) }
        rest.removeFirst(durations.count)
        done += durations.count
        continue
      }
      // The one that failed among others tells by itself how.
      if durations == nil { runsTogether = false }
      didRun(unit, try runner.run(unit))
      rest.removeFirst()
      done += 1
    }
  }

  /// What `repair` would settle. Throws `usage` when a half-run migration needs `mark`.
  public func repairs(mark: RepairAction.Mark?) throws(AdapterError) -> [RepairAction] {
    try RepairAction.plan(migrations, try history.load(), mark: mark)
  }

  /// Settles the history where it and the files differ.
  public func repair(
    mark: RepairAction.Mark?,
    approve: ([RepairAction]) throws(AdapterError) -> Void = { _ in }
  ) throws(AdapterError) -> [RepairAction] {
    try withLock { lock throws(AdapterError) in
      let actions = try repairs(mark: mark)
      try approve(actions)
      try database.transaction(.write) { () throws(AdapterError) in
        try lock.confirm()
        for action in actions { try action.apply(to: history) }
      }
      return actions
    }
  }

  func withLock<Result>(
    _ body: (any MigrationLock) throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    let lock = try locking.lock(database, operation)
    defer { lock.release() }
    return try body(lock)
  }
}
