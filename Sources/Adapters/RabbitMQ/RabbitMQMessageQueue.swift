import AdapterCore
import Platform

/// The queues of a virtual host.
final class RabbitMQMessageQueue: MessageQueue {
  /// Where messages for a name are published to.
  enum Route: Equatable {
    /// A queue of nb's: the exchange in front of it.
    case input(String)
    /// A queue that somebody else made: by the default exchange.
    case queue(String)
    /// An exchange, by the message's routing key.
    case exchange(String)
  }

  let settings: RabbitMQSettings
  let operation: OperationContext
  let displayName: String
  let management: RabbitMQManagement?
  private var connection: RabbitMQConnection
  /// For calls whose failure closes the channel.
  private var administration: RabbitMQChannel?
  private var publisher: RabbitMQPublisher?
  private var routes: [String: Route] = [:]
  /// What is bound to the exchange of what is due.
  private var delayTargets: Set<String> = []
  private var isDelayPrepared = false
  /// Queues that are known to have a queue for dead letters, and those that heed priorities.
  private var queuesWithDead: Set<String> = []
  private var prioritized: Set<String> = []
  private var ids = MessageID()

  init(
    _ settings: RabbitMQSettings, displayName: String, _ management: RabbitMQManagement?,
    _ operation: OperationContext
  ) throws(AdapterError) {
    self.settings = settings
    self.displayName = displayName
    self.management = management
    self.operation = operation
    connection = try RabbitMQConnection.open(settings, operation)
  }

  func support(for feature: QueueFeature) -> FeatureSupport {
    switch feature {
    case .delay: FeatureSupport(.emulated, "a queue for each bit of the delay; 24 days at most")
    case .priority: FeatureSupport(.native, "queues created with --priorities, which are classic")
    case .ttl:
      FeatureSupport(.native, "what expired is a dead letter once it is the first in its queue")
    case .consumerGroups: FeatureSupport(.emulated, "a queue for each group, behind one exchange")
    case .durability: FeatureSupport(.native, "persistent messages, confirmed by a quorum queue")
    case .routing: FeatureSupport(.native)
    case .tap: FeatureSupport(.emulated, "of queues that nb created: a queue that goes with it")
    case .deadLetters:
      FeatureSupport(.native, "a queue beside the queue; listing takes them and gives them back")
    case .leaseExtension:
      FeatureSupport(.limited, "by heartbeats, up to the broker's consumer_timeout (30 min)")
    case .release: support(.native, before4: "what was given back counts as one attempt")
    case .peek:
      support(
        .emulated, before4: "taken and given back, which counts as an attempt and changes the order"
      )
    case .list:
      management == nil
        ? FeatureSupport(.unsupported, "needs the management plugin: ?management=http://HOST:15672")
        : FeatureSupport(.native, "by the management plugin")
    case .lease: FeatureSupport(.unsupported, "a message is a consumer's until its connection ends")
    case .dedupe: FeatureSupport(.unsupported)
    case .fifoGroups: FeatureSupport(.unsupported, "one consumer with --prefetch 1 keeps the order")
    }
  }

  /// Before 4.0 the broker counts whatever comes back to a quorum queue.
  private func support(_ level: FeatureSupport.Level, before4 note: String) -> FeatureSupport {
    countsReturns
      ? FeatureSupport(.limited, "before RabbitMQ 4.0, \(note)") : FeatureSupport(level)
  }

  var countsReturns: Bool { connection.serverMajorVersion < 4 }

  func ping() throws(AdapterError) { _ = try administer { _ in } }

  func close() { connection.close() }

  // MARK: Connections

  /// The connection; a new one where the last one broke.
  func connected() throws(AdapterError) -> RabbitMQConnection {
    if connection.isUsable { return connection }
    connection.close()
    do throws(AdapterError) {
      connection = try RabbitMQConnection.open(settings, operation)
    } catch {
      // It was there, and may come back.
      var error = error
      if error.kind == .unavailable { error.kind = .temporary }
      throw error
    }
    administration = nil
    publisher = nil
    routes = [:]
    delayTargets = []
    queuesWithDead = []
    return connection
  }

  /// Runs calls on a channel that is kept for them; one that is refused costs the channel only.
  func administer<Result>(
    _ body: (RabbitMQChannel) throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    let connection = try connected()
    if let channel = administration, channel.isUsable { return try body(channel) }
    administration?.close()
    let channel = try connection.openChannel()
    administration = channel
    return try body(channel)
  }

  /// The publisher for single messages, of which nothing is on its way.
  private func publisherNow() throws(AdapterError) -> RabbitMQPublisher {
    _ = try connected()
    if let publisher, publisher.isUsable, publisher.isEmpty { return publisher }
    let publisher = try makeChannelPublisher()
    self.publisher = publisher
    return publisher
  }

  /// Whether a queue or exchange is there: the result of a call that throws `notFound` else.
  func exists(
    _ call: (RabbitMQChannel) throws(AdapterError) -> Void
  ) throws(AdapterError) -> Bool {
    do throws(AdapterError) {
      try administer(call)
      return true
    } catch {
      guard error.kind == .notFound else { throw error }
      return false
    }
  }

  func exists(queue: String) throws(AdapterError) -> Bool {
    try exists { channel throws(AdapterError) in _ = try channel.lookUp(queue: queue) }
  }

  func exists(exchange: String) throws(AdapterError) -> Bool {
    try exists { channel throws(AdapterError) in try channel.lookUp(exchange: exchange) }
  }

  // MARK: Queues

  func queues() throws(AdapterError) -> [String] {
    guard let management else { throw unsupported(.list) }
    return try management.queues()
  }

  /// The error of a queue that is not there, with the nearest name where names are known.
  func missing(_ queue: String) -> AdapterError {
    let guess = (try? management?.queues()).flatMap { closestMatch(to: queue, in: $0) }
    return AdapterError(
      .notFound, "there is no queue '\(queue)' in \(displayName)",
      hint: guess.map { "did you mean '\($0)'?" }
        ?? "nb queue create \(displayName) \(queue) makes it")
  }

  func create(_ queue: String, _ settings: QueueSettings) throws(AdapterError) {
    try refuseInner(queue)
    if settings.lease != nil { try require(.lease) }
    if settings.deduplicationWindow != nil { try require(.dedupe) }
    try RabbitMQTopology(self).create(queue, settings)
    forget(queue)
  }

  func delete(_ queue: String) throws(AdapterError) {
    try refuseInner(queue)
    try RabbitMQTopology(self).delete(queue)
    forget(queue)
  }

  private func refuseInner(_ queue: String) throws(AdapterError) {
    guard RabbitMQNames.isInner(queue) else { return }
    throw AdapterError(
      .usage, "'\(queue)' is a name that nb has for what it keeps beside queues",
      hint: "it must not end in :in, :dead or :groups, hold :group:, or begin with nb.delay.")
  }

  private func forget(_ queue: String) {
    routes[queue] = nil
    delayTargets = []
    queuesWithDead = []
    prioritized.remove(queue)
  }

  func purge(_ queue: String) throws(AdapterError) -> Int {
    var count = 0
    for part in try RabbitMQTopology(self).parts(of: queue) {
      count += try administer { channel throws(AdapterError) in
        try channel.purge(queue: part.queue)
      }
    }
    return count
  }

  func statistics(of queue: String) throws(AdapterError) -> [QueueStatistics] {
    var figures: [QueueStatistics] = []
    for part in try RabbitMQTopology(self).parts(of: queue) {
      let (ready, consumers) = try administer { channel throws(AdapterError) in
        try channel.lookUp(queue: part.queue)
      }
      var figure = QueueStatistics(
        queue: queue, group: part.group, ready: ready, delayed: nil, inFlight: nil,
        consumers: consumers)
      figure.dead = try deadCount(of: part.queue)
      try management?.complete(&figure, part.queue)
      figures.append(figure)
    }
    return figures
  }

  private func deadCount(of queue: String) throws(AdapterError) -> Int {
    var count = 0
    _ = try exists { channel throws(AdapterError) in
      count = try channel.lookUp(queue: RabbitMQNames.dead(queue)).ready
    }
    return count
  }

  // MARK: Publishing

  func publish(
    _ messages: [Message], to queue: String, isStoppable: Bool
  ) throws(AdapterError) -> [Result<PublishReceipt, AdapterError>] {
    let channel = try publisherNow()
    let refusals = try refusals(of: messages, to: queue, channel)
    let publisher = RabbitMQQueuePublisher(self, queue, over: channel, isStoppable: isStoppable)
    try publisher.send(zip(messages, refusals).filter { $0.1 == nil }.map(\.0))
    try publisher.finish()
    var outcomes = publisher.takeOutcomes()[...]
    return refusals.map { refusal in
      refusal.map { .failure($0) } ?? outcomes.removeFirst()
    }
  }

  /// Why each of these messages cannot be sent; nil for those that can.
  private func refusals(
    of messages: [Message], to queue: String, _ publisher: RabbitMQPublisher
  ) throws(AdapterError) -> [AdapterError?] {
    let route = try route(to: queue)
    let now = millisecondsSince1970()
    var refusals: [AdapterError?] = []
    for message in messages {
      do throws(AdapterError) {
        let facts = RabbitMQFacts(id: ids.next(at: now), publishedAt: now)
        try publisher.check(item(message, facts, to: route))
        refusals.append(nil)
      } catch {
        refusals.append(error)
      }
    }
    return refusals
  }

  func makePublisher(to queue: String) throws(AdapterError) -> any MessagePublisher {
    RabbitMQQueuePublisher(self, queue, over: try makeChannelPublisher())
  }

  func makeChannelPublisher() throws(AdapterError) -> RabbitMQPublisher {
    try RabbitMQPublisher(try connected(), operation)
  }

  /// Sends messages to a queue over a publisher.
  func send(
    _ messages: [Message], to queue: String, over publisher: RabbitMQPublisher, isStoppable: Bool
  ) throws(AdapterError) {
    if isStoppable { try operation.cancellation.check() }
    let route = try route(to: queue)
    for message in messages { try prepare(message, for: route) }
    let now = millisecondsSince1970()
    try publisher.send(messages.count, isStoppable: isStoppable) { index in
      item(messages[index], RabbitMQFacts(id: ids.next(at: now), publishedAt: now), to: route)
    }
  }

  /// Publishes what is to be kept whatever becomes of the operation: retries, dead letters. Returns
  /// why each was refused.
  func republish(_ items: [RabbitMQPublisher.Item]) throws(AdapterError) -> [AdapterError?] {
    let publisher = try publisherNow()
    for item in items { try publisher.check(item) }
    try publisher.send(items.count, isStoppable: false) { index in
      var item = items[index]
      // Their ids are whatever somebody gave them.
      item.facts.mark = Int64(index)
      return item
    }
    try publisher.finish(isStoppable: false)
    return publisher.takeOutcomes().map(\.refusal)
  }

  private func route(to queue: String) throws(AdapterError) -> Route {
    _ = try connected()
    if let route = routes[queue] { return route }
    let route: Route
    if try exists(exchange: RabbitMQNames.input(queue)) {
      route = .input(queue)
    } else if try exists(queue: queue) {
      route = .queue(queue)
    } else if try exists(exchange: queue) {
      route = .exchange(queue)
    } else {
      throw missing(queue)
    }
    routes[queue] = route
    return route
  }

  /// Throws unless the message can be published there as it asks for.
  private func prepare(_ message: Message, for route: Route) throws(AdapterError) {
    if message.deduplicationKey != nil { try require(.dedupe) }
    if message.group != nil { try require(.fifoGroups) }
    if message.priority != 0 { try requirePriorities(of: route) }
    if case .queue(let name) = route, message.routingKey != nil {
      throw AdapterError(
        .usage, "'\(name)' is a queue without an exchange of its own: it has no routing keys",
        hint: "name the exchange in its place")
    }
    guard let delay = message.delay, delay > .zero else { return }
    guard delay.inMilliseconds <= RabbitMQDelay.maximum else {
      throw AdapterError(.usage, "a delay is 24 days at most")
    }
    guard message.routingKey == nil, let target = Self.delayTarget(of: route) else {
      throw AdapterError(
        .unavailable, "\(displayName) does not support delay together with routing",
        hint: "name the queue, without --routing-key")
    }
    try prepareDelay(to: target)
  }

  /// What a delayed message reaches when it is due.
  private static func delayTarget(of route: Route) -> String? {
    switch route {
    case .input(let queue): RabbitMQNames.input(queue)
    case .queue(let name): name
    case .exchange: nil
    }
  }

  /// Binds a queue, or the exchange before one, to what is due.
  func prepareDelay(to target: String) throws(AdapterError) {
    _ = try connected()
    guard !delayTargets.contains(target) else { return }
    if !isDelayPrepared {
      if try !exists(RabbitMQDelay.isPrepared) { try administer(RabbitMQDelay.prepare) }
      isDelayPrepared = true
    }
    let key = RabbitMQDelay.bindingKey(of: target)
    try administer { channel throws(AdapterError) in
      if target.hasSuffix(RabbitMQNames.input("")) {
        try channel.bind(exchange: target, to: RabbitMQDelay.dueExchange, key)
      } else {
        try channel.bind(queue: target, to: RabbitMQDelay.dueExchange, key)
      }
    }
    delayTargets.insert(target)
  }

  private func item(
    _ message: Message, _ facts: RabbitMQFacts, to route: Route
  ) -> RabbitMQPublisher.Item {
    var facts = facts
    if let delay = message.delay, delay > .zero, let target = Self.delayTarget(of: route) {
      let start = facts.publishedAt ?? 0
      facts.expiresAt = message.timeToLive.map { start.addingClamping($0.inMilliseconds) }
      let (exchange, key) = RabbitMQDelay.route(delay.inMilliseconds, to: target)
      return .init(exchange: exchange, key: key, message: message, facts: facts)
    }
    facts.timeToLive = message.timeToLive?.inMilliseconds
    switch route {
    case .input(let queue):
      return .init(
        exchange: RabbitMQNames.input(queue), key: message.routingKey ?? queue, message: message,
        facts: facts)
    case .queue(let name): return .init(exchange: "", key: name, message: message, facts: facts)
    case .exchange(let name):
      return .init(
        exchange: name, key: message.routingKey ?? "", message: message, facts: facts)
    }
  }

  // MARK: Priorities

  /// Throws `unavailable` for a queue whose broker would ignore priorities without a word.
  private func requirePriorities(of route: Route) throws(AdapterError) {
    let queue: String
    switch route {
    case .input(let name), .queue(let name): queue = name
    case .exchange: return
    }
    guard !prioritized.contains(queue) else { return }
    for part in try RabbitMQTopology(self).parts(of: queue) {
      guard try RabbitMQTopology(self).hasPriorities(part.queue) else {
        throw AdapterError(
          .unavailable, "queue '\(queue)' does not support \(QueueFeature.priority.rawValue)",
          hint: "create one with --priorities 9; quorum queues have none")
      }
    }
    prioritized.insert(queue)
  }

  // MARK: Consuming

  func makeConsumer(
    of queue: String, _ options: ConsumerOptions
  ) throws(AdapterError) -> any MessageConsumer {
    if options.lease != nil { try require(.lease) }
    let part = try RabbitMQTopology(self).part(of: queue, group: options.group)
    return RabbitMQConsumer(self, queue, part.queue, prefetch: options.prefetch)
  }

  /// Makes the queue for what is given up, unless it is there.
  func prepareDead(of queue: String) throws(AdapterError) {
    _ = try connected()
    guard !queuesWithDead.contains(queue) else { return }
    let name = RabbitMQNames.dead(queue)
    if try !exists(queue: name) {
      _ = try administer { channel throws(AdapterError) in
        try channel.declare(queue: name) { arena in
          [
            arena.entry("x-queue-type", "quorum"),
            arena.entry("x-delivery-limit", RabbitMQTopology.noDeliveryLimit),
          ]
        }
      }
    }
    queuesWithDead.insert(queue)
  }

  var peeking: (any QueuePeeking)? { RabbitMQPeeking(self) }
  var tapping: (any QueueTapping)? { RabbitMQTapping(self) }
  var deadLetters: (any DeadLetterStore)? { RabbitMQDeadLetters(self) }
}
