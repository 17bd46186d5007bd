import AdapterCore
import CLI
import Platform
import Queues
import Terminal

/// `nb queue move`: messages of one queue into another, of any broker.
enum MoveCommand: Command {
  struct Options {
    var source: QueuePlace
    var group: String?
    var destination: QueuePlace
    var count: Int?
    var creates: Bool
    var progress: ProgressOptions
  }

  static let count = FlagSpec(
    "count", short: "n", .value(name: "N"), summary: "Move this many at most")

  static let spec = CommandSpec(
    path: ["queue", "move"], summary: "Move messages into another queue, of any broker",
    description: [
      """
      What can be had now, until there is none. A message goes from its queue only when the other one \
      has accepted it: none is lost, and if this is killed one batch may be in both. Headers, content \
      type, priority and group go along; the key, and the delay and the time to live that were left, do \
      not. Prints how many were moved.
      """
    ],
    arguments: [
      QueueFlags.target, QueueFlags.queue,
      ArgumentSpec("DESTINATION", completion: .target, summary: "Where to: a target as TARGET is"),
      ArgumentSpec("QUEUE", completion: .queue, summary: "The queue there"),
    ],
    flags: [count, QueueFlags.group, QueueFlags.create] + ProgressFlags.all,
    examples: [
      Example("nb queue move jobs.db mail archive.db mail --create", "Into another file"),
      Example("nb queue move jobs.db mail jobs.db slow -n 1000 --create", "Some of them, aside"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such queue"),
      ExitStatusNote(69, "The other broker cannot do what a message asks for"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let options = Options(
      source: try QueuePlace(invocation, context), group: invocation.string(QueueFlags.group),
      destination: try QueuePlace(
        invocation.argument(2) ?? "", queue: invocation.argument(3), context),
      count: try invocation.int(count, in: 1...Int.max),
      creates: invocation.isSet(QueueFlags.create),
      progress: try ProgressOptions(invocation, context))
    let name = options.destination.queue
    try options.creates ? QueueName.check(name) : QueueName.checkKnown(name)
    return options
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    try refuseSameQueue(options)
    let source = try context.openQueue(options.source, .write)
    let destination = try context.openQueue(
      options.destination, options.creates ? .create : .write)
    if options.creates { try destination.create(options.destination.queue, QueueSettings()) }
    // Better known before a message is taken.
    _ = try destination.publish([], to: options.destination.queue)
    let move = QueueMove(
      source: try source.makeConsumer(
        of: options.source.queue, ConsumerOptions(group: options.group, prefetch: QueueMove.batch)),
      destination, options.destination.queue)
    defer { move.close() }
    // No more than are there now: the destination may be the same queue by another name.
    let known = try source.statistics(of: options.source.queue).first { $0.group == options.group }
    let count = min(options.count ?? .max, known?.total ?? 0)
    let progress = context.startProgress(
      "move", total: count, unit: .count("messages"),
      options.progress)
    do throws(AdapterError) {
      try move.run(count: count) { progress.update(to: $0) }
    } catch {
      progress.end()
      var error = error
      error.details.append("\(counted(move.moved, "message")) moved before that")
      throw error
    }
    progress.end()
    try context.print("\(move.moved)\n")
  }

  private static func refuseSameQueue(_ options: Options) throws(AdapterError) {
    guard options.source.queue == options.destination.queue else { return }
    let source = options.source.address
    let destination = options.destination.address
    let isSameFile =
      source.scheme == "sqlite" && destination.scheme == "sqlite"
      && FileSystem.isSameFile(source.path, destination.path)
    guard source != destination, !isSameFile else {
      throw AdapterError(.usage, "the messages would be moved to where they are")
    }
  }
}
