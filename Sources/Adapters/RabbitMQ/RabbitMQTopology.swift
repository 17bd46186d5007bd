import AdapterCore
import CRabbitMQ
import Platform

/// Makes, finds and takes away what a queue of nb consists of; see `RabbitMQNames`.
struct RabbitMQTopology {
  /// A queue of the broker: the queue's own, or a group's.
  struct Part {
    var queue: String
    var group: String?
  }

  /// Deliveries in vain after which the broker itself gives a message up.
  private static let deliveryLimit: Int64 = 100
  /// Of queues that are only looked at: since 4.0 there is a limit for those that name none, and
  /// messages beyond it would vanish.
  static let noDeliveryLimit: Int64 = 1_000_000_000
  /// How long a temporary queue is kept without a consumer, in milliseconds.
  private static let unusedTime: Int64 = 60_000
  /// How long somebody else may have the list of groups in hand.
  private static let patience = Duration.seconds(5)

  private let owner: RabbitMQMessageQueue

  init(_ owner: RabbitMQMessageQueue) { self.owner = owner }

  // MARK: Creating

  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError) {
    if settings.isTemporary { return try createTemporary(queue) }
    let names = try groups(of: queue)
    let isThere = try owner.exists(queue: queue)
    if settings.groups.isEmpty, names.isEmpty {
      try createQueue(queue, isThere: isThere, settings)
    } else {
      try checkSettings(queue, isThere: isThere, names, settings)
    }
    for group in settings.groups where !names.contains(group) {
      try add(group, to: queue, hasQueue: isThere, settings)
    }
    let all = Set(names).union(settings.groups)
    if all.count > names.count { try write(all.sorted(), of: queue) }
  }

  /// A queue alone, which the broker deletes once nobody has used it for a while.
  private func createTemporary(_ queue: String) throws(AdapterError) {
    _ = try owner.administer { channel throws(AdapterError) in
      try channel.declare(queue: queue) { arena in
        [arena.entry("x-queue-type", "classic"), arena.entry("x-expires", Self.unusedTime)]
      }
    }
  }

  /// The queue's own consumers' one.
  private func createQueue(
    _ queue: String, isThere: Bool, _ settings: QueueSettings
  ) throws(AdapterError) {
    if isThere, try !owner.exists(exchange: RabbitMQNames.input(queue)) {
      // Somebody else's: it is there, and that is all that was asked for.
      guard settings.timeToLive != nil || settings.highestPriority != nil else { return }
    }
    if !isThere || settings.timeToLive != nil || settings.highestPriority != nil {
      try declare(queue, settings, as: queue)
    }
    try bind(queue, to: queue)
  }

  private func checkSettings(
    _ queue: String, isThere: Bool, _ groups: [String], _ settings: QueueSettings
  ) throws(AdapterError) {
    guard settings.timeToLive != nil || settings.highestPriority != nil else { return }
    if isThere { try declare(queue, settings, as: queue) }
    for group in groups { try declare(RabbitMQNames.group(group, of: queue), settings, as: queue) }
  }

  private func add(
    _ group: String, to queue: String, hasQueue: Bool, _ settings: QueueSettings
  ) throws(AdapterError) {
    let name = RabbitMQNames.group(group, of: queue)
    guard name.utf8.count + RabbitMQNames.dead("").utf8.count < 256 else {
      throw AdapterError(.usage, "the names of queue and group are too long together")
    }
    try declare(name, settings, as: queue)
    try bind(name, to: queue)
    if hasQueue { try bind(queue, to: queue) }
  }

  /// The queue, and the one for its dead letters first.
  private func declare(
    _ name: String, _ settings: QueueSettings, as queue: String
  ) throws(AdapterError) {
    try owner.prepareDead(of: name)
    do throws(AdapterError) {
      _ = try owner.administer { channel throws(AdapterError) in
        try channel.declare(queue: name) { arguments(name, settings, $0) }
      }
    } catch {
      guard error.kind == .conflict else { throw error }
      throw AdapterError(
        .conflict, "queue '\(queue)' is there with other settings", code: error.code,
        hint: "leave the settings out, or delete the queue first", details: [error.message])
    }
  }

  private func arguments(
    _ name: String, _ settings: QueueSettings, _ arena: ByteArena
  ) -> [amqp_table_entry_t] {
    var entries = [
      arena.entry("x-dead-letter-exchange", ""),
      arena.entry("x-dead-letter-routing-key", RabbitMQNames.dead(name)),
    ]
    if let priority = settings.highestPriority {
      // Quorum queues refuse priorities.
      entries.append(arena.entry("x-queue-type", "classic"))
      entries.append(arena.entry("x-max-priority", Int64(priority)))
    } else {
      entries.append(arena.entry("x-queue-type", "quorum"))
      entries.append(arena.entry("x-delivery-limit", Self.deliveryLimit))
      // Dead letters are confirmed before they leave; that demands this way of being full.
      entries.append(arena.entry("x-dead-letter-strategy", "at-least-once"))
      entries.append(arena.entry("x-overflow", "reject-publish"))
    }
    if let time = settings.timeToLive {
      entries.append(arena.entry("x-message-ttl", time.inMilliseconds))
    }
    return entries
  }

  private func bind(_ name: String, to queue: String) throws(AdapterError) {
    try owner.administer { channel throws(AdapterError) in
      try channel.declare(exchange: RabbitMQNames.input(queue), type: "topic")
      try channel.bind(queue: name, to: RabbitMQNames.input(queue), "#")
    }
  }

  // MARK: Finding

  /// The queue's own part first, then those of the groups; throws `notFound` without any.
  func parts(of queue: String) throws(AdapterError) -> [Part] {
    var parts: [Part] = []
    if try owner.exists(queue: queue) { parts.append(Part(queue: queue)) }
    for group in try groups(of: queue) {
      parts.append(Part(queue: RabbitMQNames.group(group, of: queue), group: group))
    }
    guard !parts.isEmpty else { throw owner.missing(queue) }
    return parts
  }

  /// The part that these consumers have.
  func part(of queue: String, group: String?) throws(AdapterError) -> Part {
    let name = group.map { RabbitMQNames.group($0, of: queue) } ?? queue
    if try owner.exists(queue: name) { return Part(queue: name, group: group) }
    let names = try groups(of: queue)
    guard let group else {
      guard !names.isEmpty else { throw owner.missing(queue) }
      throw AdapterError(
        .usage, "queue '\(queue)' has groups of consumers: name one with --group",
        hint: "it has \(names.joined(separator: ", "))")
    }
    if names.isEmpty, try !owner.exists(queue: queue) { throw owner.missing(queue) }
    throw AdapterError(
      .notFound, "queue '\(queue)' has no group '\(group)'",
      hint: closestMatch(to: group, in: names).map { "did you mean '\($0)'?" }
        ?? "nb queue create \(owner.displayName) \(queue) --group \(group) adds it")
  }

  /// Whether the broker heeds priorities there.
  ///
  /// AMQP tells only by refusing to declare the queue anew: each refusal names one argument that the
  /// queue has, until it is the turn of the priorities.
  func hasPriorities(_ queue: String) throws(AdapterError) -> Bool {
    var known: [RefusedArgument] = []
    while known.count < 20 {
      do throws(AdapterError) {
        _ = try owner.administer { channel throws(AdapterError) in
          try channel.declare(queue: queue) { arena in
            known.map { $0.entry(arena) } + [arena.entry("x-max-priority", 255)]
          }
        }
        return true
      } catch {
        guard error.kind == .conflict, let argument = RefusedArgument(error.message) else {
          throw error
        }
        if argument.name == "x-max-priority" { return argument.value != nil }
        if argument.name == "x-queue-type", argument.value != "classic" { return false }
        known.append(argument)
      }
    }
    return false
  }

  // MARK: Deleting

  func delete(_ queue: String) throws(AdapterError) {
    let parts = try parts(of: queue)
    try owner.administer { channel throws(AdapterError) in
      try channel.delete(exchange: RabbitMQNames.input(queue))
      for part in parts {
        try channel.delete(queue: part.queue)
        try channel.delete(queue: RabbitMQNames.dead(part.queue))
      }
      try channel.delete(queue: RabbitMQNames.groups(queue))
    }
  }

  // MARK: Groups

  /// The names of a queue's groups, in their order.
  func groups(of queue: String) throws(AdapterError) -> [String] {
    let name = RabbitMQNames.groups(queue)
    guard try owner.exists(queue: name) else { return [] }
    let end = Deadline.after(Self.patience)
    while true {
      let browser = try RabbitMQBrowser(name, over: try owner.connected())
      defer { browser.close() }
      let lists = try browser.take(10)
      if !lists.isEmpty || end.isPassed { return Self.names(lists) }
      // Somebody has it in hand.
      try owner.operation.sleep(for: .milliseconds(20))
    }
  }

  private static func names(_ lists: [RabbitMQContent]) -> [String] {
    var names: Set<String> = []
    for list in lists {
      let text = String(decoding: list.message.body, as: UTF8.self)
      names.formUnion(text.split(separator: "\n").map(String.init))
    }
    return names.sorted()
  }

  /// Writes the list anew. Two who do so at once leave two lists, which together are right.
  private func write(_ groups: [String], of queue: String) throws(AdapterError) {
    let name = RabbitMQNames.groups(queue)
    _ = try owner.administer { channel throws(AdapterError) in
      try channel.declare(queue: name) { [$0.entry("x-queue-type", "classic")] }
    }
    let browser = try RabbitMQBrowser(name, over: try owner.connected())
    defer { browser.close() }
    let known = try browser.take(10)
    let all = Set(groups).union(Self.names(known)).sorted()
    let list = Message(Array(all.joined(separator: "\n").utf8), contentType: "text/plain")
    let refusals = try owner.republish([
      .init(exchange: "", key: name, message: list, facts: RabbitMQFacts())
    ])
    if let refusal = refusals.first ?? nil { throw refusal }
    try browser.acknowledge(known)
  }
}
