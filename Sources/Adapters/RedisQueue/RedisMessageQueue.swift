import AdapterCore
import Platform

/// The queues of a Redis server.
final class RedisMessageQueue: MessageQueue {
  /// All names of queues, so that they can be listed; a name may be left of one that is gone.
  private var index: String { client.settings.prefix + ":queues" }

  let client: RedisClient
  /// Ends every wait.
  let operation: OperationContext
  private let unstoppable: OperationContext
  /// Until when things are put in order after the operation was stopped.
  private var ending: Deadline?

  init(_ client: RedisClient, _ operation: OperationContext) {
    self.client = client
    self.operation = operation
    unstoppable = OperationContext(
      cancellation: Cancellation(heedsSignals: false), metrics: operation.metrics,
      note: operation.note)
  }

  var displayName: String { client.displayName }

  /// How long a server may be silent once the command is to end.
  static let lastPatience = Duration.seconds(5)

  /// Runs what settles work, and puts things in order after a signal, which does not stop it; a server
  /// that does not answer does.
  private func steadily<Result>(
    _ body: (OperationContext) throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    let mustEnd = operation.cancellation.isCancelled || operation.deadline.isPassed
    if mustEnd, ending == nil { ending = .after(Self.lastPatience) }
    let usual = Deadline.after(client.settings.readTimeout + .seconds(30))
    let end = ending ?? usual.earlier(of: operation.deadline.later(by: Self.lastPatience))
    do throws(AdapterError) {
      return try body(unstoppable.ending(by: end))
    } catch {
      throw error.kind == .timeout ? silence : error
    }
  }

  /// Sends a command of who waits until `limit`: a silent server may take no longer than that, or than
  /// one that comes back. Who waits for moments only, and asks again, waits for that one too.
  func send(
    _ command: RedisCommand, key: String, patience: Duration = .zero, waitingUntil limit: Deadline
  ) throws(AdapterError) -> RedisReply {
    // Who does not wait wants an answer all the same.
    if limit.isPassed { return try client.send(command, key: key, patience: patience, operation) }
    let usual = max(client.settings.readTimeout, RedisClient.budget)
    let latest = limit.remaining.map { Deadline.after(max($0, usual) + Self.lastPatience) }
    let end = operation.deadline.earlier(of: latest ?? .never)
    do throws(AdapterError) {
      return try client.send(command, key: key, patience: patience, operation.ending(by: end))
    } catch {
      guard error.kind == .timeout else { throw error }
      throw operation.deadline.isPassed ? operation.stopError : silence
    }
  }

  private var silence: AdapterError {
    AdapterError(
      .temporary, "\(displayName) does not answer", hint: "what was not settled comes again")
  }

  /// Sends one command of that kind.
  func sendSteadily(_ command: RedisCommand, key: String) throws(AdapterError) -> RedisReply {
    try steadily { operation throws(AdapterError) in
      try client.send(command, key: key, operation)
    }
  }

  func support(for feature: QueueFeature) -> FeatureSupport {
    switch feature {
    case .delay, .lease, .leaseExtension:
      FeatureSupport(.emulated, "by a sorted set of times")
    case .priority: FeatureSupport(.emulated, "by a stream for each priority")
    case .ttl: FeatureSupport(.emulated, "what expired is a dead letter when its turn comes")
    case .dedupe: FeatureSupport(.emulated, "within the queue's window")
    case .fifoGroups: FeatureSupport(.emulated, "one message of a group at a time")
    case .consumerGroups:
      FeatureSupport(.emulated, "each has a copy of what is published after it was made")
    case .deadLetters: FeatureSupport(.emulated, "in a stream of their own")
    case .peek, .tap, .list: FeatureSupport(.native)
    case .release: FeatureSupport(.emulated, "by a script")
    case .durability: durability
    case .routing: FeatureSupport(.unsupported, "messages are routed by the queue's name")
    }
  }

  /// What the server's append-only file promises (INFO persistence, CONFIG GET appendfsync).
  private var durability: FeatureSupport {
    guard let info = try? read(RedisCommand("INFO", "persistence")), info.error == nil else {
      return FeatureSupport(.limited, "the server does not say whether it keeps a file")
    }
    guard info.text.contains("aof_enabled:1") else {
      return FeatureSupport(
        .limited, "appendonly is off: what came after the last snapshot is lost in a crash")
    }
    let setting = try? read(RedisCommand("CONFIG", "GET", "appendfsync"))
    switch setting.map({ $0[1].text }) {
    case "always": return FeatureSupport(.native, "appendonly, appendfsync always")
    case "everysec":
      return FeatureSupport(
        .limited, "appendonly, appendfsync everysec: a crash may lose the last two seconds")
    default:
      return FeatureSupport(.limited, "appendonly without fsync: a machine's crash may lose much")
    }
  }

  private func read(_ command: RedisCommand) throws(AdapterError) -> RedisReply {
    try client.send(command, key: index, operation)
  }

  func ping() throws(AdapterError) { _ = try read(RedisCommand("PING")) }

  func close() { client.close() }

  // MARK: Scripts

  /// The key of a queue with this name behind what all of its keys begin with.
  func key(_ name: String, of queue: String) -> String {
    "{\(client.settings.prefix):\(queue)}:\(name)"
  }

  /// The key that stands for all of a queue's.
  func settingsKey(of queue: String) -> String { key("conf", of: queue) }

  /// A call of the queue's script; its words are appended behind the operation's name.
  func scriptCall(
    _ queue: String, _ name: String, wordCount: Int, byteCount: Int = 64
  ) -> RedisCommand {
    var command = RedisCommand(wordCount: 5 + wordCount, byteCount: byteCount)
    command.append("EVALSHA")
    command.append(client.script)
    command.append("1")
    command.append(settingsKey(of: queue))
    command.append(name)
    return command
  }

  /// Runs an operation of the script; throws `notFound` for a queue that is not there.
  func call(
    _ queue: String, _ name: String, _ words: [String] = [], loss: RedisFlight.Loss = .repeats
  ) throws(AdapterError) -> RedisReply {
    var command = scriptCall(queue, name, wordCount: words.count)
    for word in words { command.append(word) }
    let reply = try client.send(
      command, key: settingsKey(of: queue), loss: loss, operation)
    guard !reply.isNull else { throw try missing(queue) }
    return reply
  }

  func missing(_ queue: String) throws(AdapterError) -> AdapterError {
    missingQueue(queue, among: try queues())
  }

  // MARK: Queues

  func queues() throws(AdapterError) -> [String] {
    let names = try client.send(RedisCommand("SMEMBERS", index), key: index, operation)
    var found: [String] = []
    for name in names.elements.map(\.text) where try exists(name) { found.append(name) }
    return found.sorted()
  }

  func exists(_ queue: String) throws(AdapterError) -> Bool {
    let key = settingsKey(of: queue)
    return try client.send(RedisCommand("EXISTS", key), key: key, operation).integer == 1
  }

  /// How long a temporary queue outlives the last call about it.
  private static let temporaryLife = Duration.seconds(60)

  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError) {
    // First, so that no queue is there that nobody can list; one that goes by itself nobody needs to.
    if !settings.isTemporary {
      _ = try client.send(RedisCommand("SADD", index, queue), key: index, operation)
    }
    func text(_ duration: Duration?) -> String { duration.map { String($0.inMilliseconds) } ?? "" }
    let result = try call(
      queue, "create",
      [
        text(settings.lease), text(settings.timeToLive), text(settings.deduplicationWindow),
        settings.isTemporary ? text(Self.temporaryLife) : "",
      ] + settings.groups)
    guard result.integer >= 0 else { throw otherSettings(of: queue) }
  }

  func delete(_ queue: String) throws(AdapterError) {
    let reply = try sendSteadily(
      scriptCall(queue, "delete", wordCount: 0), key: settingsKey(of: queue))
    // A first time, whose answer was lost, has deleted it.
    guard !reply.isNull || client.hasRepeated else { throw try missing(queue) }
    _ = try sendSteadily(RedisCommand("SREM", index, queue), key: index)
  }

  func purge(_ queue: String) throws(AdapterError) -> Int {
    try call(queue, "purge").integer
  }

  func statistics(of queue: String) throws(AdapterError) -> [QueueStatistics] {
    try call(queue, "statistics").elements.map { group in
      QueueStatistics(
        queue: queue, group: Self.name(group[0].text), ready: group[1].integer,
        delayed: group[2].integer, inFlight: group[3].integer, dead: group[4].integer,
        oldestAge: group[5].integer < 0 ? nil : .milliseconds(group[5].integer),
        consumers: group[6].integer)
    }
  }

  /// A group's name as the port has it: nil for the queue's own consumers.
  static func name(_ group: String) -> String? { group.isEmpty ? nil : group }

  /// The settings of a queue that consumers need.
  struct Info {
    var lease: Duration
    var groups: [String]
  }

  func info(of queue: String) throws(AdapterError) -> Info {
    let reply = try call(queue, "info").elements
    return Info(
      lease: .milliseconds(Int(reply.first?.text ?? "") ?? 60_000),
      groups: reply.dropFirst(3).map(\.text))
  }

  /// The script's name of a group; throws `notFound` for one that the queue does not have.
  func require(
    group: String?, of queue: String, _ info: Info
  ) throws(AdapterError) -> String {
    if info.groups.contains(group ?? "") { return group ?? "" }
    throw missingGroup(group, of: queue, among: info.groups.filter { !$0.isEmpty })
  }

  // MARK: Messages

  func publish(
    _ messages: [Message], to queue: String, isStoppable: Bool
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    guard isStoppable else {
      return try steadily { operation throws(AdapterError) in
        try publish(messages, to: queue, operation)
      }
    }
    return try publish(messages, to: queue, operation)
  }

  private func publish(
    _ messages: [Message], to queue: String, _ operation: OperationContext
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    let publisher = RedisPublisher(self, queue, operation)
    try publisher.send(messages)
    try publisher.finish()
    return publisher.takeOutcomes()
  }

  func makePublisher(to queue: String) -> any MessagePublisher {
    RedisPublisher(self, queue, operation)
  }

  func makeConsumer(
    of queue: String, _ options: ConsumerOptions
  ) throws(AdapterError) -> any MessageConsumer {
    let info = try info(of: queue)
    return RedisMessageConsumer(
      self, queue, group: try require(group: options.group, of: queue, info),
      lease: options.lease ?? info.lease)
  }

  var peeking: (any QueuePeeking)? { RedisQueuePeeking(self) }
  var tapping: (any QueueTapping)? { RedisQueueTapping(self) }
  var deadLetters: (any DeadLetterStore)? { RedisDeadLetters(self) }
}
