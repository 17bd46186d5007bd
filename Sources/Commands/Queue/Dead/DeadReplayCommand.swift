import AdapterCore
import CLI

/// `nb queue dead replay`: dead letters become messages again.
enum DeadReplayCommand: Command {
  static let spec = CommandSpec(
    path: ["queue", "dead", "replay"], summary: "Put dead letters back into their queue",
    description: ["As if they had never been tried; prints how many."],
    arguments: [QueueFlags.target, QueueFlags.queue, DeadLetterFlags.ids],
    flags: DeadLetterFlags.filters + [DeadLetterFlags.all, DeadLetterFlags.dryRun]
      + OutputFlags.all,
    examples: [
      Example("nb queue dead replay jobs.db mail --all", "After the fault was mended"),
      Example("nb queue dead replay jobs.db mail --reason 'timed out' --dry-run", "Look first"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such queue")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> DeadLetterWork {
    try DeadLetterWork(invocation, context)
  }

  static func run(_ work: DeadLetterWork, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(work.place, work.isDryRun ? .read : .write)
    guard let store = queues.deadLetters else { throw queues.unsupported(.deadLetters) }
    if work.isDryRun { return try work.show(store, context) }
    try work.requireAll(in: store)
    try context.print("\(try store.replay(of: work.place.queue, work.filter))\n")
  }
}

/// `nb queue dead purge`: takes dead letters away.
enum DeadPurgeCommand: Command {
  struct Options {
    var work: DeadLetterWork
    var isApproved: Bool
  }

  static let spec = CommandSpec(
    path: ["queue", "dead", "purge"], summary: "Take dead letters away",
    description: ["Prints how many."],
    arguments: [QueueFlags.target, QueueFlags.queue, DeadLetterFlags.ids],
    flags: DeadLetterFlags.filters
      + [DeadLetterFlags.all, DeadLetterFlags.dryRun, QueueFlags.yes] + OutputFlags.all,
    examples: [
      Example("nb queue dead purge jobs.db mail --older-than 30d --yes", "For a daily job")
    ],
    exitStatuses: [
      ExitStatusNote(1, "The answer was no"), ExitStatusNote(66, "No such queue"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      work: try DeadLetterWork(invocation, context), isApproved: invocation.isSet(QueueFlags.yes))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let work = options.work
    let queues = try context.openQueue(work.place, work.isDryRun ? .read : .write)
    guard let store = queues.deadLetters else { throw queues.unsupported(.deadLetters) }
    if work.isDryRun { return try work.show(store, context) }
    try work.requireAll(in: store)
    var count = 0
    try store.list(of: work.place.queue, work.filter, count: nil) { _ in count += 1 }
    try context.confirmLoss(
      "take \(counted(count, "dead letter")) of '\(work.place.queue)' away?",
      isApproved: options.isApproved)
    try context.print("\(try store.purge(of: work.place.queue, work.filter))\n")
  }
}
