import AdapterCore
import CLI
import Terminal

/// `nb db restore`: a backup in place of a database's content.
enum RestoreCommand: Command {
  struct Options {
    var target: String
    var path: String
    var creates: Bool
    var isDryRun: Bool
    var isApproved: Bool
    var progress: ProgressOptions
  }

  static let dryRun = FlagSpec(
    "dry-run", summary: "Verify the backup and say what it would replace")

  static let yes = FlagSpec("yes", short: "y", summary: "Don't ask; needed without a terminal")

  static let spec = CommandSpec(
    path: ["db", "restore"], summary: "Replace a database's content with a backup",
    description: [
      """
      The backup is checked as a whole first: one that was cut short or altered is refused. Then all \
      of it takes the place of all that the database holds.
      """,
      """
      On SQLite and PostgreSQL that is one transaction: whoever has the database open sees what was \
      before or what is in the backup, also when nb is killed on the way. On MariaDB and MySQL, where \
      a definition commits at once, all is loaded into a database nb_restore_* first and the tables \
      are then exchanged in one statement; views, routines, triggers and events follow.
      """,
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("FILE", completion: .file([]), summary: "A backup made by nb db backup"),
    ],
    flags: [DatabaseFlags.create, dryRun, yes] + ProgressFlags.all,
    examples: [
      Example("nb db restore app.db backup.db", "Ask, then restore"),
      Example("nb db restore app.db backup.db --yes", "In a script"),
      Example("nb db restore new.db backup.db --create --yes", "Into a new database"),
    ],
    exitStatuses: [
      ExitStatusNote(1, "The answer was no"),
      ExitStatusNote(65, "FILE is no undamaged backup, or one of another engine"),
      ExitStatusNote(66, "No such file or database"),
      ExitStatusNote(75, "Somebody else holds the database's lock"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let options = Options(
      target: invocation.argument(0) ?? "", path: invocation.argument(1) ?? "",
      creates: invocation.isSet(DatabaseFlags.create), isDryRun: invocation.isSet(dryRun),
      isApproved: invocation.isSet(yes),
      progress: try ProgressOptions(invocation, context))
    guard options.isDryRun || options.isApproved || context.terminal.isTerminal(.input) else {
      throw AdapterError(
        .usage,
        "a restore replaces everything in \(CommandContext.shown(options.target)), and there is "
          + "nobody to ask",
        hint: "--yes does it, --dry-run says what it would replace")
    }
    return options
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let access: SQLOpenOptions.Access =
      options.isDryRun ? .read : options.creates ? .create : .write
    let database = try context.openDatabase(options.target, access)
    let backup = try database.require(database.backup, "restore")
    let progress = BackupProgressView("restore", options.progress, context)
    let isDone = try backup.restore(from: options.path) { plan throws(AdapterError) in
      progress.end()
      return try approve(plan, options, context)
    } progress: {
      progress.show($0)
    }
    progress.end()
    if isDone, context.terminal.isTerminal(.errors) {
      let size = ProgressUnit.bytes.amount(progress.totalBytes)
      context.operation.note("\(size) restored into \(CommandContext.shown(options.target))")
    }
  }

  /// Whether to go on; says or asks what is about to be replaced.
  private static func approve(
    _ plan: RestorePlan, _ options: Options, _ context: CommandContext
  ) throws(AdapterError) -> Bool {
    let change =
      "the content of \(CommandContext.shown(options.target)) (\(describe(plan.current))) "
      + "with \(options.path) (\(describe(plan.backup)))"
    if !plan.notCarried.isEmpty {
      let lost = plan.notCarried.joined(separator: ", ")
      context.operation.note("the database holds what a backup does not carry: \(lost)")
    }
    if options.isDryRun {
      context.operation.note("would replace \(change)")
      return false
    }
    try context.confirm("Replace \(change)?", isApproved: options.isApproved)
    return true
  }

  private static func describe(_ extent: RestorePlan.Extent) -> String {
    let tables = extent.tables == 1 ? "1 table" : "\(extent.tables) tables"
    return "\(tables), \(ProgressUnit.bytes.amount(extent.bytes))"
  }
}
