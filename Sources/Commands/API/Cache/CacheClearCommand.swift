import AdapterCore
import CLI
import HTTPCache

/// `nb api cache clear`: forgets what is stored.
enum CacheClearCommand: Command {
  struct Options {
    var target: CacheTarget
    var isApproved: Bool
  }

  static let yes = FlagSpec("yes", short: "y", summary: "Don't ask")

  static let spec = CommandSpec(
    path: ["api", "cache", "clear"], summary: "Remove stored responses, all or those of a host",
    description: [
      """
      Asks on a terminal. What other processes are reading stays readable for them.
      """
    ],
    arguments: [CacheTarget.argument], flags: [yes],
    examples: [
      Example("nb api cache clear @gh", "Those of one host"),
      Example("nb api cache clear --yes", "All of them, in a script"),
    ],
    exitStatuses: [ExitStatusNote(1, "The answer was no")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      target: try CacheTarget(invocation, context), isApproved: invocation.isSet(yes))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let host = options.target.host
    let survey = CacheSurvey(folder: options.target.folder)
    let count = survey.hosts.filter { host == nil || $0.host == host }.reduce(0) {
      $0 + $1.responses
    }
    if count > 0 {
      try context.confirm(
        "Remove \(counted(count, "stored response"))\(host.map { " of \($0)" } ?? "")?",
        isApproved: options.isApproved)
    }
    let removed = survey.clear(host: host)
    context.operation.note(
      "removed \(counted(removed.responses, "response")), \(counted(removed.bytes, "byte"))")
  }
}
