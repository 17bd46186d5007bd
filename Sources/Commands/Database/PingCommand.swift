import AdapterCore
import CLI
import Platform

/// `nb db ping`: whether a database answers.
enum PingCommand: Command {
  struct Options {
    var target: String
    /// nil: one attempt.
    var wait: Duration?
  }

  static let wait = FlagSpec(
    "wait", .value(name: "DURATION"), summary: "Try again for this long until it answers",
    details: "A database that does not exist yet is waited for too.")

  static let spec = CommandSpec(
    path: ["db", "ping"], summary: "Check that a database answers",
    description: [
      """
      Prints nothing but a note on a terminal; the exit status is the answer. With --wait it tries \
      again, at growing intervals of up to a second, which is how a script waits for a database \
      that is being started, created or unlocked.
      """
    ],
    arguments: [DatabaseFlags.target], flags: [wait],
    examples: [
      Example("nb db ping app.db && echo up", "One attempt"),
      Example("nb db ping @prod --wait 30s", "Wait for it to come up"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "There is no such database"),
      ExitStatusNote(75, "It did not answer, within --wait if that was given"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(target: invocation.argument(0) ?? "", wait: try invocation.duration(wait))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    // What is wrong with the target itself no waiting helps.
    _ = try context.address(of: options.target)
    let start = MonotonicInstant.now
    let deadline = Deadline.after(options.wait ?? .zero)
    var pause = Duration.milliseconds(50)
    while true {
      do throws(AdapterError) {
        try context.openDatabase(options.target, .read).ping()
        break
      } catch {
        guard let wait = options.wait, mayPass(error) else { throw error }
        guard let left = deadline.remaining, left > .zero else {
          throw unanswered(options.target, wait, error)
        }
        try context.operation.sleep(for: min(pause, left))
        pause = min(pause * 2, .seconds(1))
      }
    }
    if context.terminal.isTerminal(.errors) {
      let milliseconds = Int(MonotonicInstant.now.since(start).inSeconds * 1000)
      context.operation.note("\(CommandContext.shown(options.target)) answers (\(milliseconds) ms)")
    }
  }

  /// Whether the same attempt may succeed later without anybody changing the command.
  private static func mayPass(_ error: AdapterError) -> Bool {
    switch error.kind {
    case .notFound, .unavailable, .temporary, .io: true
    default: error.isRetryable
    }
  }

  private static func unanswered(
    _ target: String, _ wait: Duration, _ error: AdapterError
  ) -> AdapterError {
    var error = error
    error.message = "no answer within \(wait.secondsText): \(error.message)"
    error.kind = .temporary
    error.isRetryable = true
    return error
  }
}
