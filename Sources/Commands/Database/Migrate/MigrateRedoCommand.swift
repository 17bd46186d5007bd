import AdapterCore
import CLI
import Migrations

/// `nb db migrate redo`: reverts and applies again.
enum MigrateRedoCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "redo"], summary: "Revert the newest migration and apply it again",
    description: [
      """
      Both directions are one transaction, unless a file says transaction:false: when it fails, \
      the database is as it was. On a terminal it asks first; --yes doesn't.
      """
    ],
    arguments: [DatabaseFlags.target, MigrateFlags.count("How many; 1 without it")],
    flags: MigrationRun.flags + [MigrateFlags.yes],
    examples: [Example("nb db migrate redo app.db", "Try the last migration both ways")],
    exitStatuses: MigrationRun.exitStatuses)

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationRun {
    let count = try MigrateFlags.limit(invocation.argument(1) ?? "1") ?? Int.max
    var run = try MigrationRun(invocation, context, goal: .redo(count: count))
    run.isApproved = invocation.isSet(MigrateFlags.yes)
    return run
  }

  static func run(_ options: MigrationRun, _ context: CommandContext) throws(AdapterError) {
    try options.run(context)
  }
}
