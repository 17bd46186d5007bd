import AdapterCore
import Platform

/// Publishes messages: those that differ in nothing but their bodies go together, and all calls of the
/// script are under way at once.
struct RedisPublication {
  /// A call of the script holds Redis up for less than a millisecond.
  private static let messagesPerCall = 256
  private static let bytesPerCall = 256 * 1024

  private let owner: RedisMessageQueue
  private let queue: String

  init(_ owner: RedisMessageQueue, _ queue: String) {
    self.owner = owner
    self.queue = queue
  }

  /// Throws `temporary` when the connection broke, by when it cannot be known what was accepted; not
  /// where all messages have keys, for they can be published again.
  func publish(_ messages: [Message]) throws(AdapterError) -> [PublishReceipt] {
    var commands: [RedisCommand] = []
    var sizes: [Int] = []
    var rest = messages[...]
    while let first = rest.first {
      let run = Self.run(at: rest, like: first)
      commands.append(try call(run, like: first))
      sizes.append(run.count)
      rest = rest[run.endIndex...]
    }
    guard !commands.isEmpty else { return [] }
    let isRepeatable = messages.allSatisfy { $0.deduplicationKey != nil }
    let replies = try owner.client.exchange(
      commands, key: owner.settingsKey(of: queue),
      loss: isRepeatable ? .repeats : .isUnknown, owner.operation)
    var receipts: [PublishReceipt] = []
    receipts.reserveCapacity(messages.count)
    for (reply, size) in zip(replies, sizes) {
      guard !reply.isNull else { throw try owner.missing(queue) }
      Self.append(reply, size, to: &receipts)
    }
    return receipts
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
  private static func append(
    _ reply: RedisReply, _ count: Int, to receipts: inout [PublishReceipt]
  ) {
    if reply.count > 0 {
      for id in reply.elements.map(\.text) {
        let isKnown = id.utf8.first == UInt8(ascii: "=")
        receipts.append(
          PublishReceipt(id: isKnown ? String(id.dropFirst()) : id, isDuplicate: isKnown))
      }
      return
    }
    let first = reply.text
    guard let dash = first.firstIndex(of: "-"), let number = Int(first[dash...].dropFirst()) else {
      return
    }
    let time = first[...dash]
    for offset in 0..<count { receipts.append(PublishReceipt(id: time + String(number + offset))) }
  }
}
