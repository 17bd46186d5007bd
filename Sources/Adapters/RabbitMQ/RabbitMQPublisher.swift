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

  private enum State {
    case pending, accepted
    case refused(String)
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
  /// Those of the run.
  private var firstTag: UInt64 = 1
  private var states: [State] = []
  private var ids: [String?] = []
  private var sizes: [Int] = []
  /// All before it are confirmed.
  private var firstPending = 0
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

  /// Publishes messages in order and waits until the broker has accepted or refused each.
  ///
  /// Throws `temporary` when the connection breaks: what was not confirmed may be accepted or not.
  ///
  /// - Parameter isStoppable: whether the wait ends with the operation.
  func publish(
    _ count: Int, isStoppable: Bool, _ item: (Int) -> Item
  ) throws(AdapterError) -> [AdapterError?] {
    begin(count)
    do throws(AdapterError) {
      try send(count, isStoppable: isStoppable, item)
      try wait(forPending: 0, bytes: 0, isStoppable: isStoppable)
    } catch {
      throw unknown(error, count)
    }
    return states.map { state in
      guard case .refused(let reason) = state else { return nil }
      return AdapterError(
        .failed, "the broker did not accept the message: \(reason)",
        hint: reason == Self.unroutable ? "no queue is bound for this routing key" : nil)
    }
  }

  /// As basic.return says it (312).
  private static let unroutable = "NO_ROUTE"

  private func begin(_ count: Int) {
    states = []
    ids = []
    sizes = []
    states.reserveCapacity(count)
    firstTag = lastTag + 1
    firstPending = 0
    pending = 0
    pendingBytes = 0
  }

  private func send(
    _ count: Int, isStoppable: Bool, _ item: (Int) -> Item
  ) throws(AdapterError) {
    // Whole segments are sent in place of one for each message.
    nb_amqp_cork(channel.connection.state, 1)
    defer { nb_amqp_cork(channel.connection.state, 0) }
    for index in 0..<count {
      try send(item(index))
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
    states.append(.pending)
    ids.append(item.facts.id)
    sizes.append(item.message.body.count)
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

  private func unknown(_ error: AdapterError, _ count: Int) -> AdapterError {
    guard error.kind == .temporary || error.kind == .timeout || error.kind == .cancelled else {
      return error
    }
    let open = count - states.count { if case .pending = $0 { false } else { true } }
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
    guard tag >= firstTag, tag <= lastTag else { return }
    let index = Int(tag - firstTag)
    if multiple {
      while firstPending <= index {
        settle(firstPending, isAccepted)
        firstPending += 1
      }
    } else {
      settle(index, isAccepted)
    }
  }

  private func settle(_ index: Int, _ isAccepted: Bool) {
    // One that was returned is confirmed too.
    if sizes[index] >= 0 {
      pending -= 1
      pendingBytes -= sizes[index]
      sizes[index] = -1
    }
    guard case .pending = states[index] else { return }
    states[index] =
      isAccepted ? .accepted : .refused("it has no room, or has lost too many of its nodes")
  }

  func received(_ content: RabbitMQContent) {
    guard content.origin == .returned, let id = content.facts.id,
      let index = ids[firstPending...].firstIndex(of: id)
    else { return }
    states[index] = .refused(content.returnText ?? Self.unroutable)
  }

  func foundNothing() {}
  func wasCancelled() {}
}
