import AdapterCore
import CLI
import Migrations

/// `nb db migrate adopt`: takes over another tool's history.
enum MigrateAdoptCommand: Command {
  struct Options {
    var source: MigrationSource
    var table: String?
    var dropsTable: Bool
    var locking: MigrationLocking
    var isDryRun: Bool
    var isApproved: Bool
  }

  static let table = FlagSpec(
    "table", .value(name: "TABLE"), completion: .table,
    summary: "The table of the other tool's history", defaultText: "the one that looks like it")

  static let drop = FlagSpec("drop", summary: "Drop the other tool's table in the same transaction")

  static let spec = CommandSpec(
    path: ["db", "migrate", "adopt"],
    summary: "Take over the history of dbmate, golang-migrate or goose",
    description: [
      """
      The tool is recognised by the columns of its table, whatever the table's name. What it \
      applied counts as applied from then on, with the checksums that the files have now.
      """
    ],
    arguments: [DatabaseFlags.target],
    flags: [
      MigrateFlags.directory, table, drop, MigrateFlags.lockTimeout, MigrateFlags.lock,
      MigrateFlags.dryRun, MigrateFlags.yes,
    ],
    examples: [
      Example("nb db migrate adopt app.db --dry-run", "What would be taken over"),
      Example("nb db migrate adopt app.db --dir db/migrations", "Go on with nb"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No table looks like a history"),
      ExitStatusNote(73, "nb has a history already, or the other one is dirty"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      source: try MigrationSource(invocation, context), table: invocation.string(table),
      dropsTable: invocation.isSet(drop),
      locking: try MigrateFlags.locking(invocation, context),
      isDryRun: invocation.isSet(MigrateFlags.dryRun),
      isApproved: invocation.isSet(MigrateFlags.yes))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    if options.isDryRun {
      let adoption = try options.source.open(context).adoptable(table: options.table)
      for row in adoption.rows { try context.print(row.label + "\n") }
      return
    }
    let migrator = try options.source.open(
      .write, options.locking, context)
    let adoption = try migrator.adopt(
      table: options.table, drop: options.dropsTable,
      approve: { (adoption) throws(AdapterError) in
        guard options.dropsTable else { return }
        let table = adoption.from.table.description
        try context.confirm(
          "drop \(table) of \(CommandContext.shown(options.source.target))?",
          isApproved: options.isApproved)
      })
    let count = adoption.rows.count
    context.operation.note(
      "adopted \(count) \(count == 1 ? "migration" : "migrations") from "
        + "\(adoption.from.tool.rawValue)'s \(adoption.from.table.description)")
    for row in adoption.missing { context.operation.note("\(row.label) has no file") }
  }
}
