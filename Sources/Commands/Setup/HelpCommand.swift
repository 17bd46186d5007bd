import AdapterCore
import CLI

/// `nb help`
enum HelpCommand: Command {
  struct Options {
    /// A topic's name, or the words of a command or group; none for the overview.
    var words: [String]
  }

  static let spec = CommandSpec(
    path: ["help"], summary: "Explain a command or a topic",
    arguments: [
      ArgumentSpec(
        "COMMAND", .repeated, completion: .helpTopic,
        summary: "The words of a command or a group, or a topic")
    ],
    examples: [
      Example("nb help db query", "Everything about a command"),
      Example("nb help formats", "Everything about output formats"),
    ])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options { Options(words: invocation.arguments) }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let name = options.words.joined(separator: " ")
    if let topic = HelpTopic.named(name) {
      context.output.append(topic.text)
      return
    }
    guard CommandTable.catalog.hasHelp(name) else {
      throw unknown(options.words, name: name)
    }
    context.output.append(HelpText(CommandTable.catalog).render(name, .full))
  }

  private static func unknown(_ words: [String], name: String) -> AdapterError {
    let catalog = CommandTable.catalog
    let candidates =
      HelpTopic.all.map(\.name) + catalog.groups.map(\.name)
      + catalog.visibleEntries(below: "").map(\.name)
    let close = closestMatch(to: name, in: candidates)
    return AdapterError(
      .usage, "no command or topic is called '\(name)'",
      hint: close.map { "did you mean 'nb help \($0)'?" } ?? "nb help lists both")
  }
}
