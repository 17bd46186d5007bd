import AdapterCore
import CLI

/// `nb db query`: runs SQL that only reads.
enum QueryCommand: Command {
  static let spec = CommandSpec(
    path: ["db", "query"], summary: "Run SQL that reads and print the rows",
    description: [
      """
      The database is opened for reading: a statement that writes is refused with exit status 1. \
      Several statements run in order and stop at the first error.
      """,
      """
      Values are bound by the database, never pasted into the SQL: write :name, $1 or ? in the \
      statement and give the values by --param.
      """,
      """
      With --each the one statement runs once per record of a file; the record's fields are bound \
      to the placeholders of the same name.
      """,
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("SQL", .optional, summary: "The statements; read from stdin when left out"),
    ],
    flags: [StatementSource.fileFlag, ParameterFlag.spec, EachFlags.each] + RecordInputFlags.all
      + ReadHostFlags.all + [ReplayOptions.retries] + OutputFlags.all,
    examples: [
      Example("nb db query app.db 'select count(*) from users'", "One value, ready for $(…)"),
      Example(
        "nb db query app.db 'select * from users where age > :a' -p a:int=30 -o json",
        "A bound parameter, JSON out"),
      Example("nb db query :memory: -f report.sql -o csv", "SQL from a file, CSV out"),
    ],
    exitStatuses: [ExitStatusNote(1, "The SQL is wrong, or it would write")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> StatementOptions {
    try StatementOptions(invocation, context, access: .read)
  }

  static func run(_ options: StatementOptions, _ context: CommandContext) throws(AdapterError) {
    try StatementCommand(options, context).run()
  }
}
