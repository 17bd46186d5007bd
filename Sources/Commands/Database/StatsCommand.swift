import AdapterCore
import CLI

/// `nb db stats`: sizes and settings of a database.
enum StatsCommand: Command {
  struct Options {
    var target: String
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["db", "stats"], summary: "Show sizes and row counts of a database and its tables",
    description: [
      """
      One record a figure: kind (database, table or index), name, figure, value and unit. Free is \
      space inside the file that new rows can take. The rows are counted exactly; the whole file is \
      read for that.
      """
    ],
    arguments: [DatabaseFlags.target], flags: OutputFlags.all,
    examples: [
      Example("nb db stats app.db", "Everything, as a table on a terminal"),
      Example(
        "nb db stats app.db | awk '$3 == \"rows\" { print $4, $2 }' | sort -rn", "Largest tables"),
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
