import AdapterCore
import Platform

/// Takes messages from one queue of the broker, which pushes them.
///
/// The broker pushes no more than are asked for: whatever it pushed and nobody took would come back
/// to the queue when this ends, and before RabbitMQ 4.0 that counts as an attempt. So the window
/// (basic.qos) is what was asked for, and acknowledgements, which open it again, leave with the next
/// request.
final class RabbitMQConsumer: MessageConsumer, RabbitMQReceiver {
  private struct Held {
    var content: RabbitMQContent
    var attempt: Int
    /// Whose window it counts in.
    var subscription: Int
  }

  /// How long a busy broker may take for the first message of a queue that has some.
  private static let emptyPatience = Duration.seconds(10)
  /// How long a broker that has messages may take to push them.
  private static let pushPatience = Duration.seconds(1)
  /// How long it is tried to connect again.
  static let reconnecting = Retry.Policy(
    attempts: 1000, firstDelay: .milliseconds(100), maximumDelay: .seconds(3),
    budget: .seconds(120))

  private let owner: RabbitMQMessageQueue
  private let queue: String
  /// The queue of the broker.
  private let part: String
  private let prefetch: Int
  /// Whether the queue goes with the connection.
  private let isTap: Bool
  private var channel: RabbitMQChannel?
  /// Of the channel; part of each token, for tags begin anew with each channel.
  private var epoch = 0
  private var consumerTag: String?
  /// Of the consumer that is or was the last.
  private var subscription = 0
  /// What the broker pushes at most beyond what is acknowledged, and what of it is taken.
  private var window = 0
  private var takenOfWindow = 0
  /// Pushed and not asked for yet.
  private var pushed: [RabbitMQContent] = []
  private var firstPushed = 0
  /// What is neither given back nor to be acknowledged.
  private var held: [UInt64: Held] = [:]
  /// Acknowledgements that leave with the next request.
  private var acknowledgements: [(tag: UInt64, subscription: Int)] = []
  private var isCancelled = false
  private var isClosed = false

  init(
    _ owner: RabbitMQMessageQueue, _ queue: String, _ part: String, prefetch: Int,
    isTap: Bool = false
  ) {
    self.isTap = isTap
    self.owner = owner
    self.queue = queue
    self.part = part
    self.prefetch = max(1, prefetch)
  }

  /// Gives back what was not settled.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    defer { lose() }
    guard let channel, channel.isUsable else { return }
    do throws(AdapterError) {
      try unsubscribe(channel)
      try flushAcknowledgements(channel)
      // A channel that ends with deliveries counts as their failure; giving back, since 4.0, does not.
      try channel.releaseAll()
    } catch {
      // The broker gives all back by itself.
    }
    channel.close()
  }

  /// Nothing is this consumer's any more.
  private func lose() {
    channel?.close()
    channel = nil
    consumerTag = nil
    window = 0
    takenOfWindow = 0
    pushed = []
    firstPushed = 0
    held = [:]
    acknowledgements = []
  }

  // MARK: - Taking

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    // Who does not wait is told the truth, however much has expired before it.
    let mayEnd = !limit.isPassed
    while true {
      try owner.operation.cancellation.check()
      do throws(AdapterError) {
        let channel = try subscribe(count)
        try waitForPushes(count, until: limit, channel)
        let (deliveries, hasExpired) = try take(count)
        if !deliveries.isEmpty { return deliveries }
        if limit.isPassed, mayEnd || !hasExpired { return [] }
        try checkQueue(channel)
      } catch {
        try recover(from: error, count)
      }
    }
  }

  /// Waits for the first message, then for those that the broker has now.
  private func waitForPushes(
    _ count: Int, until limit: Deadline, _ channel: RabbitMQChannel
  ) throws(AdapterError) {
    _ = try channel.connection.takeFrames()
    while pushedCount == 0, !limit.isPassed {
      try checkQueue(channel)
      guard try channel.connection.waitForFrame(until: limit, isStoppable: true) else { break }
    }
    _ = try channel.connection.takeFrames()
    try owner.operation.cancellation.check()
    let patience = Deadline.after(Self.pushPatience)
    let emptyPatience = Deadline.after(Self.emptyPatience)
    var wasEmpty = false
    while pushedCount < min(count, window - takenOfWindow),
      !(pushedCount > 0 ? patience : emptyPatience).isPassed
    {
      try checkQueue(channel)
      let (ready, consumers) = try channel.lookUp(queue: part)
      _ = try channel.connection.takeFrames()
      // Without this consumer it is no answer of the queue's, which has not answered in time. And the
      // channel overtakes what the queue handed it just before, which comes before its next answer.
      if ready == 0, consumers > 0 {
        if pushedCount > 0 || wasEmpty { return }
        wasEmpty = true
        continue
      }
      wasEmpty = false
      let pause = Duration.milliseconds(patience.isPassed ? 50 : 2)
      _ = try channel.connection.waitForFrame(until: .after(pause), isStoppable: false)
      try owner.operation.cancellation.check()
    }
  }

  private var pushedCount: Int { pushed.count - firstPushed }

  private func checkQueue(_ channel: RabbitMQChannel) throws(AdapterError) {
    if isCancelled || channel.failure?.kind == .notFound { throw .deletedQueue(queue) }
    try channel.requireUsable()
  }

  /// Takes from what was pushed; what has expired becomes a dead letter.
  private func take(
    _ count: Int
  ) throws(AdapterError) -> (deliveries: [Delivery], hasExpired: Bool) {
    var deliveries: [Delivery] = []
    var expired: [Settlement] = []
    let now = millisecondsSince1970()
    while deliveries.count < count, firstPushed < pushed.count {
      let content = pushed[firstPushed]
      firstPushed += 1
      takenOfWindow += 1
      let delivery = hold(content)
      if let time = content.facts.expiresAt, time <= now {
        expired.append(Settlement(delivery.receipt, .deadLetter(reason: "expired")))
      } else {
        deliveries.append(delivery)
      }
    }
    if firstPushed == pushed.count {
      pushed.removeAll(keepingCapacity: true)
      firstPushed = 0
    }
    if !expired.isEmpty { _ = try settle(expired) }
    return (deliveries, !expired.isEmpty)
  }

  private func hold(_ content: RabbitMQContent) -> Delivery {
    let attempt = content.facts.attempts + 1 + returns(of: content)
    held[content.tag] = Held(content: content, attempt: attempt, subscription: subscription)
    return Delivery(
      receipt: DeliveryReceipt(
        id: content.facts.id ?? "\(content.tag)", token: "\(epoch).\(content.tag)"),
      queue: queue, message: content.message, attempt: attempt,
      publishedAt: content.facts.publishedAt, leaseEnd: leaseEnd)
  }

  /// Deliveries in vain that are attempts. Before 4.0 a release counts like a crash: then, and in
  /// classic queues, which do not count, all of them together are one.
  private func returns(of content: RabbitMQContent) -> Int {
    if owner.countsReturns || content.facts.deliveries == 0 {
      return content.isRedelivered || content.facts.deliveries > 0 ? 1 : 0
    }
    return content.facts.deliveries
  }

  /// A broker that hears nothing for two heartbeats drops the connection, and hands all out again.
  private var leaseEnd: MonotonicInstant? {
    channel?.connection.heartbeat.map { MonotonicInstant.now.advanced(by: $0 * 2) }
  }

  // MARK: - Subscribing

  /// A subscription whose window has room for what is wanted, and no more.
  private func subscribe(_ count: Int) throws(AdapterError) -> RabbitMQChannel {
    guard !isClosed else { throw AdapterError(.bug, "a consumer was used after its end") }
    let channel = try channelNow()
    let wanted = max(1, min(count, prefetch - held.count))
    let returning = acknowledgements.count { $0.subscription == subscription }
    let room = window - takenOfWindow + returning
    if consumerTag == nil || room > wanted || 2 * room < wanted {
      try unsubscribe(channel)
      try flushAcknowledgements(channel)
      try subscribe(channel, wanted)
    } else {
      try flushAcknowledgements(channel)
    }
    return channel
  }

  private func channelNow() throws(AdapterError) -> RabbitMQChannel {
    if let channel {
      if channel.isUsable { return channel }
      try checkQueue(channel)
    }
    let opened = try owner.connected().openChannel()
    lose()
    epoch += 1
    opened.receiver = self
    channel = opened
    return opened
  }

  private func subscribe(_ channel: RabbitMQChannel, _ window: Int) throws(AdapterError) {
    subscription += 1
    let tag = "nb-\(subscription)"
    try channel.consume(part, tag: tag, window: window)
    consumerTag = tag
    self.window = window
    takenOfWindow = 0
  }

  /// Stops the pushes; what was pushed and not taken goes back.
  private func unsubscribe(_ channel: RabbitMQChannel) throws(AdapterError) {
    guard let tag = consumerTag else { return }
    consumerTag = nil
    try channel.cancel(tag: tag)
    _ = try channel.connection.takeFrames()
    for content in pushed[firstPushed...] { try channel.release(content.tag) }
    pushed = []
    firstPushed = 0
    window = 0
    takenOfWindow = 0
  }

  /// Connects again where that may help.
  private func recover(from error: AdapterError, _ count: Int) throws(AdapterError) {
    if error.kind == .notFound { throw .deletedQueue(queue) }
    guard error.isRetryable, channel?.isUsable != true, !isTap else { throw error }
    lose()
    owner.operation.note("\(error.message); connecting again")
    try Retry(Self.reconnecting, owner.operation).run { () throws(AdapterError) in
      do throws(AdapterError) {
        _ = try subscribe(count)
      } catch {
        if channel?.isUsable == false { lose() }
        throw error
      }
    }
  }

  // MARK: - Settling

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    guard let channel, channel.isUsable else { return settlements.map { _ in false } }
    do throws(AdapterError) {
      return try settle(settlements, channel)
    } catch {
      guard !channel.isUsable else { throw error }
      // The broker hands them out again, also what was published anew and not acknowledged.
      lose()
      return settlements.map { _ in false }
    }
  }

  private func settle(
    _ settlements: [Settlement], _ channel: RabbitMQChannel
  ) throws(AdapterError) -> [Bool] {
    var isOwn: [Bool] = []
    var moves: [Move] = []
    var moving: Set<UInt64> = []
    var failure: AdapterError?
    for settlement in settlements {
      guard let tag = tag(of: settlement.receipt), let held = held[tag], !moving.contains(tag)
      else {
        isOwn.append(false)
        continue
      }
      isOwn.append(true)
      do throws(AdapterError) {
        switch settlement.outcome {
        case .acknowledge: acknowledge(tag)
        case .release: try release(tag, channel)
        case .retry(let delay): moves.append((tag, try retry(held, after: delay)))
        case .deadLetter(let reason, let output):
          moves.append((tag, try deadLetter(held, reason, output)))
        }
        if moves.last?.tag == tag { moving.insert(tag) }
      } catch {
        guard channel.isUsable else { throw error }
        failure = failure ?? error
      }
    }
    try publish(moves, channel)
    if let failure { throw failure }
    return isOwn
  }

  private func acknowledge(_ tag: UInt64) {
    guard let held = held.removeValue(forKey: tag) else { return }
    acknowledgements.append((tag, held.subscription))
  }

  private func tag(of receipt: DeliveryReceipt) -> UInt64? {
    let parts = receipt.token.split(separator: ".")
    guard parts.count == 2, Int(parts[0]) == epoch else { return nil }
    return UInt64(parts[1])
  }

  private func release(_ tag: UInt64, _ channel: RabbitMQChannel) throws(AdapterError) {
    try channel.release(tag)
    if held.removeValue(forKey: tag)?.subscription == subscription { takenOfWindow -= 1 }
  }

  /// A delivery that goes on as a new message.
  private typealias Move = (tag: UInt64, item: RabbitMQPublisher.Item)

  /// Publishes them, and acknowledges those that were accepted; the others go back.
  private func publish(
    _ moves: [Move], _ channel: RabbitMQChannel
  ) throws(AdapterError) {
    guard !moves.isEmpty else { return }
    var failure: AdapterError?
    for (move, refusal) in zip(moves, try owner.republish(moves.map(\.item))) {
      if let refusal {
        failure = failure ?? refusal
        try release(move.tag, channel)
      } else {
        acknowledge(move.tag)
      }
    }
    if let failure { throw failure }
  }

  private func retry(
    _ held: Held, after delay: Duration
  ) throws(AdapterError) -> RabbitMQPublisher.Item {
    var facts = facts(of: held)
    facts.attempts = held.attempt
    guard delay > .zero else {
      return .init(exchange: "", key: part, message: held.content.message, facts: facts)
    }
    try owner.prepareDelay(to: part)
    let longest = RabbitMQDelay.maximum
    let wait = min(RabbitMQDelay.coarse(min(delay.inMilliseconds, longest)), longest)
    let (exchange, key) = RabbitMQDelay.route(wait, to: part)
    return .init(exchange: exchange, key: key, message: held.content.message, facts: facts)
  }

  private func deadLetter(
    _ held: Held, _ reason: String, _ output: String?
  ) throws(AdapterError) -> RabbitMQPublisher.Item {
    try owner.prepareDead(of: part)
    var facts = facts(of: held)
    facts.expiresAt = nil
    facts.attempts = reason == "expired" ? held.attempt - 1 : held.attempt
    facts.reason = reason
    facts.output = output
    facts.diedAt = millisecondsSince1970()
    return .init(
      exchange: "", key: RabbitMQNames.dead(part), message: held.content.message, facts: facts)
  }

  /// What goes along with a message that is published anew: it expires when it would have.
  private func facts(of held: Held) -> RabbitMQFacts {
    var facts = held.content.facts
    if facts.expiresAt == nil, let time = facts.timeToLive, let start = facts.publishedAt {
      facts.expiresAt = start.addingClamping(time)
    }
    facts.timeToLive = nil
    return facts
  }

  /// Sends what was put off: one frame where all up to a tag are acknowledged.
  private func flushAcknowledgements(_ channel: RabbitMQChannel) throws(AdapterError) {
    guard let last = acknowledgements.map(\.tag).max() else { return }
    let firstOpen = min(
      held.keys.min() ?? .max, firstPushed < pushed.count ? pushed[firstPushed].tag : .max)
    takenOfWindow -= acknowledgements.count { $0.subscription == subscription }
    if last < firstOpen {
      try channel.acknowledge(last, multiple: true)
    } else {
      for (tag, _) in acknowledgements { try channel.acknowledge(tag, multiple: false) }
    }
    acknowledgements.removeAll(keepingCapacity: true)
  }

  // MARK: - Leases

  /// Sends and takes heartbeats, which keep the deliveries.
  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    if let channel, channel.isUsable {
      do throws(AdapterError) {
        _ = try channel.connection.takeFrames()
        try checkQueue(channel)
      } catch {
        guard !channel.isUsable else { throw error }
      }
      if !channel.isUsable { lose() }
    }
    return receipts.map { receipt in
      guard let tag = tag(of: receipt), held[tag] != nil else { return nil }
      return leaseEnd ?? MonotonicInstant.now.advanced(by: .seconds(3600))
    }
  }

  // MARK: - What the broker pushes

  func received(_ content: RabbitMQContent) { pushed.append(content) }
  func wasCancelled() { isCancelled = true }
  func foundNothing() {}
  func confirmed(_ tag: UInt64, multiple: Bool, isAccepted: Bool) {}
}
