import AdapterCore
import Platform

/// The dead letters of queues: messages in a queue beside each.
final class RabbitMQDeadLetters: DeadLetterStore {
  /// Messages that are taken together: what they hold is in memory.
  private static let batch = 200

  private let owner: RabbitMQMessageQueue

  init(_ owner: RabbitMQMessageQueue) { self.owner = owner }

  func list(
    of queue: String, _ filter: DeadLetterFilter, count: Int?,
    _ body: (DeadLetter) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    var left = count ?? .max
    for part in try RabbitMQTopology(owner).parts(of: queue) where left > 0 {
      try browse(part) { (contents, _) throws(AdapterError) in
        for content in contents where left > 0 {
          let letter = letter(content, queue, part)
          guard filter.matches(letter) else { continue }
          left -= 1
          try body(letter)
        }
        return left > 0
      }
    }
  }

  func replay(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    var count = 0
    for part in try RabbitMQTopology(owner).parts(of: queue) {
      try browse(part) { (contents, browser) throws(AdapterError) in
        let meant = contents.filter { filter.matches(letter($0, queue, part)) }
        let refusals = try owner.republish(meant.map { Self.revived($0, part) })
        let accepted = zip(meant, refusals).filter { $0.1 == nil }.map(\.0)
        try browser.acknowledge(accepted)
        count += accepted.count
        if let refusal = refusals.lazy.compactMap({ $0 }).first { throw refusal }
        return true
      }
    }
    return count
  }

  func purge(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    var count = 0
    for part in try RabbitMQTopology(owner).parts(of: queue) {
      try browse(part) { (contents, browser) throws(AdapterError) in
        let meant = contents.filter { filter.matches(letter($0, queue, part)) }
        try browser.acknowledge(meant)
        count += meant.count
        return true
      }
    }
    return count
  }

  /// Hands over the dead letters of one part, some at a time, for as long as `body` wants more; those
  /// that it does not acknowledge go back, in their order. Those that come meanwhile are left: they may
  /// be the ones that were replayed, and failed again.
  private func browse(
    _ part: RabbitMQTopology.Part,
    _ body: ([RabbitMQContent], RabbitMQBrowser) throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    let name = RabbitMQNames.dead(part.queue)
    guard try owner.exists(queue: name) else { return }
    var (left, consumers) = try owner.administer { channel throws(AdapterError) in
      try channel.lookUp(queue: name)
    }
    let browser = try RabbitMQBrowser(name, over: try owner.connected())
    defer { browser.close() }
    while left > 0 {
      try owner.operation.cancellation.check()
      let contents = try browser.take(min(left, Self.batch))
      guard !contents.isEmpty, try body(contents, browser) else { break }
      left -= contents.count
    }
    try browser.giveBack(to: consumers)
  }

  private func letter(
    _ content: RabbitMQContent, _ queue: String, _ part: RabbitMQTopology.Part
  ) -> DeadLetter {
    let facts = content.facts
    let id = facts.id ?? content.message.fingerprint
    return DeadLetter(
      id: part.group.map { "\(id)/\($0)" } ?? id, queue: queue, group: part.group,
      message: content.message, attempts: facts.attempts, reason: facts.reason ?? "unknown",
      output: facts.output, publishedAt: facts.publishedAt, diedAt: facts.diedAt)
  }

  /// As if it had never been tried.
  private static func revived(
    _ content: RabbitMQContent, _ part: RabbitMQTopology.Part
  ) -> RabbitMQPublisher.Item {
    let facts = RabbitMQFacts(id: content.facts.id, publishedAt: content.facts.publishedAt)
    return .init(exchange: "", key: part.queue, message: content.message, facts: facts)
  }
}

extension DeadLetterFilter {
  fileprivate func matches(_ letter: DeadLetter) -> Bool {
    if !ids.isEmpty, !ids.contains(letter.id) { return false }
    if let diedBefore, letter.diedAt.map({ $0 >= diedBefore }) ?? true { return false }
    if let reason, !letter.reason.contains(reason) { return false }
    return true
  }
}

extension Message {
  /// A name for a message whose publisher gave it none: the same as long as it is the same.
  fileprivate var fingerprint: String {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in body { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "~" + String(hash, radix: 16)
  }
}
