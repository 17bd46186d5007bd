import AdapterCore
import CLI

/// `nb queue dead list`: the messages that were given up.
enum DeadListCommand: Command {
  struct Options {
    var place: QueuePlace
    var filter: DeadLetterFilter
    var count: Int?
    var output: RecordOutputOptions
  }

  static let count = FlagSpec("count", short: "n", .value(name: "N"), summary: "How many at most")

  static let spec = CommandSpec(
    path: ["queue", "dead", "list"], summary: "List the messages that were given up, and why",
    description: ["The oldest come first. Bytes is the size of the body; dead show prints it."],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue],
    flags: DeadLetterFlags.filters + [count] + OutputFlags.all,
    examples: [
      Example("nb queue dead list jobs.db mail", "All of a queue"),
      Example("nb queue dead list jobs.db mail --reason 'timed out' -o json", "For a script"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such queue")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context),
      filter: try DeadLetterFlags.filter(invocation),
      count: try invocation.int(count, in: 1...Int.max),
      output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    guard let store = queues.deadLetters else { throw queues.unsupported(.deadLetters) }
    let records = DeadLetterRecords(context.makeRowSink(options.output))
    try records.begin()
    try store.list(of: options.place.queue, options.filter, count: options.count) {
      letter throws(AdapterError) in try records.append(letter)
    }
    try records.finish()
  }
}
