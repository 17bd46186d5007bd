import AdapterCore
import CRabbitMQ

/// Hears what comes on a channel beside the answers to calls.
protocol RabbitMQReceiver: AnyObject {
  /// A message that was delivered, got, or returned (`returnText`) as one that no queue takes.
  func received(_ content: RabbitMQContent)
  /// basic.get found nothing.
  func foundNothing()
  /// Publishings up to this one, or this one alone, were accepted or refused.
  func confirmed(_ tag: UInt64, multiple: Bool, isAccepted: Bool)
  /// The broker ended the consumer: its queue is gone.
  func wasCancelled()
}

/// A message as it arrives.
struct RabbitMQContent {
  enum Origin { case delivered, got, returned }

  var origin: Origin
  var tag: UInt64 = 0
  var isRedelivered = false
  /// Why it came back.
  var returnText: String?
  var message = Message([])
  var facts = RabbitMQFacts()
}

/// A channel of a connection: its calls, and what comes on it.
final class RabbitMQChannel {
  /// Memory is set aside for so much of a body before it is there.
  private static let reservedBytes = 1 << 20

  let connection: RabbitMQConnection
  let number: amqp_channel_t
  weak var receiver: (any RabbitMQReceiver)?
  /// Why the broker closed it; the connection may go on.
  private(set) var failure: AdapterError?
  private var isClosed = false
  /// A message whose content is on its way, and how much of it is missing.
  private var partial: RabbitMQContent?
  private var missingBytes = 0

  init(_ connection: RabbitMQConnection, _ number: amqp_channel_t) {
    self.connection = connection
    self.number = number
  }

  var isUsable: Bool { connection.isUsable && !isClosed && failure == nil }

  /// Unsettled deliveries go back. The broker has seen all that was sent before when this returns.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    receiver = nil
    if connection.isUsable, failure == nil {
      let reply = amqp_channel_close(connection.state, number, AMQP_REPLY_SUCCESS)
      if reply.reply_type != AMQP_RESPONSE_NORMAL { return }
    }
    // What came before the answer is not for the next channel of this number. Where this fails, the
    // connection is of no use any more.
    _ = try? connection.takeFrames()
    connection.forget(self)
  }

  /// The broker closed it in answer to a call, or to what was sent before.
  func wasClosed(_ error: AdapterError) {
    guard failure == nil else { return }
    failure = error
    var ok = amqp_channel_close_ok_t()
    _ = amqp_send_method(connection.state, number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok)
  }

  func requireUsable() throws(AdapterError) {
    if let failure { throw failure }
    try connection.requireUsable()
  }

  // MARK: - Frames

  func take(_ frame: amqp_frame_t) throws(AdapterError) {
    switch Int32(frame.frame_type) {
    case AMQP_FRAME_METHOD: takeMethod(frame.payload.method)
    case AMQP_FRAME_HEADER: takeHeader(frame)
    case AMQP_FRAME_BODY: takeBody(frame.payload.body_fragment.buffer)
    default: break
    }
  }

  private func takeMethod(_ method: amqp_method_t) {
    guard let decoded = method.decoded else { return }
    switch method.id {
    case AMQP_BASIC_DELIVER_METHOD:
      let deliver = decoded.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
      partial = RabbitMQContent(
        origin: .delivered, tag: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0)
    case AMQP_BASIC_GET_OK_METHOD:
      let got = decoded.assumingMemoryBound(to: amqp_basic_get_ok_t.self).pointee
      partial = RabbitMQContent(
        origin: .got, tag: got.delivery_tag, isRedelivered: got.redelivered != 0)
    case AMQP_BASIC_RETURN_METHOD:
      let returned = decoded.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
      partial = RabbitMQContent(origin: .returned, returnText: returned.reply_text.text)
    case AMQP_BASIC_GET_EMPTY_METHOD: receiver?.foundNothing()
    case AMQP_BASIC_ACK_METHOD:
      let ack = decoded.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
      receiver?.confirmed(ack.delivery_tag, multiple: ack.multiple != 0, isAccepted: true)
    case AMQP_BASIC_NACK_METHOD:
      let nack = decoded.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
      receiver?.confirmed(nack.delivery_tag, multiple: nack.multiple != 0, isAccepted: false)
    case AMQP_BASIC_CANCEL_METHOD: receiver?.wasCancelled()
    case AMQP_CHANNEL_CLOSE_METHOD:
      let (code, text) = RabbitMQErrors.exception(method) ?? (0, "closed")
      wasClosed(
        RabbitMQErrors.exception(code, text, doing: "go on", at: connection.place))
    default: break
    }
  }

  private func takeHeader(_ frame: amqp_frame_t) {
    guard partial != nil, let decoded = frame.payload.properties.decoded else { return }
    let properties = decoded.assumingMemoryBound(to: amqp_basic_properties_t.self)
    let (message, facts) = RabbitMQProperties.read(properties.pointee)
    partial?.message = message
    partial?.facts = facts
    missingBytes = Int(clamping: frame.payload.properties.body_size)
    partial?.message.body.reserveCapacity(min(missingBytes, Self.reservedBytes))
    if missingBytes == 0 { finishContent() }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) {
    partial?.message.body.append(contentsOf: bytes)
    missingBytes -= bytes.count
    if missingBytes <= 0 { finishContent() }
  }

  private func finishContent() {
    guard let content = partial.take() else { return }
    receiver?.received(content)
  }

  // MARK: - Calls

  private func call(_ what: String, _ body: (ByteArena) -> Void) throws(AdapterError) {
    try requireUsable()
    try connection.ask(what, on: self) { body(connection.arena) }
  }

  /// Throws `notFound` unless the queue is there; how many messages wait, and how many consumers.
  func lookUp(queue: String) throws(AdapterError) -> (ready: Int, consumers: Int) {
    var result = (ready: 0, consumers: 0)
    try call("look up queue '\(queue)'") { arena in
      let ok = amqp_queue_declare(
        connection.state, number, arena.bytes(queue), 1, 0, 0, 0, amqp_table_t())
      if let ok = ok?.pointee { result = (Int(ok.message_count), Int(ok.consumer_count)) }
    }
    return result
  }

  /// Throws `notFound` unless the exchange is there.
  func lookUp(exchange: String) throws(AdapterError) {
    try call("look up exchange '\(exchange)'") { arena in
      _ = amqp_exchange_declare(
        connection.state, number, arena.bytes(exchange), arena.bytes(""), 1, 0, 0, 0,
        amqp_table_t())
    }
  }

  /// Throws `conflict` when a queue of this name has other arguments.
  ///
  /// - Parameter isExclusive: whether it is this connection's alone, and goes with it.
  func declare(
    queue: String, isExclusive: Bool = false, _ arguments: (ByteArena) -> [amqp_table_entry_t]
  ) throws(AdapterError) -> String {
    var name = queue
    try call("create queue '\(queue)'") { arena in
      let ok = amqp_queue_declare(
        connection.state, number, arena.bytes(queue), 0, isExclusive ? 0 : 1, isExclusive ? 1 : 0,
        0, arena.table(arguments(arena)))
      if let ok { name = ok.pointee.queue.text }
    }
    return name
  }

  func declare(
    exchange: String, type: String, _ arguments: (ByteArena) -> [amqp_table_entry_t] = { _ in [] }
  ) throws(AdapterError) {
    try call("create exchange '\(exchange)'") { arena in
      _ = amqp_exchange_declare(
        connection.state, number, arena.bytes(exchange), arena.bytes(type), 0, 1, 0, 0,
        arena.table(arguments(arena)))
    }
  }

  func bind(queue: String, to exchange: String, _ key: String) throws(AdapterError) {
    try call("bind queue '\(queue)'") { arena in
      _ = amqp_queue_bind(
        connection.state, number, arena.bytes(queue), arena.bytes(exchange), arena.bytes(key),
        amqp_table_t())
    }
  }

  func bind(exchange: String, to source: String, _ key: String) throws(AdapterError) {
    try call("bind exchange '\(exchange)'") { arena in
      _ = amqp_exchange_bind(
        connection.state, number, arena.bytes(exchange), arena.bytes(source), arena.bytes(key),
        amqp_table_t())
    }
  }

  /// Of a queue or exchange that is not there, too.
  func delete(queue: String) throws(AdapterError) {
    try call("delete queue '\(queue)'") { arena in
      _ = amqp_queue_delete(connection.state, number, arena.bytes(queue), 0, 0)
    }
  }

  func delete(exchange: String) throws(AdapterError) {
    try call("delete exchange '\(exchange)'") { arena in
      _ = amqp_exchange_delete(connection.state, number, arena.bytes(exchange), 0)
    }
  }

  func purge(queue: String) throws(AdapterError) -> Int {
    var count = 0
    try call("purge queue '\(queue)'") { arena in
      let ok = amqp_queue_purge(connection.state, number, arena.bytes(queue))
      count = Int(ok?.pointee.message_count ?? 0)
    }
    return count
  }

  func selectConfirms() throws(AdapterError) {
    try call("publish") { _ in _ = amqp_confirm_select(connection.state, number) }
  }

  func consume(_ queue: String, tag: String, window: Int) throws(AdapterError) {
    try call("consume") { _ in
      _ = amqp_basic_qos(connection.state, number, 0, UInt16(clamping: window), 0)
    }
    try call("consume from queue '\(queue)'") { arena in
      _ = amqp_basic_consume(
        connection.state, number, arena.bytes(queue), arena.bytes(tag), 0, 0, 0, amqp_table_t())
    }
  }

  func cancel(tag: String) throws(AdapterError) {
    try call("stop consuming") { arena in
      _ = amqp_basic_cancel(connection.state, number, arena.bytes(tag))
    }
  }

  // MARK: - What is only sent

  func acknowledge(_ tag: UInt64, multiple: Bool) throws(AdapterError) {
    try requireUsable()
    try connection.check(
      amqp_basic_ack(connection.state, number, tag, multiple ? 1 : 0), "acknowledge")
  }

  /// Gives a delivery back to its queue.
  func release(_ tag: UInt64) throws(AdapterError) {
    try requireUsable()
    try connection.check(amqp_basic_nack(connection.state, number, tag, 0, 1), "give back")
  }

  /// Gives all back that are not acknowledged: the tag 0 stands for them.
  func releaseAll() throws(AdapterError) {
    try requireUsable()
    try connection.check(amqp_basic_nack(connection.state, number, 0, 1, 1), "give back")
  }

  /// Asks for a message; the receiver hears of it, or that there is none.
  func sendGet(_ queue: String) throws(AdapterError) {
    try requireUsable()
    var get = amqp_basic_get_t()
    get.queue = connection.arena.bytes(queue)
    let status = amqp_send_method(connection.state, number, AMQP_BASIC_GET_METHOD, &get)
    connection.arena.reset()
    try connection.check(status, "get")
  }
}
