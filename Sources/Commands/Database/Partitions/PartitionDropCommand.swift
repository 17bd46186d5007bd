import AdapterCore
import CLI
import Platform

/// `nb db partition drop`: takes partitions away, with their rows or without.
enum PartitionDropCommand: Command {
  struct Options {
    var work: PartitionWork
    var names: [String]
    var before: String?
    var olderThan: Duration?
    var manner: PartitionRemoval
    var isApproved: Bool
  }

  static let olderThan = FlagSpec(
    "older-than", .value(name: "DURATION"),
    summary: "Those that end that long ago or longer: 90d")

  static let before = FlagSpec(
    "before", .value(name: "BOUND"), summary: "Those that end at this value or before it")

  static let detach = FlagSpec("detach", summary: "Keep their rows, as tables of their own")

  static let concurrently = FlagSpec(
    "concurrently", summary: "Detach while reads and writes go on (PostgreSQL)",
    details: "Not in one transaction, and not with a default partition.")

  static let yes = FlagSpec("yes", short: "y", summary: "Don't ask; needed without a terminal")

  static let spec = CommandSpec(
    path: ["db", "partition", "drop"], summary: "Drop partitions by name or by age",
    description: [
      """
      Prints what was dropped. The partition for all other values goes only by its name. On MariaDB \
      a detached partition becomes the table TABLE_PARTITION.
      """
    ],
    arguments: [
      DatabaseFlags.target, PartitionFlags.table,
      ArgumentSpec("NAME", .repeated, summary: "Partitions, as db partition list names them"),
    ],
    flags: [
      olderThan, before, detach, concurrently, PartitionFlags.lockWait, PartitionFlags.dryRun,
      yes,
    ] + OutputFlags.all,
    examples: [
      Example("nb db partition drop @prod events --older-than 90d --yes", "For a daily job"),
      Example("nb db partition drop @prod events events_p202401 --detach", "Keep its rows apart"),
      Example("nb db partition drop @prod events --before 2025-01-01 --dry-run", "Print the SQL"),
    ],
    exitStatuses: [
      ExitStatusNote(1, "The answer was no"),
      ExitStatusNote(66, "No such table or partition"),
      ExitStatusNote(75, "The table stayed locked"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    if let age = invocation.string(olderThan), age.allSatisfy({ $0.isNumber || $0 == "." }) {
      throw AdapterError(
        .usage, "--older-than takes a duration with its unit, not '\(age)'",
        hint: "\(age)d is days, \(age)h hours; without a unit it would be seconds")
    }
    let options = Options(
      work: try PartitionWork(invocation, context), names: Array(invocation.arguments.dropFirst(2)),
      before: invocation.string(before), olderThan: try invocation.duration(olderThan),
      manner: PartitionRemoval(
        keepsTable: invocation.isSet(detach), isConcurrent: invocation.isSet(concurrently)),
      isApproved: invocation.isSet(yes))
    let ways = [!options.names.isEmpty, options.before != nil, options.olderThan != nil]
    guard ways.count(where: \.self) == 1 else {
      throw AdapterError(
        .usage, "say which partitions in one way: names, --older-than or --before")
    }
    let isAsked = options.work.isDryRun || options.isApproved
    guard isAsked || context.terminal.isTerminal(.input) else {
      throw AdapterError(
        .usage, "partitions of \(options.work.table) would be dropped, and there is nobody to ask",
        hint: "--yes does it, --dry-run prints the SQL")
    }
    return options
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    try options.work.run(
      context,
      approve: { (change, table) throws(AdapterError) in
        guard !change.partitions.isEmpty else { return }
        try approve(change.partitions, table, options, context)
      },
      plan: { (table, partitioning) throws(AdapterError) in
        let partitions = try selected(options, table, partitioning)
        return partitions.isEmpty
          ? PartitionChange()
          : try partitioning.removal(of: partitions, from: table, options.manner)
      })
  }

  private static func selected(
    _ options: Options, _ table: PartitionedTable, _ partitioning: any TablePartitioning
  ) throws(AdapterError) -> [TablePartition] {
    if !options.names.isEmpty { return try named(options.names, of: table) }
    let scale = PartitionScale(table: table)
    var limit = options.before ?? ""
    if let age = options.olderThan {
      guard scale.isOfTime else {
        throw AdapterError(
          .usage, "the key \(table.key) has no age", hint: "--before takes a value of it")
      }
      limit = scale.text(secondsSince1970() - age.inNanoseconds / 1_000_000_000)
    }
    let end = try partitioning.canonicalBound(limit, of: table)
    return table.partitions.filter { partition in
      guard !partition.isDefault, case .value(let to)? = partition.range?.to else { return false }
      return !table.isBound(end, before: to)
    }
  }

  private static func named(
    _ names: [String], of table: PartitionedTable
  ) throws(AdapterError) -> [TablePartition] {
    var found: [TablePartition] = []
    for name in names {
      guard let partition = table.partitions.first(where: { $0.name.description == name }) else {
        let known = table.partitions.map(\.name.description)
        throw AdapterError(
          .notFound, "'\(table.name.description)' has no partition '\(name)'",
          hint: closestMatch(to: name, in: known).map { "did you mean '\($0)'?" }
            ?? "nb db partition list shows them")
      }
      if !found.contains(partition) { found.append(partition) }
    }
    return found
  }

  private static func approve(
    _ partitions: [TablePartition], _ table: PartitionedTable, _ options: Options,
    _ context: CommandContext
  ) throws(AdapterError) {
    let names = partitions.prefix(3).map(\.name.description).joined(separator: ", ")
    let more = partitions.count > 3 ? " and \(partitions.count - 3) more" : ""
    let verb = options.manner.keepsTable ? "detach" : "drop"
    let rows = partitions.compactMap(\.rows).reduce(0, +)
    let amount = rows > 0 && !options.manner.keepsTable ? ", about \(rows) rows" : ""
    try context.confirm(
      "\(verb) \(names)\(more) of \(table.name.description)\(amount) on "
        + "\(CommandContext.shown(options.work.target))?",
      isApproved: options.isApproved)
  }
}
