import AdapterCore
import CLI
import Platform

/// `nb config set`
enum ConfigSetCommand: Command {
  struct Options {
    var edit: ConfigEdit
    var key: String
    /// As typed; "-" stands for a line of stdin.
    var value: String
  }

  static let spec = CommandSpec(
    path: ["config", "set"], summary: "Set a key in a configuration file",
    description: [
      """
      Changes the user's file, or the project's with --project; a file that is not there is created. \
      The value is checked first, and everything else in the file, comments included, stays as it is.
      """
    ],
    arguments: [
      ConfigFlags.key,
      ArgumentSpec("VALUE", summary: "The value; - reads a line of stdin, for secrets"),
    ],
    flags: [ConfigFlags.project],
    examples: [
      Example("nb config set output json", "Print JSON unless told otherwise"),
      Example("nb config set --project profile.app.path app.db", "Name a database @app"),
      Example("nb config set profile.prod.password env:PROD_PASSWORD", "Refer to a secret"),
    ],
    exitStatuses: [
      ExitStatusNote(2, "no such key, or the value does not fit it"),
      ExitStatusNote(78, "the file is wrong, or would be"),
    ])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      edit: try ConfigEdit(invocation, context), key: invocation.argument(0) ?? "",
      value: invocation.argument(1) ?? "")
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let isSecret = Secret.isSecretName(options.key) && !options.key.hasSuffix("password_command")
    var value = options.value
    if value == "-" {
      value = try SecretReference("fd:0").fetch(context.operation).reveal()
    } else if isSecret && SecretReference(value).isLiteral {
      context.operation.note(
        "a secret on the command line can be seen by others and stays in the shell's history; "
          + "use env:NAME, file:PATH, cmd:COMMAND, or - for stdin")
    }
    try options.edit.set(options.key, to: value)
    try noteOverride(options, context)
  }

  /// Says so when another place still comes before the one just set.
  private static func noteOverride(
    _ options: Options, _ context: CommandContext
  ) throws(AdapterError) {
    guard let winner = try? context.configuration.values(named: options.key).first else { return }
    if case .file(_, let position) = winner.source, position.file == options.edit.path { return }
    context.operation.note(
      "\(options.key) is set in \(options.edit.path), but \(winner.source.description) "
        + "comes before it")
  }
}
