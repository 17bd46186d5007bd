import AdapterCore
import CLI

/// `nb config get`
enum ConfigGetCommand: Command {
  struct Options {
    var key: String
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["config", "get"], summary: "Print the value of a setting",
    description: ["Prints the value that counts, the default included; a secret is shown as ***."],
    arguments: [ConfigFlags.key], flags: OutputFlags.all,
    examples: [
      Example("nb config get output", "The format of records"),
      Example("nb config get profile.prod.url", "A setting of a profile"),
    ],
    exitStatuses: [ExitStatusNote(66, "the key is set nowhere and has no default")])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    var output = try RecordOutputOptions(invocation, context)
    // One value is no table: on a terminal it is printed as into a pipe.
    if invocation.string(OutputFlags.output) == nil { output.format = .tsv }
    return Options(key: invocation.argument(0) ?? "", output: output)
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    guard let value = try context.configuration.values(named: options.key).first else {
      throw AdapterError(
        .notFound, "\(options.key) is not set",
        hint: "set it with: nb config set \(options.key) VALUE")
    }
    var records = Records([options.key])
    records.append(value.text)
    try records.push(to: context.makeRowSink(options.output))
  }
}
