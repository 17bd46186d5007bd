import AdapterCore
import CLI
import Platform
import Queues

/// `nb queue call`: publishes a question and waits for the answer.
enum CallCommand: Command {
  struct Options {
    var place: QueuePlace
    var source: MessageSource
    var template: Message
    var output: MessageOutput
  }

  private static let patience = Duration.seconds(30)

  static let spec = CommandSpec(
    path: ["queue", "call"], summary: "Publish a message and print the reply to it",
    description: [
      """
      Whoever works the queue off with consume --reply answers. The message names a queue of its own \
      for the reply (header reply-to) and a word that the reply repeats (correlation-id); the queue \
      goes when this ends. Prints the reply's body; a command that failed for good is exit status 1 \
      with its reason.
      """
    ],
    arguments: [
      QueueFlags.target, QueueFlags.queue,
      ArgumentSpec("MESSAGE", .optional, summary: "The body; read from stdin when left out or -"),
    ],
    flags: [PublishCommand.file] + MessageFlags.all + [
      MessageOutput.outputOfReply, MessageOutput.end,
    ],
    examples: [
      Example("nb queue call jobs.db resize -f photo.jpg > small.jpg", "A file there and back"),
      Example(
        "nb queue call @jobs geocode '10 Downing St' --timeout 5s", "An answer, or status 124"),
    ],
    exitStatuses: [
      ExitStatusNote(1, "The work failed for good"),
      ExitStatusNote(124, "No reply came within --timeout, 30s unless it says otherwise"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let place = try QueuePlace(invocation, context)
    try QueueName.checkKnown(place.queue)
    let template = try MessageFlags.template(invocation)
    let origin = try PublishCommand.origin(invocation, context)
    return Options(
      place: place,
      source: MessageSource(origin, each: nil, template: template, context.operation),
      template: template, output: try MessageOutput(invocation, context, isReply: true))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    try queues.requireFeatures(of: options.template)
    let replies = "reply-" + makeUniqueName()
    try queues.create(replies, QueueSettings(isTemporary: true))
    defer { try? queues.delete(replies) }
    try options.source.read { records throws(AdapterError) in
      for record in records {
        let question = record.message.asking(replyTo: replies, correlationID: replies)
        try queues.publishAll([question], to: options.place.queue)
      }
    }
    try print(try receive(from: replies, queues, context), options, context)
  }

  private static func receive(
    from replies: String, _ queues: any MessageQueue, _ context: CommandContext
  ) throws(AdapterError) -> Delivery {
    let consumer = try queues.makeConsumer(of: replies, ConsumerOptions())
    defer { consumer.close() }
    let deadline =
      context.operation.deadline == .never ? Deadline.after(patience) : context.operation.deadline
    do throws(AdapterError) {
      if let reply = try consumer.receive(1, until: deadline).first { return reply }
    } catch {
      guard error.kind == .timeout else { throw error }
    }
    throw AdapterError(
      .timeout, "no reply came in time",
      hint: "does somebody work the queue off with consume --reply? --timeout waits longer")
  }

  private static func print(
    _ reply: Delivery, _ options: Options, _ context: CommandContext
  ) throws(AdapterError) {
    if let reason = reply.message.failure {
      throw AdapterError(
        .failed, "the work failed: \(reason)", hint: "nb queue dead list shows the message")
    }
    let printer = MessagePrinter(options.output, context)
    try printer.begin()
    try printer.print(reply)
    try printer.finish()
  }
}
