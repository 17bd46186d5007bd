import AdapterCore
import Platform

/// Publishes to one queue: messages that differ in nothing but their bodies go together, and calls of
/// the script are under way while others are made.
final class RedisPublisher: MessagePublisher {
  /// A call of the script holds Redis up for less than a millisecond.
  private static let messagesPerCall = 256
  private static let bytesPerCall = 256 * 1024
  /// Bodies that are on their way at most, beside those of the last call of `send`.
  private static let windowBytes = 1 << 20

  /// Calls that were sent together.
  private struct Batch {
    var flight: RedisFlight
    /// Messages of each call.
    var sizes: [Int]
    var bytes: Int
  }

  private let owner: RedisMessageQueue
  private let queue: String
  private let operation: OperationContext
  private var batches: [Batch] = []
  private var outcomes: [Result<PublishReceipt, AdapterError>] = []
  /// Whether the server with the queue is found, so that what follows on arrives in order.
  private var isUnderWay = false

  init(_ owner: RedisMessageQueue, _ queue: String, _ operation: OperationContext) {
    self.owner = owner
    self.queue = queue
    self.operation = operation
  }

  /// A connection that breaks is no error where all messages have keys, for they can be published
  /// again.
  func send(_ messages: [Message]) throws(AdapterError) {
    try operation.cancellation.check()
    var commands: [RedisCommand] = []
    var sizes: [Int] = []
    var rest = messages[...]
    while let first = rest.first {
      let run = Self.run(at: rest, like: first)
      commands.append(try call(run, like: first))
      sizes.append(run.count)
      rest = rest[run.endIndex...]
    }
    guard !commands.isEmpty else {
      _ = try owner.info(of: queue)
      return
    }
    let isRepeatable = messages.allSatisfy { $0.deduplicationKey != nil }
    let flight = owner.client.launch(
      commands, key: owner.settingsKey(of: queue), loss: isRepeatable ? .repeats : .isUnknown,
      operation)
    let bytes = messages.reduce(0) { $0 + $1.body.count }
    batches.append(Batch(flight: flight, sizes: sizes, bytes: bytes))
    guard isUnderWay, flight.failure == nil, flight.fatal == nil else {
      try finish()
      isUnderWay = true
      return
    }
    while batches.count > 1, batches.reduce(0, { $0 + $1.bytes }) > Self.windowBytes {
      try landFirst()
    }
  }

  func finish() throws(AdapterError) {
    while !batches.isEmpty { try landFirst() }
  }

  func takeOutcomes() -> [Result<PublishReceipt, AdapterError>] {
    defer { outcomes = [] }
    return outcomes
  }

  /// Awaits the outcomes of the batch that was sent first.
  private func landFirst() throws(AdapterError) {
    let batch = batches[0]
    do throws(AdapterError) {
      for reply in try owner.client.land(batch.flight, operation) where reply.isNull {
        throw try owner.missing(queue)
      }
      for (reply, size) in zip(batch.flight.finished, batch.sizes) { try append(reply, size) }
    } catch {
      throw abandoning(error)
    }
    batches.removeFirst()
    // What was sent behind it has missed as well: it arrives before anything that is sent now.
    if batch.flight.failedRounds > 0 { try finish() }
  }

  /// The error of the first batch, with what it means for all that was sent.
  private func abandoning(_ error: AdapterError) -> AdapterError {
    if let last = batches.last { owner.client.receive(through: last.flight, operation) }
    var (hasGap, later, unknown) = (false, 0, 0)
    for batch in batches {
      for (index, size) in batch.sizes.enumerated() {
        if let reply = batch.flight.replies[index], !reply.isNull {
          if hasGap || (try? append(reply, size)) == nil { later += size }
        } else {
          hasGap = true
          if batch.flight.isFateUnknown(of: index) { unknown += size }
        }
      }
    }
    batches = []
    var error = error
    if later > 0 {
      error.details.append("\(counted(later, "message")) sent behind that were accepted")
    }
    if unknown > 0 {
      error.details.append(
        "of \(counted(unknown, "message")) it cannot be known whether they were accepted")
    }
    return error
  }

  /// The messages from the first on that one call can publish.
  private static func run(
    at messages: ArraySlice<Message>, like first: Message
  ) -> ArraySlice<Message> {
    var end = messages.startIndex
    var bytes = 0
    let last = min(messages.endIndex, messages.startIndex + messagesPerCall)
    while end < last {
      bytes += messages[end].body.count
      guard end == messages.startIndex || bytes <= bytesPerCall && isAlike(messages[end], first)
      else { break }
      end += 1
    }
    return messages[messages.startIndex..<end]
  }

  private static func isAlike(_ message: Message, _ other: Message) -> Bool {
    message.priority == other.priority && message.delay == other.delay
      && message.timeToLive == other.timeToLive && message.group == other.group
      && message.contentType == other.contentType && message.headers == other.headers
      && (message.deduplicationKey == nil) == (other.deduplicationKey == nil)
  }

  private func call(
    _ run: ArraySlice<Message>, like first: Message
  ) throws(AdapterError) -> RedisCommand {
    guard (0...9).contains(first.priority) else {
      throw AdapterError(.usage, "Redis has the priorities 0 to 9, not \(first.priority)")
    }
    let hasKeys = first.deduplicationKey != nil
    var bytes = 256
    for message in run { bytes += message.body.count + 16 }
    var command = owner.scriptCall(
      queue, "publish", wordCount: 7 + run.count * (hasKeys ? 2 : 1), byteCount: bytes)
    command.append(first.delay.map { String($0.inMilliseconds) } ?? "")
    command.append(first.timeToLive.map { String($0.inMilliseconds) } ?? "")
    command.append(Int64(first.priority))
    command.append(first.group ?? "")
    command.append(MessageHeader.json(first.headers) ?? "")
    command.append(first.contentType ?? "")
    command.append(hasKeys ? "1" : "")
    for message in run {
      if let key = message.deduplicationKey { command.append(key) }
      command.append(message.body)
    }
    return command
  }

  /// The reply is the first message's name, and the others' follow it; with keys it is a list, in
  /// which those that were there already begin with `=`.
  private func append(_ reply: RedisReply, _ count: Int) throws(AdapterError) {
    if reply.count > 0 {
      for id in reply.elements.map(\.text) {
        let isKnown = id.utf8.first == UInt8(ascii: "=")
        let receipt = PublishReceipt(
          id: isKnown ? String(id.dropFirst()) : id, isDuplicate: isKnown)
        outcomes.append(.success(receipt))
      }
      return
    }
    let first = reply.text
    guard let dash = first.firstIndex(of: "-"), let number = Int(first[dash...].dropFirst()) else {
      throw AdapterError(
        .protocolViolation, "\(owner.displayName) answers a call of nb's script with '\(first)'")
    }
    let time = first[...dash]
    for offset in 0..<count {
      outcomes.append(.success(PublishReceipt(id: time + String(number &+ offset))))
    }
  }
}
