import AdapterCore
import CLI
import Migrations

/// `nb db migrate repair`: brings the history in line with the files.
enum MigrateRepairCommand: Command {
  struct Options {
    var source: MigrationSource
    var mark: RepairAction.Mark?
    var locking: MigrationLocking
    var isDryRun: Bool
    var isApproved: Bool
  }

  static let mark = FlagSpec(
    "mark", .value(name: "STATE"),
    choices: [
      Choice("applied", "you finished it by hand"), Choice("pending", "you undid it by hand"),
    ],
    summary: "How a half-run migration counts from now on")

  static let spec = CommandSpec(
    path: ["db", "migrate", "repair"], summary: "Bring the history in line with the files",
    description: [
      """
      Changed files are accepted as they are now, and migrations whose files are gone are dropped \
      from the history. The schema itself is never touched. On a terminal it asks first; --yes \
      doesn't.
      """
    ],
    arguments: [DatabaseFlags.target],
    flags: [
      MigrateFlags.directory, mark, MigrateFlags.lockTimeout, MigrateFlags.lock,
      MigrateFlags.dryRun, MigrateFlags.yes,
    ],
    examples: [
      Example("nb db migrate repair app.db --dry-run", "What there is to settle"),
      Example("nb db migrate repair app.db --mark applied --yes", "After finishing one by hand"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      source: try MigrationSource(invocation, context),
      mark: invocation.string(mark).flatMap(RepairAction.Mark.init(rawValue:)),
      locking: try MigrateFlags.locking(invocation, context),
      isDryRun: invocation.isSet(MigrateFlags.dryRun),
      isApproved: invocation.isSet(MigrateFlags.yes))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    if options.isDryRun {
      let actions = try options.source.open(context).repairs(mark: options.mark)
      for action in actions { try context.print(action.summary + "\n") }
      return
    }
    let migrator = try options.source.open(
      .write, options.locking, context)
    let actions = try migrator.repair(
      mark: options.mark,
      approve: { (actions) throws(AdapterError) in
        for action in actions { context.operation.note(action.summary) }
        if actions.isEmpty { return }
        try context.confirm(
          "change the history of \(CommandContext.shown(options.source.target)) so?",
          isApproved: options.isApproved)
      })
    if actions.isEmpty { context.operation.note("nothing to do") }
  }
}
