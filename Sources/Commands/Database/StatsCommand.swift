import AdapterCore
import CLI

/// `nb db stats`: sizes and settings of a database.
enum StatsCommand: Command {
  struct Options {
    var target: String
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["db", "stats"],
    summary: "Show sizes, row counts and what goes on in a database",
    description: [
      """
      One record a figure: kind, name, figure, value and unit. The database comes first, its tables \
      and indexes last. Rows are counted exactly, which reads the whole table; of a large one on a \
      server it is estimated_rows, the server's own estimate. Free is space inside the file that new \
      rows can take.
      """,
      """
      On a server there are also replica (its lag), session (the work that began longest ago), lock \
      (who waits for whom) and statement (the ten that took most time in all, where \
      pg_stat_statements or performance_schema counts them). A note says what the user may not see.
      """,
    ],
    arguments: [DatabaseFlags.target], flags: OutputFlags.all,
    examples: [
      Example("nb db stats app.db", "Everything, as a table on a terminal"),
      Example(
        "nb db stats app.db | awk '$3 == \"rows\" { print $4, $2 }' | sort -rn", "Largest tables"),
      Example("nb db stats @prod | grep ^lock", "Who waits for whom"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: invocation.argument(0) ?? "", output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    let statistics = try database.require(database.statistics, "statistics")
    try statistics.statistics(into: context.makeRowSink(options.output))
  }
}
