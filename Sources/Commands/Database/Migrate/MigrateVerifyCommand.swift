import AdapterCore
import CLI
import Migrations

/// `nb db migrate verify`: compares the files with what ran.
enum MigrateVerifyCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "verify"], summary: "Compare the applied migrations with their files",
    description: [
      """
      Line ends, a byte order mark and white space at a file's end don't count. Each file that \
      differs is named, with both checksums and the changed lines.
      """
    ],
    arguments: [DatabaseFlags.target], flags: [MigrateFlags.directory],
    examples: [Example("nb db migrate verify app.db", "In CI, before a release")],
    exitStatuses: [ExitStatusNote(73, "A file was changed after it was applied, or is gone")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationSource { try MigrationSource(invocation, context) }

  static func run(_ source: MigrationSource, _ context: CommandContext) throws(AdapterError) {
    let migrator = try source.open(context)
    let drift = try migrator.drift()
    guard !drift.isEmpty else { return }
    throw AdapterError(
      .conflict,
      drift.count == 1
        ? "an applied migration is not what ran"
        : "\(drift.count) applied migrations are not what ran",
      hint: "restore the files, or accept them with nb db migrate repair",
      details: drift.flatMap { [$0.summary] + $0.diff })
  }
}
