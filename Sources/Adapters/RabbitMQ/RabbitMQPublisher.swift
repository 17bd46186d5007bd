import AdapterCore
import CRabbitMQ
import Platform

/// Publishes with confirms: a message counts as accepted once the broker has said that a queue has
/// it.
final class RabbitMQPublisher: RabbitMQReceiver {
  /// Where a message goes, with what is known of it.
  struct Item {
    var exchange: String
    var key: String
    var message: Message
    var facts: RabbitMQFacts
  }

  /// A message that was sent, and whose outcome nobody has taken.
  private struct Sent {
    var id: String?
    var mark: Int64?
    var size: Int
    var isConfirmed = false
    /// Why the broker does not have it.
    var refusal: String?
  }

  /// Messages and bytes that are on their way at most.
  private static let window = 4096
  private static let windowBytes = 8 << 20
  /// Frames are looked for so often while messages are sent.
  private static let stride = 128
  /// How long the broker may say nothing where the operation's end is no reason to stop.
  private static let patience = Duration.seconds(30)
  /// What a socket that can be written to takes for sure.
  private static let roomBytes = 8 << 10

  private let channel: RabbitMQChannel
  private let operation: OperationContext
  /// Of the last message.
  private var lastTag: UInt64 = 0
  private var sent: [Sent] = []
  /// How many of them, from the first on, are confirmed.
  private var confirmedCount = 0
  private var pending = 0
  private var pendingBytes = 0

  init(
    _ connection: RabbitMQConnection, _ operation: OperationContext
  ) throws(AdapterError) {
    self.operation = operation
    channel = try connection.openChannel()
    try channel.selectConfirms()
    channel.receiver = self
  }

  deinit {
    // A broker that owes answers may owe this one too.
    let isQuiet =
      pending == 0 && channel.connection.blockedReason == nil
      && !operation.cancellation.isCancelled
    if isQuiet || !channel.isUsable { channel.close() }
  }

  var isUsable: Bool { channel.isUsable }

  /// Whether the outcome of all that was sent has been taken.
  var isEmpty: Bool { sent.isEmpty }

  /// Publishes messages in order; waits only while too many are on their way.
  ///
  /// Throws `temporary` when the connection breaks: what was not confirmed may be accepted or not.
  ///
  /// - Parameter isStoppable: whether a wait ends with the operation; else it ends with `temporary` when
  ///   the broker says nothing for long.
  func send(
    _ count: Int, isStoppable: Bool, _ item: (Int) -> Item
  ) throws(AdapterError) {
    do throws(AdapterError) {
      try sendAll(count, isStoppable: isStoppable, item)
    } catch {
      throw unknown(error)
    }
  }

  /// Waits until the broker has accepted or refused each message that was sent.
  func finish(isStoppable: Bool) throws(AdapterError) {
    do throws(AdapterError) {
      try wait(forPending: 0, bytes: 0, isStoppable: isStoppable)
    } catch {
      throw unknown(error)
    }
  }

  /// Of the messages that are confirmed, in order: the id, and why it was refused. Each is told once.
  func takeOutcomes() -> [(id: String?, refusal: AdapterError?)] {
    let outcomes = sent[..<confirmedCount].map { message in
      (id: message.id, refusal: message.refusal.map(Self.refusal))
    }
    sent.removeFirst(confirmedCount)
    confirmedCount = 0
    return outcomes
  }

  /// As basic.return says it (312).
  private static let unroutable = "NO_ROUTE"

  private static func refusal(_ reason: String) -> AdapterError {
    AdapterError(
      .failed, "the broker did not accept the message: \(reason)",
      hint: reason == unroutable ? "no queue is bound for this routing key" : nil)
  }

  private func sendAll(
    _ count: Int, isStoppable: Bool, _ item: (Int) -> Item
  ) throws(AdapterError) {
    // Whole segments are sent in place of one for each message.
    nb_amqp_cork(channel.connection.state, 1)
    defer { nb_amqp_cork(channel.connection.state, 0) }
    for index in 0..<count {
      if index % Self.stride == 0 {
        _ = try channel.connection.takeFrames()
        try waitWhileBlocked(isStoppable: isStoppable)
      }
      if pending >= Self.window || pendingBytes >= Self.windowBytes {
        nb_amqp_cork(channel.connection.state, 0)
        try wait(
          forPending: Self.window / 2, bytes: Self.windowBytes / 2, isStoppable: isStoppable)
        nb_amqp_cork(channel.connection.state, 1)
      }
      try send(item(index), isStoppable: isStoppable)
    }
  }

  private func send(_ item: Item, isStoppable: Bool) throws(AdapterError) {
    let connection = channel.connection
    let arena = connection.arena
    defer { arena.reset() }
    var properties = try properties(of: item)
    let exchange = arena.bytes(item.exchange)
    let key = arena.bytes(item.key)
    func publish() -> Int32 {
      item.message.body.withUnsafeBytes { body in
        // librabbitmq only reads it.
        let bytes = amqp_bytes_t(
          len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
        return amqp_basic_publish(
          connection.state, channel.number, exchange, key, 1, 0, &properties, bytes)
      }
    }
    if item.message.body.count <= Self.roomBytes, connection.canBeWritten {
      try connection.check(publish(), "publish")
    } else if isStoppable {
      try connection.sendStoppably("publish", publish)
    } else {
      try connection.send("publish", within: Self.patience, publish)
    }
    lastTag += 1
    pending += 1
    pendingBytes += item.message.body.count
    sent.append(Sent(id: item.facts.id, mark: item.facts.mark, size: item.message.body.count))
  }

  /// Throws `data` for a message that cannot be sent: its headers do not fit into a frame.
  func check(_ item: Item) throws(AdapterError) {
    defer { channel.connection.arena.reset() }
    _ = try properties(of: item)
  }

  /// Without the output of the work where it is too much. librabbitmq would notice only after the first
  /// frame of the message, and the connection would be lost.
  private func properties(of item: Item) throws(AdapterError) -> amqp_basic_properties_t {
    let connection = channel.connection
    let properties = RabbitMQProperties.make(item.message, item.facts, connection.arena)
    if RabbitMQProperties.fit(properties, into: connection.frameBytes) { return properties }
    var facts = item.facts
    facts.output = nil
    let shorter = RabbitMQProperties.make(item.message, facts, connection.arena)
    guard RabbitMQProperties.fit(shorter, into: connection.frameBytes) else {
      throw RabbitMQErrors.library(
        AMQP_STATUS_TABLE_TOO_BIG.rawValue, doing: "publish", at: connection.place)
    }
    return shorter
  }

  private func wait(
    forPending limit: Int, bytes: Int, isStoppable: Bool
  ) throws(AdapterError) {
    while pending > limit || pendingBytes > bytes { try waitForFrame(isStoppable: isStoppable) }
  }

  /// Waits as long as the broker has said that it takes no messages.
  private func waitWhileBlocked(isStoppable: Bool) throws(AdapterError) {
    try channel.requireUsable()
    guard channel.connection.blockedReason != nil else { return }
    nb_amqp_cork(channel.connection.state, 0)
    defer { nb_amqp_cork(channel.connection.state, 1) }
    while channel.connection.blockedReason != nil { try waitForFrame(isStoppable: isStoppable) }
    try channel.requireUsable()
  }

  private func waitForFrame(isStoppable: Bool) throws(AdapterError) {
    let connection = channel.connection
    while true {
      try channel.requireUsable()
      let limit = isStoppable ? Deadline.never : .after(Self.patience)
      if try connection.waitForFrame(until: limit, isStoppable: isStoppable) { return }
      if isStoppable { throw operation.stopError }
      // One that has said why it is waited for, as long as the operation goes on.
      guard connection.blockedReason != nil, !operation.cancellation.isCancelled else {
        let time = Self.patience.secondsText
        throw AdapterError(
          .temporary, "\(connection.place) did not confirm a message within \(time)",
          hint: "has a queue lost too many of its nodes? rabbitmqctl list_queues name state")
      }
    }
  }

  /// Says how many messages are in doubt, unless it will still be known.
  private func unknown(_ error: AdapterError) -> AdapterError {
    guard !channel.isUsable || [.temporary, .timeout, .cancelled].contains(error.kind) else {
      return error
    }
    let open = sent.count - confirmedCount
    guard open > 0 else { return error }
    var error = error
    error.isRetryable = false
    error.details.append(
      "of \(counted(open, "message")) it cannot be known whether the broker accepted them")
    if error.kind == .temporary {
      error.hint = "publishing them again may publish some of them twice"
    }
    return error
  }

  // MARK: What the broker says

  func confirmed(_ tag: UInt64, multiple: Bool, isAccepted: Bool) {
    guard tag <= lastTag, lastTag - tag < UInt64(sent.count) else { return }
    let index = sent.count - 1 - Int(lastTag - tag)
    let first = multiple ? min(confirmedCount, index) : index
    for each in first...index { settle(each, isAccepted) }
    while confirmedCount < sent.count, sent[confirmedCount].isConfirmed { confirmedCount += 1 }
  }

  private func settle(_ index: Int, _ isAccepted: Bool) {
    guard !sent[index].isConfirmed else { return }
    sent[index].isConfirmed = true
    pending -= 1
    pendingBytes -= sent[index].size
    // One that was returned is confirmed too.
    if !isAccepted, sent[index].refusal == nil {
      sent[index].refusal = "it has no room, or has lost too many of its nodes"
    }
  }

  func received(_ content: RabbitMQContent) {
    // The broker returns a message before it confirms it.
    let (id, mark) = (content.facts.id, content.facts.mark)
    guard content.origin == .returned,
      let index = sent[confirmedCount...].firstIndex(where: { message in
        mark != nil ? message.mark == mark : message.id == id && message.refusal == nil
      })
    else { return }
    sent[index].refusal = content.returnText ?? Self.unroutable
  }

  func foundNothing() {}
  func wasCancelled() {}
}
