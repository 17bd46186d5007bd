import AdapterCore
import CLI
import Migrations

/// `nb db migrate status`: each migration with its state.
enum MigrateStatusCommand: Command {
  struct Options {
    var source: MigrationSource
    var isCheck: Bool
    var output: RecordOutputOptions
  }

  static let check = FlagSpec(
    "check", summary: "Exit with 1 when one is pending or half run, with 73 on drift")

  static let spec = CommandSpec(
    path: ["db", "migrate", "status"], summary: "List the migrations and which are applied",
    description: [
      """
      The state is applied, pending, missing (applied, and its file is gone), drift (applied, and \
      its file was changed afterwards) or failed (half run, outside a transaction).
      """
    ],
    arguments: [DatabaseFlags.target],
    flags: [MigrateFlags.directory, check] + OutputFlags.all,
    examples: [
      Example("nb db migrate status app.db", "A table of all"),
      Example("nb db migrate status app.db --check -o ndjson", "For CI"),
    ],
    exitStatuses: [
      ExitStatusNote(1, "With --check: a migration is pending or half run"),
      ExitStatusNote(73, "With --check: an applied file was changed"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      source: try MigrationSource(invocation, context), isCheck: invocation.isSet(check),
      output: try RecordOutputOptions(invocation, context))
  }

  private static let columns = [
    Column(name: "version", kind: .text), Column(name: "name", kind: .text),
    Column(name: "state", kind: .text), Column(name: "applied_at", kind: .timestamp),
    Column(name: "duration_ms", kind: .integer), Column(name: "origin", kind: .text),
    Column(name: "file", kind: .text),
  ]

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let list = try options.source.open(context).status()
    let sink = context.makeRowSink(options.output)
    try sink.begin(columns: columns)
    for status in list {
      for value in row(status) { sink.push(value) }
      try sink.endRow()
    }
    try sink.finish()
    for status in list where status.state == .failed { note(status, context) }
    if options.isCheck { try check(list) }
  }

  /// How far a half-run migration came.
  private static func note(_ status: MigrationStatus, _ context: CommandContext) {
    guard let applied = status.applied else { return }
    let isReverting = applied.state == .reverting
    context.operation.note(
      "\(applied.label) is half \(isReverting ? "reverted" : "applied"), after "
        + "\(counted(applied.statements, "statement")); nb db migrate "
        + "\(isReverting ? "down" : "up") goes on behind them")
  }

  private static func row(_ status: MigrationStatus) -> [Value] {
    let applied = status.applied
    return [
      .text(status.version.text), .text(status.name), .text(status.state.rawValue),
      applied?.appliedAt.map { .text($0) } ?? .null,
      applied.map { .int($0.durationMilliseconds) } ?? .null,
      applied.map { .text($0.origin.rawValue) } ?? .null,
      status.files.first.map { .text($0) } ?? .null,
    ]
  }

  private static func check(_ list: [MigrationStatus]) throws(AdapterError) {
    func count(_ state: MigrationStatus.State) -> Int { list.count { $0.state == state } }
    let counts = [MigrationStatus.State.failed, .drift, .pending]
      .map { (state: $0, count: count($0)) }.filter { $0.count > 0 }
    guard let worst = counts.first else { return }
    let words: [MigrationStatus.State: String] = [
      .failed: "half run", .drift: "changed after it was applied", .pending: "pending",
    ]
    let parts = counts.map { entry in
      "\(entry.count) \(entry.count == 1 ? "migration is" : "migrations are") "
        + (words[entry.state] ?? entry.state.rawValue)
    }
    throw AdapterError(
      worst.state == .drift ? .conflict : .failed, parts.joined(separator: ", "),
      hint: worst.state == .drift
        ? "nb db migrate verify shows the changes" : "nb db migrate up applies them")
  }
}
