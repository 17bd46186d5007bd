import AdapterCore
import CLI

/// `nb config unset`
enum ConfigUnsetCommand: Command {
  struct Options {
    var edit: ConfigEdit
    var key: String
  }

  static let spec = CommandSpec(
    path: ["config", "unset"], summary: "Remove a key from a configuration file",
    arguments: [ConfigFlags.key], flags: [ConfigFlags.project],
    examples: [Example("nb config unset output", "Go back to the default")],
    exitStatuses: [
      ExitStatusNote(66, "the file does not set the key"),
      ExitStatusNote(78, "the file is wrong, or would be"),
    ])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(edit: try ConfigEdit(invocation, context), key: invocation.argument(0) ?? "")
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    try options.edit.unset(options.key)
  }
}
