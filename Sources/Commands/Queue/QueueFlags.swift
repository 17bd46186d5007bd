import AdapterCore
import AdapterRegistry
import CLI

/// What the `queue` commands share: their arguments and flags, and opening what a target names.
enum QueueFlags {
  static let target = ArgumentSpec(
    "TARGET", completion: .target,
    summary: "An SQLite file of queues, redis://HOST, amqp://HOST or @PROFILE")

  static let queue = ArgumentSpec("QUEUE", completion: .queue, summary: "The queue's name")

  /// Of commands that need nothing behind it.
  static let optionalQueue = ArgumentSpec(
    "QUEUE", .optional, completion: .queue,
    summary: "The queue's name; the profile's when it is left out")

  static let group = FlagSpec(
    "group", .value(name: "NAME"), summary: "The group of consumers, where the queue has groups")

  static let create = FlagSpec(
    "create", summary: "Create the queue, and the file that holds it, when they are not there")

  /// A duration that must not be nothing.
  static func positive(
    _ flag: FlagSpec, _ invocation: Invocation
  ) throws(AdapterError) -> Duration? {
    guard let duration = try invocation.duration(flag) else { return nil }
    guard duration > .zero else {
      throw AdapterError(.usage, "--\(flag.name) takes a duration longer than nothing")
    }
    return duration
  }

  static let yes = FlagSpec("yes", short: "y", summary: "Don't ask; needed without a terminal")
}

extension CommandContext {
  /// Connects to a queue's broker.
  func openQueue(
    _ place: QueuePlace, _ access: QueueAccess
  ) throws(AdapterError) -> any MessageQueue {
    try AdapterRegistry.openQueue(place.address, access, operation)
  }

  /// Asks before messages are taken away; without a terminal nobody is asked, and --yes has to say
  /// it.
  func confirmLoss(_ question: String, isApproved: Bool) throws(AdapterError) {
    guard isApproved || terminal.isTerminal(.input) else {
      throw AdapterError(
        .usage, "\(question.dropLast(1)): there is nobody to ask", hint: "--yes does it")
    }
    try confirm(question, isApproved: isApproved)
  }
}
