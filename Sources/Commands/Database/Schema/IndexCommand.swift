import AdapterCore
import CLI

/// `nb db index`: indexes with their size and use, and what is suspicious about them.
enum IndexCommand: Command {
  struct Options {
    var target: String
    /// nil: all tables.
    var table: String?
    var suspiciousOnly: Bool
    var output: RecordOutputOptions
  }

  static let suspicious = FlagSpec("suspicious", summary: "List only those that look superfluous")

  static let spec = CommandSpec(
    path: ["db", "index"], summary: "List indexes with size, use and suspicion",
    description: [
      """
      Scans is how often statements used the index since the engine began to count; NULL where it \
      does not count. The suspicion is `invalid` (its creation failed), `duplicate of` or `prefix \
      of` another index that serves the same searches, or `unused`. An index of a constraint is \
      never called superfluous.
      """
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec(
        "TABLE", .optional, completion: .table, summary: "Only the indexes of this table"),
    ],
    flags: [suspicious] + OutputFlags.all,
    examples: [
      Example("nb db index app.db", "All indexes"),
      Example("nb db index app.db --suspicious", "Those to look at"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such database or table")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: invocation.argument(0) ?? "", table: invocation.argument(1),
      suspiciousOnly: invocation.isSet(suspicious),
      output: try RecordOutputOptions(invocation, context))
  }

  private static let columns = [
    Column(name: "table", kind: .text), Column(name: "index", kind: .text),
    Column(name: "columns", kind: .text), Column(name: "unique", kind: .boolean),
    Column(name: "method", kind: .text), Column(name: "bytes", kind: .integer),
    Column(name: "scans", kind: .integer), Column(name: "suspicion", kind: .text),
  ]

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    let statistics = try database.require(database.indexStatistics, "index statistics")
    let reviews = IndexReview.review(
      try database.schema(table: options.table), try statistics.indexFigures())
    let sink = context.makeRowSink(options.output)
    try sink.begin(columns: columns)
    for review in reviews where !options.suspiciousOnly || !review.suspicions.isEmpty {
      for value in row(review) { sink.push(value) }
      try sink.endRow()
    }
    try sink.finish()
  }

  private static func row(_ review: IndexReview) -> [Value] {
    let suspicion = review.suspicions.map(\.description).joined(separator: "; ")
    return [
      .text(review.table.description), .text(review.index.name),
      .text(review.index.columns.joined(separator: ", ")), .bool(review.index.isUnique),
      review.index.method.map { .text($0) } ?? .null,
      review.figures?.sizeInBytes.map { .int(Int64($0)) } ?? .null,
      review.figures?.scans.map { .int(Int64($0)) } ?? .null,
      suspicion.isEmpty ? .null : .text(suspicion),
    ]
  }
}
