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

  var isUsable: Bool { channel.isUsable }

  /// Whether the outcome of all that was sent has been taken.
  var isEmpty: Bool { sent.isEmpty }

  /// Publishes messages in order; waits only while too many are on their way.
  ///
  /// Throws `temporary` when the connection breaks: what was not confirmed may be accepted or not.
  ///
  /// - Parameter isStoppable: whether a wait ends with the operation.
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
        try channel.requireUsable()
      }
      if pending >= Self.window || pendingBytes >= Self.windowBytes {
        nb_amqp_cork(channel.connection.state, 0)
        try wait(
          forPending: Self.window / 2, bytes: Self.windowBytes / 2, isStoppable: isStoppable)
        nb_amqp_cork(channel.connection.state, 1)
      }
      try send(item(index))
    }
  }

  private func send(_ item: Item) throws(AdapterError) {
    let connection = channel.connection
    let arena = connection.arena
    defer { arena.reset() }
    var properties = RabbitMQProperties.make(item.message, item.facts, arena)
    let exchange = arena.bytes(item.exchange)
    let key = arena.bytes(item.key)
    let status = item.message.body.withUnsafeBytes { body in
      // librabbitmq only reads it.
      let bytes = amqp_bytes_t(
        len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
      return amqp_basic_publish(
        connection.state, channel.number, exchange, key, 1, 0, &properties, bytes)
    }
    try connection.check(status, "publish")
    lastTag += 1
    pending += 1
    pendingBytes += item.message.body.count
    sent.append(Sent(id: item.facts.id, size: item.message.body.count))
  }

  private func wait(
    forPending limit: Int, bytes: Int, isStoppable: Bool
  ) throws(AdapterError) {
    while pending > limit || pendingBytes > bytes {
      let hasFrame = try channel.connection.waitForFrame(until: .never, isStoppable: isStoppable)
      try channel.requireUsable()
      if !hasFrame, isStoppable { throw operation.stopError }
    }
  }

  private func unknown(_ error: AdapterError) -> AdapterError {
    guard error.kind == .temporary || error.kind == .timeout || error.kind == .cancelled else {
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
    guard content.origin == .returned, let id = content.facts.id,
      let index = sent[confirmedCount...].firstIndex(where: { $0.id == id })
    else { return }
    sent[index].refusal = content.returnText ?? Self.unroutable
  }

  func foundNothing() {}
  func wasCancelled() {}
}
