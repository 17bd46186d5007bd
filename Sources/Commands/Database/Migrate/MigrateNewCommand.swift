import AdapterCore
import CLI
import Migrations

/// `nb db migrate new`: creates the files of a migration.
enum MigrateNewCommand: Command {
  struct Options: Equatable {
    var name: String
    var directory: String
    var isPair: Bool
  }

  static let pair = FlagSpec("pair", summary: "Create NAME.up.sql and NAME.down.sql, not one file")

  static let spec = CommandSpec(
    path: ["db", "migrate", "new"], summary: "Create an empty migration and print its path",
    description: ["Its version is the time in UTC. The folder is created when it is missing."],
    arguments: [ArgumentSpec("NAME", summary: "What it does: letters, digits, _ and -")],
    flags: [MigrateFlags.directory, pair],
    examples: [
      Example(
        "nb db migrate new add_users", "A file such as migrations/20240131120000_add_users.sql")
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      name: invocation.argument(0) ?? "",
      directory: try MigrateFlags.directory(invocation, context),
      isPair: invocation.isSet(pair))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let paths = try MigrationDirectory(options.directory)
      .create(name: options.name, isPair: options.isPair)
    for path in paths { try context.print(path + "\n") }
  }
}
