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
      backup or not there.
      """,
      """
      Of an SQLite database it is a database itself, in one file. Of PostgreSQL, MariaDB and MySQL \
      it is one file of SQL with all definitions and rows, which nb db restore, nb db exec -f, psql \
      and mariadb load; nothing of theirs is needed to write it. What a database holds that the \
      file does not is listed, here and at the head of the file.
      """,
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("FILE", completion: .file([]), summary: "Where the backup goes"),
    ],
    flags: [overwrite] + ProgressFlags.all,
    examples: [
      Example("nb db backup app.db backup.db", "A verified copy"),
      Example("nb db backup @prod \"backup-$(date +%F).sql\"", "One a day, of a server's database"),
    ],
    exitStatuses: [
      ExitStatusNote(65, "The database is damaged"), ExitStatusNote(73, "FILE exists already"),
      ExitStatusNote(74, "FILE could not be written, for example because the disk is full"),
      ExitStatusNote(77, "The user may not read something, which is named"),
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
    let progress = BackupProgressView("backup", options.progress, context)
    let summary = try backup.backUp(to: options.path, overwrite: options.overwrites) {
      progress.show($0)
    }
    progress.end()
    if !summary.notCarried.isEmpty {
      context.operation.note("not in the backup: \(summary.notCarried.joined(separator: ", "))")
    }
    if context.terminal.isTerminal(.errors) {
      let size = ProgressUnit.bytes.amount(summary.bytes)
      context.operation.note("\(size) backed up to \(options.path) and verified")
    }
  }
}
