import AdapterCore
import CLI
import Queues

/// `nb queue tap`: prints what is published, beside all consumers.
enum TapCommand: Command {
  struct Options {
    var place: QueuePlace
    var count: Int?
    var duration: Duration?
    var output: MessageOutput
  }

  static let count = FlagSpec(
    "count", short: "n", .value(name: "N"), summary: "End after this many messages")

  static let duration = FlagSpec(
    "for", .value(name: "DURATION"), summary: "End after this time")

  static let spec = CommandSpec(
    path: ["queue", "tap"], summary: "Print copies of what is published from now on",
    description: [
      """
      Consumers get every message all the same. Ends by Ctrl-C, --count or --for. What NDJSON keeps, \
      nb queue replay publishes again, with the same pauses.
      """
    ],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue],
    flags: [count, duration] + MessageOutput.flags,
    examples: [
      Example("nb queue tap jobs.db mail | jq .body", "Look on"),
      Example("nb queue tap jobs.db mail --for 10m > traffic.ndjson", "Keep it for a test"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such queue"),
      ExitStatusNote(75, "What reads the output was too slow, and messages were missed"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context),
      count: try invocation.int(count, in: 1...Int.max),
      duration: try invocation.duration(duration), output: try MessageOutput(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    guard let tapping = queues.tapping else { throw queues.unsupported(.tap) }
    let tap = try tapping.makeTap(of: options.place.queue)
    defer { tap.close() }
    let end = options.duration.map { Deadline.after($0) } ?? .never
    let printer = MessagePrinter(options.output, context)
    try printer.begin()
    var left = options.count ?? Int.max
    while left > 0 {
      let deliveries = try tap.receive(
        min(left, 100), until: end.earlier(of: context.operation.deadline))
      if deliveries.isEmpty { break }
      for delivery in deliveries { try printer.print(delivery) }
      try context.flush()
      _ = try tap.settle(deliveries.map { Settlement($0.receipt, .acknowledge) })
      left -= deliveries.count
    }
    try printer.finish()
    try context.operation.cancellation.check()
    if context.operation.deadline.isPassed { throw context.operation.stopError }
  }
}
