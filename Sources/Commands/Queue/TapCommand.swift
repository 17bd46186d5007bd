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
    let printer = MessagePrinter(options.output, context)
    try printer.begin()
    try Tapping(options.place, count: options.count, duration: options.duration).run(context) {
      deliveries throws(AdapterError) in
      for delivery in deliveries { try printer.print(delivery) }
      try printer.flush()
    }
    try printer.finish()
    try context.operation.cancellation.check()
    if context.operation.deadline.isPassed { throw context.operation.stopError }
  }
}

/// Listening to a queue until it is time to end.
struct Tapping {
  private let place: QueuePlace
  private let count: Int?
  private let duration: Duration?

  init(_ place: QueuePlace, count: Int?, duration: Duration?) {
    self.place = place
    self.count = count
    self.duration = duration
  }

  /// Hands over what is published, and lets go of it after that; ends too when the command is told
  /// to, which the caller has to ask for.
  func run(
    _ context: CommandContext, _ keep: ([Delivery]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let queues = try context.openQueue(place, .write)
    guard let tapping = queues.tapping else { throw queues.unsupported(.tap) }
    let tap = try tapping.makeTap(of: place.queue)
    defer { tap.close() }
    let end = duration.map { Deadline.after($0) } ?? .never
    var left = count ?? Int.max
    while left > 0 {
      let deliveries = try tap.receive(
        min(left, 100), until: end.earlier(of: context.operation.deadline))
      if deliveries.isEmpty { break }
      try keep(deliveries)
      _ = try tap.settle(deliveries.map { Settlement($0.receipt, .acknowledge) })
      left -= deliveries.count
    }
  }
}
