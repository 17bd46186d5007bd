import AdapterCore
import CLI
import HTTPCache
import Platform

/// `nb api cache stats`: what the cache holds.
enum CacheStatsCommand: Command {
  struct Options {
    var target: CacheTarget
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["api", "cache", "stats"], summary: "Show what the cache of responses holds",
    description: [
      """
      A line for each host: how many responses, how many bytes on the disk, and when one of them was \
      used last.
      """
    ],
    arguments: [CacheTarget.argument], flags: OutputFlags.all,
    examples: [
      Example("nb api cache stats", "All hosts"),
      Example("nb api cache stats @gh -o json", "One of them, for a script"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: try CacheTarget(invocation, context),
      output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let host = options.target.host
    let sink = context.makeRowSink(options.output)
    try sink.begin(columns: [
      Column(name: "host", kind: .text), Column(name: "responses", kind: .integer),
      Column(name: "bytes", kind: .integer), Column(name: "used", kind: .text),
    ])
    for figures in CacheSurvey(folder: options.target.folder).hosts
    where host == nil || figures.host == host {
      sink.push(.text(figures.host))
      sink.int(Int64(figures.responses))
      sink.int(Int64(figures.bytes))
      sink.push(.text(UTCTime(secondsSince1970: figures.lastUsed).iso8601))
      try sink.endRow()
    }
    try sink.finish()
  }
}
