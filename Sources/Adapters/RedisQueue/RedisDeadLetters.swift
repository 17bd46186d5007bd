import AdapterCore

/// The dead letters of a server's queues, each queue's in a stream.
final class RedisDeadLetters: DeadLetterStore {
  private let owner: RedisMessageQueue

  init(_ owner: RedisMessageQueue) { self.owner = owner }

  /// Hands over the names that those of the filter have in the stream, some at a time.
  private func find(
    of queue: String, _ filter: DeadLetterFilter,
    _ body: ([String]) throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    var from = "-"
    while true {
      let page = try owner.call(
        queue, "dead",
        [from, filter.diedBefore.map { String($0) } ?? "", filter.reason ?? ""] + filter.ids)
      let names = page.elements.dropFirst().map(\.text)
      if !names.isEmpty, try !body(names) { return }
      let last = page[0].text
      guard !last.isEmpty else { return }
      from = "(" + last
    }
  }

  func list(
    of queue: String, _ filter: DeadLetterFilter, count: Int?,
    _ body: (DeadLetter) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    var left = count ?? Int.max
    try find(of: queue, filter) { names throws(AdapterError) in
      for name in names.prefix(left) {
        let stream = owner.key("dead", of: queue)
        guard let fields = try owner.entry(name, in: stream, of: queue) else { continue }
        try body(Self.letter(RedisEntry(fields), of: queue, name))
        left -= 1
      }
      return left > 0
    }
  }

  private static func letter(_ entry: RedisEntry, of queue: String, _ name: String) -> DeadLetter {
    let group = RedisMessageQueue.name(entry.group)
    return DeadLetter(
      id: group.map { entry.id + "/" + $0 } ?? entry.id, queue: queue, group: group,
      message: entry.message, attempts: entry.attempts, reason: entry.reason, output: entry.output,
      publishedAt: RedisEntry.time(of: entry.id), diedAt: RedisEntry.time(of: name))
  }

  func replay(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    try change(of: queue, filter, "replay")
  }

  func purge(of queue: String, _ filter: DeadLetterFilter) throws(AdapterError) -> Int {
    try change(of: queue, filter, "bury")
  }

  /// Runs an operation of the script on all that are there by now.
  private func change(
    of queue: String, _ filter: DeadLetterFilter, _ operation: String
  ) throws(AdapterError) -> Int {
    var filter = filter
    // Not those that die while they are replayed.
    let clock = try owner.client.send(
      RedisCommand("TIME"), key: owner.settingsKey(of: queue), owner.operation)
    let (seconds, microseconds) = (Int64(clock[0].text) ?? 0, Int64(clock[1].text) ?? 0)
    let now = seconds &* 1000 &+ microseconds / 1000
    filter.diedBefore = min(filter.diedBefore ?? .max, now + 1)
    var count = 0
    try find(of: queue, filter) { names throws(AdapterError) in
      count += try owner.call(queue, operation, names, loss: .isUnknown).integer
      return true
    }
    return count
  }
}
