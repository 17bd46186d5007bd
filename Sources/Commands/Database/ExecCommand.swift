import AdapterCore
import CLI

/// `nb db exec`: runs SQL that may write.
enum ExecCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "exec"], summary: "Run SQL that may write, all or nothing",
    description: [
      """
      Several statements run in order in one transaction and stop at the first error, which leaves \
      the database as it was; --no-tx runs each on its own. SQL that begins its own transaction \
      first and ends it last keeps it. BEGIN, COMMIT and ROLLBACK anywhere else are refused; \
      savepoints are not. PRAGMAs at the head of the SQL run before the transaction.
      """,
      """
      With --each the one statement runs once per record of a file, prepared once; the record's \
      fields are bound to the placeholders of the same name.
      """,
      """
      A transaction that the server rolled back, for a deadlock or because it was restarted, is run \
      again from its start; --retries says how often. One whose COMMIT was on its way when the \
      connection was lost never is: whether it took effect is not known, and the status is 75.
      """,
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("SQL", .optional, summary: "The statements; read from stdin when left out"),
    ],
    flags: [
      StatementSource.fileFlag, ParameterFlag.spec, EachFlags.each, DatabaseFlags.batch,
      DatabaseFlags.create, DatabaseFlags.noTransaction,
    ] + ParallelFlags.all + [ReplayOptions.retries] + RecordInputFlags.all + ProgressFlags.all
      + OutputFlags.all,
    examples: [
      Example(
        "nb db exec app.db 'create table users (id integer primary key, name text)' --create",
        "Create a database and a table"),
      Example(
        "nb db exec app.db 'insert into users values (:id, :name)' --each users.csv",
        "Once per record of a CSV file"),
      Example("nb db exec app.db -f dump.sql", "A script, in one transaction"),
    ],
    exitStatuses: [ExitStatusNote(1, "The SQL is wrong or breaks a constraint")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> StatementOptions {
    try StatementOptions(
      invocation, context, access: invocation.isSet(DatabaseFlags.create) ? .create : .write)
  }

  static func run(_ options: StatementOptions, _ context: CommandContext) throws(AdapterError) {
    try StatementCommand(options, context).run()
  }
}
