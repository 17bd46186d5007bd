import AdapterCore
import CLI
import Migrations

/// `nb db migrate plan`: prints the SQL of a run.
enum MigratePlanCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "plan"], summary: "Print the SQL that a run would execute, in order",
    description: [
      """
      The database is opened for reading, and nothing in it changes. One that does not exist counts \
      as empty, and is not created.
      """
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec(
        "GOAL", .optional,
        choices: [
          Choice("up", "apply the pending ones (the default)"), Choice("down", "revert"),
          Choice("redo", "revert and apply again"), Choice("to", "lead to a version"),
        ],
        summary: "Which run"),
      ArgumentSpec("N", .optional, summary: "How many, as for that command; the version for to"),
    ],
    flags: [MigrateFlags.directory, MigrateFlags.outOfOrder],
    examples: [
      Example("nb db migrate plan app.db", "What up would run"),
      Example("nb db migrate plan app.db down 2", "What down 2 would run"),
    ],
    exitStatuses: [
      ExitStatusNote(73, "An applied file was changed, or a pending one is out of order")
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationRun {
    let operand = invocation.argument(2)
    let goal: MigrationGoal =
      switch invocation.argument(1) {
      case "down": .down(limit: try MigrateFlags.limit(operand ?? "1"))
      case "redo": .redo(count: try MigrateFlags.limit(operand ?? "1") ?? Int.max)
      case "to":
        .to(try MigrateFlags.version(try requireVersion(operand)))
      default: .up(limit: try MigrateFlags.limit(operand ?? "all"))
      }
    var run = try MigrationRun(invocation, context, goal: goal)
    run.policy = try MigrateFlags.policy(invocation, context)
    return run
  }

  private static func requireVersion(_ operand: String?) throws(AdapterError) -> String {
    if let operand { return operand }
    throw AdapterError(
      .usage, "plan to needs a version", hint: "nb db migrate plan TARGET to VERSION")
  }

  static func run(_ options: MigrationRun, _ context: CommandContext) throws(AdapterError) {
    try options.printPlan(context, missingIsEmpty: true)
  }
}
