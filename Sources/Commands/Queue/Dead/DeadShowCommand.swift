import AdapterCore
import CLI
import Queues

/// `nb queue dead show`: one message that was given up, whole.
enum DeadShowCommand: Command {
  struct Options {
    var place: QueuePlace
    var id: String
    var output: MessageOutput
  }

  static let spec = CommandSpec(
    path: ["queue", "dead", "show"], summary: "Print a dead letter with its body",
    description: [
      "Output is the end of what the last attempt's command printed on stderr."
    ],
    arguments: [
      QueueFlags.target, QueueFlags.queue,
      ArgumentSpec("ID", summary: "As nb queue dead list names it"),
    ],
    flags: MessageOutput.flags,
    examples: [
      Example("nb queue dead show jobs.db mail 17 -o vertical", "All that is known of it"),
      Example("nb queue dead show jobs.db mail 17 -o raw | ./send-mail", "Try it by hand"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such queue or dead letter")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context),
      id: invocation.argument(2) ?? "", output: try MessageOutput(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    guard let store = queues.deadLetters else { throw queues.unsupported(.deadLetters) }
    var found: DeadLetter?
    try store.list(of: options.place.queue, DeadLetterFilter(ids: [options.id]), count: 1) {
      found = $0
    }
    guard let letter = found else {
      throw AdapterError.missingDeadLetter(options.id, of: options.place.queue)
    }
    try print(letter, options.output, context)
  }

  private static func print(
    _ letter: DeadLetter, _ output: MessageOutput, _ context: CommandContext
  ) throws(AdapterError) {
    guard case .records(let options) = output.form else {
      letter.message.body.withUnsafeBufferPointer { context.output.append($0) }
      return
    }
    let sink = context.makeRowSink(options)
    try sink.begin(
      columns: MessageRecord.columns([
        Column(name: "died_at", kind: .timestamp), Column(name: "reason", kind: .text),
        Column(name: "output", kind: .text),
      ]))
    sink.push(MessageRecord.time(letter.diedAt))
    sink.push(.text(letter.reason))
    sink.push(letter.output.map { .text($0) } ?? .null)
    MessageRecord.push(
      Delivery(
        receipt: DeliveryReceipt(id: letter.id, token: ""), queue: letter.queue,
        message: letter.message, attempt: letter.attempts, publishedAt: letter.publishedAt),
      to: sink)
    try sink.endRow()
    try sink.finish()
  }
}
