import AdapterCore
import CLI
import Formats
import Platform
import Queues

/// `nb queue publish`: hands messages to a broker.
enum PublishCommand: Command {
  struct Options {
    var place: QueuePlace
    var source: MessageSource.Origin
    /// nil: the input is one message.
    var each: MessageSource.Division?
    var template: Message
    var creates: Bool
    /// nil: nothing is printed.
    var output: RecordOutputOptions?
  }

  static let file = FlagSpec(
    "file", short: "f", .value(name: "FILE"), completion: .file([]),
    summary: "Read the message, or the messages, from a file; - is stdin")

  static let each = FlagSpec(
    "each", .value(name: "WHAT"),
    choices: [
      Choice("line", "a message a line"), Choice("nul", "messages end with a NUL byte"),
      Choice("ndjson", "a JSON object a line, as consume prints them"),
    ], summary: "Read many messages")

  static let results = FlagSpec(
    "results", group: .output, summary: "Print what became of each message",
    details: "Records of number, id, and result: accepted, duplicate, or the error.")

  static let spec = CommandSpec(
    path: ["queue", "publish"], summary: "Publish messages",
    description: [
      """
      Ends with 0 only when the broker has accepted all of them. The message is the argument, or \
      what the file or stdin holds, byte for byte. With --each there are many of them; they are \
      published in their order, and what was accepted before an error stays.
      """,
      """
      An object of --each ndjson has a body, and may have headers, content_type, priority, delay, ttl, \
      key, group and routing_key; what it lacks is taken from the flags. With encoding base64 the body \
      is any bytes; a body that is no string is sent as JSON.
      """,
    ],
    arguments: [
      QueueFlags.target, QueueFlags.optionalQueue,
      ArgumentSpec("MESSAGE", .optional, summary: "The body; read from stdin when left out or -"),
    ],
    flags: [file, each] + MessageFlags.all + [QueueFlags.create, results, OutputFlags.output],
    examples: [
      Example("nb queue publish jobs.db mail 'hello' --create", "One message"),
      Example(
        "nb queue publish jobs.db mail -f report.pdf --content-type application/pdf", "A file"),
      Example(
        "seq 1000 | nb queue publish jobs.db numbers --each line --create", "A message a line"),
      Example(
        "nb queue publish jobs.db mail 'again' --delay 10m --key newsletter-7", "Later, once"),
    ],
    exitStatuses: [
      ExitStatusNote(65, "A record of the input is malformed; those before it are published"),
      ExitStatusNote(66, "No such queue, or no such file"),
      ExitStatusNote(69, "The broker cannot do what a flag asks for"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let place = try QueuePlace(invocation, context)
    let creates = invocation.isSet(QueueFlags.create)
    try creates ? QueueName.check(place.queue) : QueueName.checkKnown(place.queue)
    var template = try MessageFlags.template(invocation)
    template.timeToLive = template.timeToLive ?? place.profile.timeToLive
    let printsResults = invocation.isSet(results)
    return Options(
      place: place, source: try origin(invocation, context),
      each: invocation.string(each).flatMap(MessageSource.Division.init(rawValue:)),
      template: template,
      creates: creates,
      output: printsResults ? try RecordOutputOptions(invocation, context, takesHeader: false) : nil
    )
  }

  /// The message as an argument, a file, or stdin.
  static func origin(
    _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> MessageSource.Origin {
    if let path = invocation.string(file) {
      guard invocation.argument(2) == nil else {
        throw AdapterError(.usage, "a message and --file are both given", hint: "keep one of them")
      }
      return path == "-" ? .standardInput : .file(path)
    }
    if let text = invocation.argument(2), text != "-" {
      guard invocation.string(each) == nil else {
        throw AdapterError(
          .usage, "--each reads many messages, and one is given",
          hint: "leave it out, and pipe the messages in")
      }
      return .text(text)
    }
    guard invocation.argument(2) == "-" || !context.terminal.isTerminal(.input) else {
      throw AdapterError(
        .usage, "there is no message", hint: "give it as an argument, by --file, or pipe it in")
    }
    return .standardInput
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, options.creates ? .create : .write)
    try queues.requireFeatures(of: options.template)
    if options.creates { try queues.create(options.place.queue, QueueSettings()) }
    let publication = Publication(queues, options, context)
    try publication.run()
  }
}
