import AdapterCore
import CLI
import Migrations
import Platform

/// What `up`, `down`, `redo` and `to` have in common: a goal, and how it is reached.
struct MigrationRun {
  var source: MigrationSource
  var goal: MigrationGoal
  var policy = OutOfOrderPolicy.error
  var locking: MigrationLocking
  var isDryRun: Bool
  var createsDatabase = false
  /// Whether reverting is not asked for.
  var isApproved = false

  /// The flags of all four.
  static let flags = [
    MigrateFlags.directory, MigrateFlags.lockTimeout, MigrateFlags.lock, MigrateFlags.dryRun,
  ]

  /// The exit statuses of all four.
  static let exitStatuses = [
    ExitStatusNote(1, "A statement failed; its migration was rolled back"),
    ExitStatusNote(73, "An applied file was changed, or a pending one is out of order"),
    ExitStatusNote(75, "Another run kept the lock for --lock-timeout"),
  ]

  init(
    _ invocation: Invocation, _ context: CommandContext, goal: MigrationGoal
  ) throws(AdapterError) {
    source = try MigrationSource(invocation, context)
    self.goal = goal
    locking = try MigrateFlags.locking(invocation, context)
    isDryRun = invocation.isSet(MigrateFlags.dryRun)
  }

  func run(_ context: CommandContext) throws(AdapterError) {
    if isDryRun { return try printPlan(context, missingIsEmpty: createsDatabase) }
    let migrator = try source.open(
      createsDatabase ? .create : .write, locking, context)
    var stepCount = 0
    try migrator.run(
      goal, policy,
      approve: { (units) throws(AdapterError) in
        stepCount = units.reduce(0) { $0 + $1.steps.count }
        try approve(units, context)
      },
      didRun: { unit, duration in note(unit, duration, context) })
    if stepCount == 0 { context.operation.note("nothing to do") }
  }

  /// Prints the SQL that would run.
  ///
  /// - Parameter missingIsEmpty: whether a missing database counts as one without a history.
  func printPlan(_ context: CommandContext, missingIsEmpty: Bool) throws(AdapterError) {
    let units = try source.open(context, missingIsEmpty: missingIsEmpty).plan(goal, policy)
    if units.isEmpty { context.operation.note("nothing to do") }
    for (index, unit) in units.enumerated() {
      if index > 0 { try context.print("\n") }
      try unit.write(context.print)
    }
  }

  private func approve(
    _ units: [MigrationUnit], _ context: CommandContext
  ) throws(AdapterError) {
    let reverted = units.flatMap(\.steps).filter { $0.direction == .down }.map(\.migration.label)
    guard !reverted.isEmpty else { return }
    let what =
      reverted.count <= 3
      ? reverted.joined(separator: ", ") : "\(reverted.count) migrations, \(reverted[0]) first"
    let isRedone = units.contains { $0.steps.contains { $0.direction == .up } }
    try context.confirm(
      "revert \(what) on \(CommandContext.shown(source.target))"
        + (isRedone ? ", and apply it again?" : "?"), isApproved: isApproved)
  }

  private func note(_ unit: MigrationUnit, _ duration: Duration, _ context: CommandContext) {
    let time = "in \(duration.inNanoseconds / 1_000_000) ms"
    for step in unit.steps {
      let verb = step.direction == .up ? "applied" : "reverted"
      context.operation.note(
        unit.steps.count == 1
          ? "\(verb) \(step.migration.label) \(time)"
          : "\(verb) \(step.migration.label)")
    }
  }
}
