import AdapterCore
import CLI

/// `nb queue list`: the queues of a broker.
enum QueueListCommand: Command {
  struct Options {
    var place: QueuePlace
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["queue", "list"], summary: "List the queues with how many messages they have",
    arguments: [QueueFlags.target], flags: OutputFlags.all,
    examples: [Example("nb queue list jobs.db", "All queues of a file")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context, needsQueue: false),
      output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    let records = QueueStatisticsRecords(context.makeRowSink(options.output))
    try records.begin()
    for queue in try queues.queues() {
      try records.append(try queues.statistics(of: queue))
    }
    try records.finish()
  }
}
