import AdapterCore
import CLI

/// `nb queue caps`: what a broker can do.
enum QueueCapsCommand: Command {
  struct Options {
    var place: QueuePlace
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["queue", "caps"], summary: "Show which features a broker has",
    description: [
      """
      Native is done by the broker, emulated by nb with the same promise; of limited and unsupported \
      the note says what is missing. Asking for what is unsupported ends with status 69.
      """
    ],
    arguments: [QueueFlags.target], flags: OutputFlags.all,
    examples: [Example("nb queue caps jobs.db", "Of the queues in a file")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context, needsQueue: false),
      output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    let sink = context.makeRowSink(options.output)
    try sink.begin(columns: [
      Column(name: "feature", kind: .text), Column(name: "support", kind: .text),
      Column(name: "what", kind: .text), Column(name: "note", kind: .text),
    ])
    for feature in QueueFeature.allCases {
      let support = queues.support(for: feature)
      sink.push(.text(feature.rawValue))
      sink.push(.text(support.level.rawValue))
      sink.push(.text(feature.summary))
      sink.push(support.note.isEmpty ? .null : .text(support.note))
      try sink.endRow()
    }
    try sink.finish()
  }
}
