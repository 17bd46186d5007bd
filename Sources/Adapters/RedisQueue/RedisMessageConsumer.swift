import AdapterCore
import Platform

/// Takes messages from one queue.
///
/// Each claim has a token of its own that Redis keeps beside its messages; only who has it can settle
/// them. An idle consumer waits at a list that publishers push to.
final class RedisMessageConsumer: MessageConsumer {
  /// Messages and bytes of bodies that are claimed together at most.
  private static let claimCount = 500
  private static let claimBytes = 4 << 20
  /// How often an idle consumer looks in spite of all.
  private static let longestWait = Duration.seconds(1)
  /// What one call of the script settles at most: Redis does nothing else meanwhile.
  private static let settlementsPerCall = 500

  private let owner: RedisMessageQueue
  private let queue: String
  private let group: String
  private let lease: Duration
  private let isTap: Bool
  private let name = makeUniqueName()
  /// What is not settled, and when its lease ends.
  private var held: [DeliveryReceipt: MonotonicInstant] = [:]

  /// - Parameter isTap: it listens only; nothing is given up on its account.
  init(
    _ owner: RedisMessageQueue, _ queue: String, group: String, lease: Duration, isTap: Bool = false
  ) {
    self.owner = owner
    self.queue = queue
    self.group = group
    self.lease = lease
    self.isTap = isTap
  }

  private var key: String { owner.settingsKey(of: queue) }

  /// Gives back what was not settled; where that fails, or nobody answers any more, the leases end by
  /// themselves.
  func close() {
    guard !owner.client.isSilent else { return }
    _ = try? settle(held.keys.map { Settlement($0, .release) })
    held = [:]
    var command = owner.scriptCall(queue, "leave", wordCount: 2)
    command.append(group)
    command.append(name)
    _ = try? owner.sendSteadily(command, key: key)
  }

  // MARK: Taking

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    while true {
      try owner.operation.cancellation.check()
      let (deliveries, soon) = try claim(min(count, Self.claimCount), limit)
      // Something is due at once where expired messages were all that this call could look at.
      if !deliveries.isEmpty || limit.isPassed && soon != .zero { return deliveries }
      if soon != .zero { try wait(soon, until: limit) }
    }
  }

  /// Messages, and how long it is until one that waits is due.
  private func claim(
    _ count: Int, _ limit: Deadline
  ) throws(AdapterError) -> (deliveries: [Delivery], soon: Duration?) {
    let token = makeUniqueName()
    var command = owner.scriptCall(queue, "claim", wordCount: 7)
    command.append(group)
    command.append(token)
    command.append(name)
    command.append(lease.inMilliseconds)
    command.append(Int64(count))
    command.append(Int64(Self.claimBytes))
    command.append(isTap ? "1" : "")
    let leaseEnd = MonotonicInstant.now.advanced(by: lease)
    let reply = try owner.send(command, key: key, waitingUntil: limit)
    guard !reply.isNull else {
      if isTap, try owner.exists(queue) { throw .lostTap }
      throw .deletedQueue(queue)
    }
    let deliveries = reply[1].elements.map { delivery($0, token, leaseEnd) }
    for delivery in deliveries { held[delivery.receipt] = leaseEnd }
    return (deliveries, reply[0].integer < 0 ? nil : .milliseconds(reply[0].integer))
  }

  private func delivery(
    _ reply: RedisReply, _ token: String, _ leaseEnd: MonotonicInstant
  ) -> Delivery {
    let id = reply[0].text
    return Delivery(
      receipt: DeliveryReceipt(id: id, token: token), queue: queue,
      message: RedisEntry(reply[2]).message, attempt: reply[1].integer,
      publishedAt: RedisEntry.time(of: id), leaseEnd: leaseEnd)
  }

  /// Waits until somebody publishes or gives back, something is due, or `limit` passed (BLPOP).
  private func wait(_ soon: Duration?, until limit: Deadline) throws(AdapterError) {
    let pause = min(soon ?? Self.longestWait, limit.remaining ?? Self.longestWait, Self.longestWait)
    // 0 would be without end.
    let seconds = Double(max(1, pause.inMilliseconds)) / 1000
    let command = RedisCommand("BLPOP", owner.key("wake:\(group)", of: queue), String(seconds))
    _ = try owner.send(command, key: key, patience: Self.longestWait, waitingUntil: limit)
  }

  // MARK: Settling

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    var isOwn: [Bool] = []
    var rest = settlements[...]
    while !rest.isEmpty {
      isOwn += try settle(part: rest.prefix(Self.settlementsPerCall))
      rest = rest.dropFirst(Self.settlementsPerCall)
    }
    return isOwn
  }

  private func settle(part: ArraySlice<Settlement>) throws(AdapterError) -> [Bool] {
    var command = owner.scriptCall(
      queue, "settle", wordCount: 1 + part.count * 5, byteCount: part.count * 96)
    command.append(group)
    for settlement in part { Self.append(settlement, to: &command) }
    let reply = try owner.sendSteadily(command, key: key)
    let isRepeated = owner.client.hasRepeated
    var isOwn: [Bool] = []
    for (index, settlement) in part.enumerated() {
      let leaseEnd = held.removeValue(forKey: settlement.receipt)
      // A first time whose answer was lost has settled it, unless the lease ended.
      let isSettledBefore = isRepeated && leaseEnd.map { $0 > .now } ?? false
      let isSettledNow = index < reply.count && reply[index].integer == 1
      isOwn.append(isSettledNow || isSettledBefore)
    }
    return isOwn
  }

  private static func append(_ settlement: Settlement, to command: inout RedisCommand) {
    command.append(settlement.receipt.id)
    command.append(settlement.receipt.token)
    switch settlement.outcome {
    case .acknowledge: append("a", to: &command)
    case .retry(let wait): append("r", String(wait.inMilliseconds), to: &command)
    case .release: append("f", "0", to: &command)
    case .deadLetter(let reason, let output): append("x", reason, output ?? "", to: &command)
    }
  }

  private static func append(
    _ kind: String, _ first: String = "", _ second: String = "", to command: inout RedisCommand
  ) {
    command.append(kind)
    command.append(first)
    command.append(second)
  }

  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    guard !receipts.isEmpty else { return [] }
    var command = owner.scriptCall(queue, "extend", wordCount: 3 + receipts.count * 2)
    command.append(group)
    command.append(lease.inMilliseconds)
    command.append(name)
    for receipt in receipts {
      command.append(receipt.id)
      command.append(receipt.token)
    }
    let end = MonotonicInstant.now.advanced(by: lease)
    let reply = try owner.sendSteadily(command, key: key)
    return receipts.enumerated().map { index, receipt in
      let isOwn = index < reply.count && reply[index].integer == 1
      held[receipt] = isOwn ? end : nil
      return isOwn ? end : nil
    }
  }
}
