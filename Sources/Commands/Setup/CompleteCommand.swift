import AdapterCore
import CLI
import Platform

/// `nb __complete`: answers the completion scripts of bash, zsh and fish.
enum CompleteCommand: Command {
  struct Options {
    var shell: Shell
    /// The words after nb up to the cursor, the last one unfinished.
    var words: [String]
  }

  enum Shell: String { case bash, zsh, fish }

  static let spec = CommandSpec(
    path: ["__complete"], summary: "Print what may stand at the cursor",
    arguments: [
      ArgumentSpec(
        "SHELL", choices: [Choice("bash", ""), Choice("zsh", ""), Choice("fish", "")],
        summary: "The shell that asks"),
      ArgumentSpec("WORD", .repeated, summary: "The words of the line up to the cursor"),
    ], isHidden: true)

  /// A person waits for the answer: after this long none is better.
  private static let patience = Duration.milliseconds(200)

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      shell: invocation.argument(0).flatMap(Shell.init) ?? .fish,
      words: Array(invocation.arguments.dropFirst()))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    exitSilently(after: patience)
    // bash leaves the quotes on every word, fish on the unfinished one; zsh takes them all off.
    var words = options.words
    if options.shell == .bash { words = words.map(ShellWord.unquoted) }
    if options.shell == .fish, let last = words.popLast() { words.append(ShellWord.unquoted(last)) }
    let completer = Completer(CommandTable.catalog, live: LiveCompletion(words))
    var answer = completer.complete(words)
    // zsh and fish quote by themselves, and bash within an open quote.
    if options.shell == .bash, !(options.words.last ?? "").contains(where: { "'\"".contains($0) }) {
      for index in answer.candidates.indices {
        answer.candidates[index].value = ShellWord.escaped(answer.candidates[index].value)
      }
    }
    context.output.append(answer.text)
  }
}
