import AdapterCore
import CLI

/// `nb queue delete`: takes a queue away with its messages.
enum QueueDeleteCommand: Command {
  struct Options {
    var place: QueuePlace
    var isApproved: Bool
  }

  static let spec = CommandSpec(
    path: ["queue", "delete"], summary: "Delete a queue with its messages and dead letters",
    arguments: [QueueFlags.target, QueueFlags.optionalQueue], flags: [QueueFlags.yes],
    examples: [Example("nb queue delete jobs.db mail --yes", "From a script")],
    exitStatuses: [
      ExitStatusNote(1, "The answer was no"), ExitStatusNote(66, "No such queue"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context),
      isApproved: invocation.isSet(QueueFlags.yes))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    let count = try queues.statistics(of: options.place.queue).map(\.total).reduce(0, +)
    try context.confirmLoss(
      "delete queue '\(options.place.queue)' with \(counted(count, "message"))?",
      isApproved: options.isApproved)
    try queues.delete(options.place.queue)
  }
}

/// `nb queue purge`: takes the messages of a queue away.
enum QueuePurgeCommand: Command {
  static let spec = CommandSpec(
    path: ["queue", "purge"], summary: "Take the messages of a queue away",
    description: [
      """
      Messages that somebody works on stay, and so do dead letters: nb queue dead purge takes those \
      away. Prints how many went, each counted once for every group that had it to do.
      """
    ],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue], flags: [QueueFlags.yes],
    examples: [Example("nb queue purge jobs.db mail --yes", "From a script")],
    exitStatuses: [
      ExitStatusNote(1, "The answer was no"), ExitStatusNote(66, "No such queue"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> QueueDeleteCommand.Options {
    try QueueDeleteCommand.options(from: invocation, context)
  }

  static func run(
    _ options: QueueDeleteCommand.Options, _ context: CommandContext
  ) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    let figures = try queues.statistics(of: options.place.queue)
    let count = figures.map { $0.ready + ($0.delayed ?? 0) }.reduce(0, +)
    try context.confirmLoss(
      "take \(counted(count, "message")) out of '\(options.place.queue)'?",
      isApproved: options.isApproved)
    try context.print("\(try queues.purge(options.place.queue))\n")
  }
}

extension QueueStatistics {
  /// All messages, dead letters included.
  var total: Int { ready + (delayed ?? 0) + (inFlight ?? 0) + dead }
}
