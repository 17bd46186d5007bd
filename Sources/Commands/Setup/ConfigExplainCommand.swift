import AdapterCore
import CLI

/// `nb config explain`
enum ConfigExplainCommand: Command {
  struct Options {
    var key: String
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["config", "explain"], summary: "Show where a setting is set and which place wins",
    description: [
      """
      One record per place that sets the key, the one that counts first: a variable, the project's \
      file, the user's file, the default. A flag on the command line comes before all of them.
      """
    ],
    arguments: [ConfigFlags.key], flags: OutputFlags.all,
    examples: [Example("nb config explain output", "Why records look as they do")],
    exitStatuses: [ExitStatusNote(66, "the key is set nowhere and has no default")])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      key: invocation.argument(0) ?? "", output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let values = try context.configuration.values(named: options.key)
    guard !values.isEmpty else {
      let fallback = ConfigKey.named(options.key).map { "; default: \($0.defaultText)" } ?? ""
      throw AdapterError(
        .notFound, "\(options.key) is not set\(fallback)",
        hint: "set it with: nb config set \(options.key) VALUE")
    }
    var records = Records(["key", "value", "source", "state"])
    for (index, value) in values.enumerated() {
      records.append(
        options.key, value.text, value.source.description, index == 0 ? "wins" : "overridden")
    }
    try records.push(to: context.makeRowSink(options.output))
  }
}
