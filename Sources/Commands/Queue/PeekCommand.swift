import AdapterCore
import CLI

/// `nb queue peek`: shows messages that stay where they are.
enum PeekCommand: Command {
  struct Options {
    var place: QueuePlace
    var group: String?
    var count: Int
    var output: MessageOutput
  }

  static let count = FlagSpec(
    "count", short: "n", .value(name: "N"), summary: "How many at most", defaultText: "10")

  static let spec = CommandSpec(
    path: ["queue", "peek"], summary: "Look at the next messages without taking them",
    description: [
      """
      Those that would be handed out next, in that order; attempt is how often each was handed out \
      before.
      """
    ],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue],
    flags: [count, QueueFlags.group] + MessageOutput.flags,
    examples: [
      Example("nb queue peek jobs.db mail", "The next ten"),
      Example("nb queue peek jobs.db mail -n 1 -o raw", "The body of the next one"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such queue or group"),
      ExitStatusNote(69, "The broker hands messages out only to consumers"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context),
      group: invocation.string(QueueFlags.group),
      count: try invocation.int(count, in: 1...Int.max) ?? 10,
      output: try MessageOutput(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    guard let peeking = queues.peeking else { throw queues.unsupported(.peek) }
    let printer = MessagePrinter(options.output, context)
    try printer.begin()
    try peeking.peek(options.place.queue, group: options.group, count: options.count) {
      delivery throws(AdapterError) in try printer.print(delivery)
    }
    try printer.finish()
  }
}
