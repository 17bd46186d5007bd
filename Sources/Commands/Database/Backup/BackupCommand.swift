import AdapterCore
import CLI
import Terminal

/// `nb db backup`: a database into one file.
enum BackupCommand: Command {
  struct Options {
    var target: String
    var path: String
    var overwrites: Bool
    var progress: ProgressOptions
  }

  static let overwrite = FlagSpec("overwrite", summary: "Replace FILE when it exists")

  static let spec = CommandSpec(
    path: ["db", "backup"], summary: "Copy a database into a file while it is in use",
    description: [
      """
      The copy is one state of the database, however much is written meanwhile. It is checked as a \
      whole and flushed to the disk before it appears under its name, so FILE is either a good \
      backup or not there. Of an SQLite database it is a database itself, in one file.
      """
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("FILE", completion: .file([]), summary: "Where the backup goes"),
    ],
    flags: [overwrite] + ProgressFlags.all,
    examples: [
      Example("nb db backup app.db backup.db", "A verified copy"),
      Example("nb db backup @prod \"backup-$(date +%F).db\"", "One a day"),
    ],
    exitStatuses: [
      ExitStatusNote(65, "The database is damaged"), ExitStatusNote(73, "FILE exists already"),
      ExitStatusNote(74, "FILE could not be written, for example because the disk is full"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: invocation.argument(0) ?? "", path: invocation.argument(1) ?? "",
      overwrites: invocation.isSet(overwrite),
      progress: try ProgressOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    let backup = try database.require(database.backup, "backup")
    let progress = BackupProgressView(options.progress, context)
    try backup.backUp(to: options.path, overwrite: options.overwrites) { progress.show($0) }
    progress.end()
    if context.terminal.isTerminal(.errors) {
      let size = ProgressUnit.bytes.amount(progress.totalBytes)
      context.operation.note("\(size) backed up to \(options.path) and verified")
    }
  }
}
