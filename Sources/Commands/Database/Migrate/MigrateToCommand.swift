import AdapterCore
import CLI
import Migrations

/// `nb db migrate to`: applies and reverts up to a version.
enum MigrateToCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "to"], summary: "Apply or revert until VERSION is the newest applied",
    description: [
      "Migrations above VERSION are reverted, and those up to it applied. 0 reverts all."
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec(
        "VERSION", completion: .file(["sql"]),
        summary: "The digits in front of a migration's name, or 0"),
    ],
    flags: MigrationRun.flags + [MigrateFlags.outOfOrder, MigrateFlags.yes, DatabaseFlags.create],
    examples: [Example("nb db migrate to app.db 20240131120000", "Just what was there then")],
    exitStatuses: MigrationRun.exitStatuses + [ExitStatusNote(66, "There is no such migration")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationRun {
    let version = try MigrateFlags.version(invocation.argument(1) ?? "")
    var run = try MigrationRun(invocation, context, goal: .to(version))
    run.policy = try MigrateFlags.policy(invocation, context)
    run.isApproved = invocation.isSet(MigrateFlags.yes)
    run.createsDatabase = invocation.isSet(DatabaseFlags.create)
    return run
  }

  static func run(_ options: MigrationRun, _ context: CommandContext) throws(AdapterError) {
    try options.run(context)
  }
}
