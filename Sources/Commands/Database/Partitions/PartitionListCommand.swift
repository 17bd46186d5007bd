import AdapterCore
import CLI

/// `nb db partition list`: partitions with their bounds, and the gaps between them.
enum PartitionListCommand: Command {
  struct Options {
    var target: String
    /// nil: all partitioned tables.
    var table: String?
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["db", "partition", "list"], summary: "List the partitions of tables with their bounds",
    description: [
      """
      From belongs to a range, to does not. Values is what a partition of a list or a hash takes. \
      Rows is the server's estimate, NULL where it has none; bytes counts indexes too. The remark \
      names the partition for all other values, a gap in front of a range, and a detachment that was \
      not finished.
      """
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("TABLE", .optional, completion: .table, summary: "Only this table"),
    ],
    flags: OutputFlags.all,
    examples: [
      Example("nb db partition list @prod", "All partitioned tables"),
      Example("nb db partition list @prod events -o json", "One of them, for a script"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such table, or it has no partitions"),
      ExitStatusNote(69, "The database has no partitions (SQLite)"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: invocation.argument(0) ?? "", table: invocation.argument(1),
      output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    let partitioning = try database.require(database.partitioning, "partitions")
    let tables = try partitioning.partitionedTables(
      named: options.table.map { TableName(written: $0) })
    let sink = context.makeRowSink(options.output)
    try PartitionRecords.begin(sink)
    for table in tables {
      try PartitionRecords.append(
        table.partitions, of: table, remarks: remarks(table), to: sink)
    }
    try sink.finish()
  }

  /// What is to be said of partitions, by their place.
  private static func remarks(_ table: PartitionedTable) -> [Int: String] {
    var remarks: [Int: String] = [:]
    var end: TablePartition.Bound?
    for (index, partition) in table.partitions.enumerated() {
      if partition.isDefault { remarks[index] = "takes all other values" }
      guard let range = partition.range else { continue }
      if let end, end != range.from, partition.remark == nil {
        remarks[index] = "gap before it, from \(end.text)"
      }
      end = range.to
    }
    return remarks
  }
}
