import AdapterCore
import CLI

/// Which queue of which broker a command is about.
struct QueuePlace {
  var address: Target.Address
  var profile: QueueProfile
  /// Empty for a command that is about all queues.
  var queue: String

  /// The broker that the first argument names; and the second one's queue, or else the profile's.
  ///
  /// Throws `usage` when no queue is named and `needsQueue`.
  init(
    _ invocation: Invocation, _ context: CommandContext, needsQueue: Bool = true
  ) throws(AdapterError) {
    try self.init(
      invocation.argument(0) ?? "", queue: invocation.argument(1), context, needsQueue: needsQueue)
  }

  init(
    _ target: String, queue: String?, _ context: CommandContext, needsQueue: Bool = true
  ) throws(AdapterError) {
    address = try context.address(of: target)
    profile = try QueueProfile(takingFrom: &address)
    guard let name = queue ?? profile.queue ?? (needsQueue ? nil : "") else {
      throw AdapterError(
        .usage, "QUEUE is missing",
        hint: "name it behind \(CommandContext.shown(target)), or set queue in a profile")
    }
    self.queue = name
  }
}
