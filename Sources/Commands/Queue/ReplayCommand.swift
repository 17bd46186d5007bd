import AdapterCore
import CLI
import Platform
import Queues

/// `nb queue replay`: publishes what `tap` has kept, with the pauses that were between.
enum ReplayCommand: Command {
  struct Options {
    var place: QueuePlace
    var source: MessageSource
    /// 0: without pauses.
    var speed: Double
  }

  static let speed = FlagSpec(
    "speed", .value(name: "FACTOR"), summary: "2 is twice as fast; 0 leaves no pauses",
    defaultText: "1")

  static let spec = CommandSpec(
    path: ["queue", "replay"], summary: "Publish what tap has kept, with the same pauses",
    description: [
      """
      Reads the NDJSON that tap and consume print. The pause before a message is what was between its \
      published_at and that of the first one. Keys are left out: a replay is meant to come again.
      """
    ],
    arguments: [
      QueueFlags.target, QueueFlags.queue,
      ArgumentSpec("FILE", completion: .file([]), summary: "NDJSON; - is stdin"),
    ],
    flags: [speed],
    examples: [
      Example("nb queue replay test.db mail traffic.ndjson --speed 10", "Ten times as fast")
    ],
    exitStatuses: [
      ExitStatusNote(65, "A record is malformed; those before it are published"),
      ExitStatusNote(66, "No such queue or file"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let path = invocation.argument(2) ?? "-"
    return Options(
      place: try QueuePlace(invocation, context),
      source: MessageSource(
        path == "-" ? .standardInput : .file(path), each: .ndjson, template: Message([]),
        context.operation),
      speed: try factor(invocation.string(speed) ?? "1"))
  }

  private static func factor(_ text: String) throws(AdapterError) -> Double {
    guard let factor = Double(text), factor.isFinite, factor >= 0 else {
      throw AdapterError(.usage, "--speed takes a number such as 2 or 0.5, not '\(text)'")
    }
    return factor
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    var count = 0
    do throws(AdapterError) {
      try publish(options, to: queues, context, count: &count)
    } catch {
      var error = error
      if count > 0 { error.details.append("\(counted(count, "message")) published before that") }
      throw error
    }
    if context.terminal.isTerminal(.errors) {
      context.operation.note("\(counted(count, "message")) published to \(options.place.queue)")
    }
  }

  private static func publish(
    _ options: Options, to queues: any MessageQueue, _ context: CommandContext, count: inout Int
  ) throws(AdapterError) {
    let start = MonotonicInstant.now
    var first: Int64?
    try options.source.read { records throws(AdapterError) in
      for record in records {
        if let time = record.publishedAt {
          let offset = time - (first ?? time)
          first = first ?? time
          try pause(until: offset, since: start, options, context)
        }
        var message = record.message
        message.deduplicationKey = nil
        try queues.requireFeatures(of: message)
        try queues.publishAll([message], to: options.place.queue)
        count += 1
      }
    }
  }

  private static func pause(
    until offset: Int64, since start: MonotonicInstant, _ options: Options,
    _ context: CommandContext
  ) throws(AdapterError) {
    guard options.speed > 0, offset > 0 else { return }
    // A century is as good as any longer wait.
    let milliseconds = min(Double(offset) / options.speed, 3.2e12)
    let due = start.advanced(by: .milliseconds(Int64(milliseconds)))
    let wait = due.since(.now)
    if wait > .zero { try context.operation.sleep(for: wait) }
  }
}
