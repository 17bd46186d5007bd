import AdapterCore
import CLI
import Migrations

/// `nb db migrate down`: reverts the newest migrations.
enum MigrateDownCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "down"], summary: "Revert the newest applied migration, or several",
    description: [
      """
      Runs the section for down of each, the newest first. When one of them has none, nothing is \
      reverted. A migration whose file is gone is reverted with the text that the history keeps.
      """,
      "On a terminal it asks first; --yes doesn't.",
    ],
    arguments: [DatabaseFlags.target, MigrateFlags.count("How many, or all; 1 without it")],
    flags: MigrationRun.flags + [MigrateFlags.yes],
    examples: [
      Example("nb db migrate down app.db", "Revert the last one"),
      Example("nb db migrate down app.db all --yes", "Revert everything"),
    ],
    exitStatuses: MigrationRun.exitStatuses)

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationRun {
    let limit = try MigrateFlags.limit(invocation.argument(1) ?? "1")
    var run = try MigrationRun(invocation, context, goal: .down(limit: limit))
    run.isApproved = invocation.isSet(MigrateFlags.yes)
    return run
  }

  static func run(_ options: MigrationRun, _ context: CommandContext) throws(AdapterError) {
    try options.run(context)
  }
}
