import AdapterCore
import CLI

/// `nb config list`
enum ConfigListCommand: Command {
  struct Options {
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["config", "list"], summary: "List all settings with their values and sources",
    description: [
      """
      Every key that nb knows, with the value that counts and where it comes from, then the keys of \
      all profiles. Secrets are shown as ***.
      """
    ],
    flags: OutputFlags.all,
    examples: [
      Example("nb config list", "All settings"),
      Example("nb config list -o json", "The same for a script"),
    ])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    var records = Records(["key", "value", "source"])
    for (name, value) in try context.configuration.list() {
      records.append(name, value?.text, value?.source.description ?? "default")
    }
    try records.push(to: context.makeRowSink(options.output))
  }
}
