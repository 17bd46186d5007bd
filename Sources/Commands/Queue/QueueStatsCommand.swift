import AdapterCore
import CLI
import Platform

/// `nb queue stats`: how many messages a queue has, and in what state.
enum QueueStatsCommand: Command {
  struct Options {
    var place: QueuePlace
    var isForPrometheus: Bool
    var output: RecordOutputOptions
  }

  static let prometheus = FlagSpec(
    "prometheus", group: .output, summary: "Print metrics in Prometheus' text format")

  static let spec = CommandSpec(
    path: ["queue", "stats"], summary: "Show how many messages wait, are worked on and are dead",
    description: [
      """
      Ready can be handed out now; delayed waits for its time, or for a message of its group before \
      it; in_flight was handed out and is not settled; oldest_age is for how many seconds the first of \
      those that are ready could have been handed out. A queue with groups of consumers has a record a \
      group. Consumers is NULL where the broker does not know.
      """
    ],
    arguments: [
      QueueFlags.target,
      ArgumentSpec(
        "QUEUE", .optional, completion: .queue,
        summary: "Only this queue; otherwise the profile's, or all"),
    ],
    flags: [prometheus] + OutputFlags.all,
    examples: [
      Example("nb queue stats jobs.db mail -o json", "One queue, for a script"),
      Example("nb queue stats @jobs --prometheus", "For node_exporter's textfile collector"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such queue")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let isForPrometheus = invocation.isSet(prometheus)
    if isForPrometheus, invocation.string(OutputFlags.output) != nil {
      throw AdapterError(.usage, "--prometheus and --output exclude each other")
    }
    return Options(
      place: try QueuePlace(invocation, context, needsQueue: false),
      isForPrometheus: isForPrometheus, output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .read)
    var figures: [QueueStatistics] = []
    let names = options.place.queue.isEmpty ? try queues.queues() : [options.place.queue]
    for queue in names { figures += try queues.statistics(of: queue) }
    if options.isForPrometheus {
      try context.print(QueueMetricsText.render(figures))
    } else {
      let records = QueueStatisticsRecords(context.makeRowSink(options.output))
      try records.begin()
      try records.append(figures)
      try records.finish()
    }
  }
}

/// The figures of queues as records.
struct QueueStatisticsRecords {
  private let sink: any RowSink

  init(_ sink: any RowSink) { self.sink = sink }

  func begin() throws(AdapterError) {
    try sink.begin(columns: [
      Column(name: "queue", kind: .text), Column(name: "group", kind: .text),
      Column(name: "ready", kind: .integer), Column(name: "delayed", kind: .integer),
      Column(name: "in_flight", kind: .integer), Column(name: "dead", kind: .integer),
      Column(name: "oldest_age", kind: .real), Column(name: "consumers", kind: .integer),
    ])
  }

  func append(_ figures: [QueueStatistics]) throws(AdapterError) {
    for figure in figures {
      sink.push(.text(figure.queue))
      sink.push(figure.group.map { .text($0) } ?? .null)
      for count in [figure.ready, figure.delayed, figure.inFlight, figure.dead] {
        sink.push(count.map { .int(Int64($0)) } ?? .null)
      }
      sink.push(figure.oldestAge.map { .double($0.inSeconds) } ?? .null)
      sink.push(figure.consumers.map { .int(Int64($0)) } ?? .null)
      try sink.endRow()
    }
  }

  func finish() throws(AdapterError) { try sink.finish() }
}

/// The figures of queues in Prometheus' text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
enum QueueMetricsText {
  private static let gauges:
    [(name: String, help: String, value: @Sendable (QueueStatistics) -> Double?)] = [
      ("ready", "Messages that can be handed out now.", { Double($0.ready) }),
      ("delayed", "Messages that wait for their time.", { $0.delayed.map(Double.init) }),
      ("in_flight", "Messages that are being worked on.", { $0.inFlight.map(Double.init) }),
      ("dead", "Dead letters.", { Double($0.dead) }),
      (
        "oldest_age_seconds", "Since when the first ready message waits.",
        { $0.oldestAge?.inSeconds }
      ),
      ("consumers", "Connected consumers.", { $0.consumers.map(Double.init) }),
    ]

  static func render(_ figures: [QueueStatistics]) -> String {
    var text = ""
    for gauge in gauges {
      let samples = figures.compactMap { figure in
        gauge.value(figure).map { "nb_queue_\(gauge.name){\(labels(figure))} \($0)\n" }
      }
      guard !samples.isEmpty else { continue }
      text += "# HELP nb_queue_\(gauge.name) \(gauge.help)\n# TYPE nb_queue_\(gauge.name) gauge\n"
      text += samples.joined()
    }
    return text
  }

  private static func labels(_ figure: QueueStatistics) -> String {
    let group = figure.group.map { ",group=\"\(escaped($0))\"" } ?? ""
    return "queue=\"\(escaped(figure.queue))\"\(group)"
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text
  }
}
