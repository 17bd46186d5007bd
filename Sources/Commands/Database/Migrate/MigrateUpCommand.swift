import AdapterCore
import CLI
import Migrations

/// `nb db migrate up`: applies pending migrations.
enum MigrateUpCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "migrate", "up"], summary: "Apply the pending migrations",
    description: [
      """
      A migration is a file whose name begins with its version: NAME.sql with the sections \
      '-- migrate:up' and '-- migrate:down', a pair NAME.up.sql and NAME.down.sql, or a file with \
      goose's annotations.
      """,
      """
      Each runs in a transaction together with its row in the table nb_migrations: it is applied \
      whole or not at all. With '-- migrate:up transaction:false' its statements run one by one, \
      and a run that stopped half-way goes on where it stopped.
      """,
      """
      To rebuild a table that others refer to, begin the section with 'PRAGMA foreign_keys=off;'. \
      It takes effect around the transaction, and the keys are checked before the commit.
      """,
      """
      The history keeps the text of each file up to 1 MiB: verify shows with it what was changed, \
      and down reverts without the file. Of a larger one it keeps the checksum.
      """,
      """
      Only one run at a time works on a database; another waits. Behind a pooler a row that is renewed \
      keeps them apart; see --lock. A migration that meets a locked table is rolled back and tried \
      again, until --lock-timeout has passed. Before anything runs, all files \
      are read, and those applied earlier are compared with what ran.
      """,
    ],
    arguments: [
      DatabaseFlags.target, MigrateFlags.count("How many at most, or all; all without it"),
    ],
    flags: MigrationRun.flags + [MigrateFlags.outOfOrder, DatabaseFlags.create],
    examples: [
      Example("nb db migrate up app.db", "Apply what is in migrations/"),
      Example("nb db migrate up app.db 1 --dir db/migrations", "Only the next one"),
      Example("nb db migrate up app.db --dry-run", "Print the SQL that would run"),
    ],
    exitStatuses: MigrationRun.exitStatuses)

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MigrationRun {
    let limit = try MigrateFlags.limit(invocation.argument(1) ?? "all")
    var run = try MigrationRun(invocation, context, goal: .up(limit: limit))
    run.policy = try MigrateFlags.policy(invocation, context)
    run.createsDatabase = invocation.isSet(DatabaseFlags.create)
    return run
  }

  static func run(_ options: MigrationRun, _ context: CommandContext) throws(AdapterError) {
    try options.run(context)
  }
}
