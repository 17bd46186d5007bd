import AdapterCore
import Platform

/// Makes taps on the queues of a server.
final class RedisQueueTapping: QueueTapping {
  private let owner: RedisMessageQueue

  init(_ owner: RedisMessageQueue) { self.owner = owner }

  func makeTap(of queue: String) throws(AdapterError) -> any MessageConsumer {
    let name = "tap-" + makeUniqueName()
    _ = try owner.call(queue, "tap", [name, RedisQueueTap.patienceText])
    return RedisQueueTap(owner, queue, name, lease: try owner.info(of: queue).lease)
  }
}

/// A group of consumers that goes with its listener, or soon after he died.
final class RedisQueueTap: MessageConsumer {
  /// How long a tap stays without a word from its listener, and when he says one.
  private static let patience = Duration.seconds(60)
  private static let renewal = Duration.seconds(15)

  static var patienceText: String { String(patience.inMilliseconds) }

  private let owner: RedisMessageQueue
  private let queue: String
  private let name: String
  private let consumer: RedisMessageConsumer
  private var nextRenewal = MonotonicInstant.now.advanced(by: renewal)

  init(_ owner: RedisMessageQueue, _ queue: String, _ name: String, lease: Duration) {
    self.owner = owner
    self.queue = queue
    self.name = name
    consumer = RedisMessageConsumer(owner, queue, group: name, lease: lease, isTap: true)
  }

  func receive(_ count: Int, until limit: Deadline) throws(AdapterError) -> [Delivery] {
    while true {
      if nextRenewal <= .now { try renew() }
      let deliveries = try consumer.receive(
        count, until: limit.earlier(of: Deadline(instant: nextRenewal)))
      if !deliveries.isEmpty || limit.isPassed { return deliveries }
    }
  }

  private func renew() throws(AdapterError) {
    guard try owner.call(queue, "renew", [name, Self.patienceText]).integer == 1 else {
      throw AdapterError.lostTap
    }
    nextRenewal = MonotonicInstant.now.advanced(by: Self.renewal)
  }

  func settle(_ settlements: [Settlement]) throws(AdapterError) -> [Bool] {
    try consumer.settle(settlements)
  }

  func extend(_ receipts: [DeliveryReceipt]) throws(AdapterError) -> [MonotonicInstant?] {
    try consumer.extend(receipts)
  }

  /// Where it fails, or nobody answers any more, the tap expires.
  func close() {
    guard !owner.client.isSilent else { return }
    var command = owner.scriptCall(queue, "untap", wordCount: 1)
    command.append(name)
    _ = try? owner.sendSteadily(command, key: owner.settingsKey(of: queue))
  }
}
