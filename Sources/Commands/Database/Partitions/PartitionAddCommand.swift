import AdapterCore
import CLI

/// `nb db partition add`: makes partitions of ranges.
enum PartitionAddCommand: Command {
  struct Options {
    var work: PartitionWork
    var request: PartitionPlan.Request
    var movesRows: Bool
  }

  static let from = FlagSpec(
    "from", .value(name: "BOUND"), summary: "The first value",
    defaultText: "the end of the newest; with --every the present period")

  static let to = FlagSpec(
    "to", .value(name: "BOUND"), summary: "The first value that no longer belongs to it")

  static let every = FlagSpec(
    "every", .value(name: "PERIOD"),
    summary: "One for each hour, day, week, month, quarter, year, or number",
    details: "Weeks begin on Monday. Of what is there nothing changes: a job may run daily.")

  static let ahead = FlagSpec(
    "ahead", .value(name: "N"), summary: "With --every: how many beyond the present period",
    defaultText: "0")

  static let name = FlagSpec(
    "name", .value(name: "NAME"), summary: "The partition's name",
    defaultText: "by its first value: p20240131")

  static let moveRows = FlagSpec(
    "move-rows", summary: "Move the rows out of the partition for all other values",
    details: "Nobody can use the rows that move meanwhile.")

  static let spec = CommandSpec(
    path: ["db", "partition", "add"], summary: "Add partitions for ranges of values",
    description: [
      """
      What is there already is left alone, and an overlap is refused. Prints the partitions that \
      were made. The present period is that of UTC.
      """,
      """
      On PostgreSQL a partition is made apart and attached, all in one transaction: reads and writes \
      of the others go on, unless there is a default partition, which is locked and read. On MariaDB \
      and MySQL there are no gaps: a partition begins where the newest one ends, and one for MAXVALUE \
      is split.
      """,
    ],
    arguments: [DatabaseFlags.target, PartitionFlags.table],
    flags: [
      every, ahead, from, to, name, moveRows, PartitionFlags.lockWait, PartitionFlags.dryRun,
    ] + OutputFlags.all,
    examples: [
      Example("nb db partition add @prod events --every month --ahead 3", "For a daily job"),
      Example("nb db partition add @prod events --from 2026-01-01 --to 2026-02-01", "One range"),
      Example(
        "nb db partition add @prod events --every day --from 2026-01-01 --to 2026-02-01 --dry-run",
        "Print the SQL for each day of a month"),
    ],
    exitStatuses: [
      ExitStatusNote(65, "A bound does not fit the key"),
      ExitStatusNote(66, "No such table, or it has no partitions"),
      ExitStatusNote(73, "It overlaps another, or its rows lie in the default partition"),
      ExitStatusNote(75, "The table stayed locked"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    var request = PartitionPlan.Request(
      from: invocation.string(from), to: invocation.string(to),
      ahead: try invocation.int(ahead, in: 0...10_000), name: invocation.string(name))
    if let text = invocation.string(every) { request.every = try PartitionPeriod(text) }
    if request.every == nil {
      guard request.to != nil, request.ahead == nil else {
        throw AdapterError(
          .usage, "nothing says which partitions to add",
          hint: "give --to, or --every with --ahead")
      }
    } else if request.name != nil {
      throw AdapterError(.usage, "--name names one partition, --every makes many")
    } else if request.to != nil, request.ahead != nil {
      throw AdapterError(.usage, "--to and --ahead exclude each other")
    }
    return Options(
      work: try PartitionWork(invocation, context), request: request,
      movesRows: invocation.isSet(moveRows))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    try options.work.run(context) { table, partitioning throws(AdapterError) in
      let missing = try PartitionPlan(table: table, partitioning: partitioning)
        .missing(options.request)
      return missing.isEmpty
        ? PartitionChange()
        : try partitioning.addition(
          of: missing, to: table, movesRows: options.movesRows)
    }
  }
}
