import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// Connections that break at every step, counted: no message is lost, and no more come twice than were
/// on their way.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct RabbitMQFaultTests {
  private let broker: RabbitMQBroker
  private let proxy: TestServer

  init() throws {
    broker = try RabbitMQBroker()
    proxy = try TestServers.start(.faults, upstream: broker.server)
  }

  /// A connection through the proxy.
  private func open(
    _ settings: [String: String] = [:], _ operation: OperationContext = OperationContext()
  ) throws -> any MessageQueue {
    try AdapterRegistry.openQueue(
      broker.address(port: proxy.port, settings), .create, operation)
  }

  private func messages(_ range: Range<Int>) -> [Message] {
    range.map { Message(Array("\($0)".utf8)) }
  }

  /// All that can be had without a fault, by a connection of its own.
  private func drain() throws -> [String] {
    let consumer = try broker.open().consumer()
    defer { consumer.close() }
    var texts: [String] = []
    while true {
      let deliveries = try consumer.receive(500, until: .after(.milliseconds(500)))
      if deliveries.isEmpty { return texts }
      texts += deliveries.map(\.text)
      _ = try consumer.acknowledge(deliveries)
    }
  }

  // MARK: Publishing

  @Test(arguments: [TestServer.Direction.up, .down])
  func aConnectionCutWhilePublishingIsToldAndNothingAcceptedIsLost(
    _ direction: TestServer.Direction
  ) throws {
    _ = try broker.open(queue: "q")
    let queues = try open()
    var accepted: [String] = []
    _ = try queues.publish(messages(0..<100), to: "q").map { try $0.get() }
    accepted += (0..<100).map(String.init)
    try proxy.fault("cut", direction, after: direction == .up ? 50_000 : 20)
    let error = #expect(throws: AdapterError.self) {
      try queues.publish(messages(100..<2000), to: "q")
    }
    #expect(error?.kind == .temporary)
    #expect(error?.details.contains { $0.contains("cannot be known") } == true)
    // The next call connects anew.
    _ = try queues.publish(messages(2000..<2100), to: "q").map { try $0.get() }
    accepted += (2000..<2100).map(String.init)
    let texts = try drain()
    #expect(Set(accepted).subtracting(texts).isEmpty)
    // Nothing was published twice behind the caller's back.
    #expect(Set(texts).count == texts.count)
  }

  @Test func aConnectionThatStallsWhilePublishingIsNoticedByItsHeartbeat() throws {
    _ = try broker.open(queue: "q")
    let queues = try open(["heartbeat": "1"])
    _ = try queues.publish(messages(0..<1), to: "q").map { try $0.get() }
    try proxy.fault("stall", .down)
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) { try queues.publish(messages(1..<2), to: "q") }
    #expect(error?.kind == .temporary)
    #expect(MonotonicInstant.now.since(start) < .seconds(20))
    try proxy.heal()
    _ = try queues.publish(messages(2..<3), to: "q").map { try $0.get() }
    let texts = try drain()
    #expect(Set(texts).isSuperset(of: ["0", "2"]))
  }

  @Test func aStalledPublisherEndsWithItsOperation() throws {
    _ = try broker.open(queue: "q")
    let operation = OperationContext()
    let queues = try open([:], operation)
    _ = try queues.publish(messages(0..<1), to: "q").map { try $0.get() }
    try proxy.fault("stall", .down)
    let stopper = BackgroundTask {
      sleepFor(.milliseconds(300))
      operation.cancellation.cancel(.timeout)
    }
    let error = #expect(throws: AdapterError.self) { try queues.publish(messages(1..<2), to: "q") }
    #expect(error?.kind == .timeout)
    try stopper.finish()
  }

  @Test func aStalledQuestionEndsWithTheOperationsTime() throws {
    _ = try broker.open(queue: "q")
    let operation = OperationContext(deadline: .after(.seconds(4)))
    let queues = try open([:], operation)
    try proxy.fault("stall", .down)
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) { try queues.statistics(of: "q") }
    #expect(error?.kind == .timeout)
    #expect(MonotonicInstant.now.since(start) < .seconds(15))
  }

  /// A body larger than all buffers, of which the broker takes nothing.
  @Test func aStalledMessageEndsWithItsOperation() throws {
    _ = try broker.open(queue: "q")
    let operation = OperationContext()
    let queues = try open([:], operation)
    _ = try queues.publish(messages(0..<1), to: "q").map { try $0.get() }
    try proxy.fault("stall", .up)
    let stopper = BackgroundTask {
      sleepFor(.seconds(1))
      operation.cancellation.cancel(.timeout)
    }
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) {
      try queues.publish([Message([UInt8](repeating: 1, count: 64 << 20))], to: "q")
    }
    #expect(error?.kind == .timeout)
    #expect(MonotonicInstant.now.since(start) < .seconds(20))
    try stopper.finish()
  }

  @Test func aBrokerThatTakesNoMessagesIsSentNone() throws {
    let server = try TestServers.start(.rabbitmq)
    let broker = try RabbitMQBroker(on: server)
    let notes = Notes()
    let operation = OperationContext(note: { notes.add($0) })
    let queues = try broker.open(.create, operation)
    try queues.create("q", QueueSettings())
    let publisher = try queues.makePublisher(to: "q")
    try server.sql("set_vm_memory_high_watermark 0.000001")
    var (sent, sentBefore) = (0, 0)
    let end = Deadline.after(.seconds(60))
    let stopper = BackgroundTask {
      while notes.all.isEmpty, !end.isPassed { sleepFor(.milliseconds(50)) }
      sleepFor(.seconds(1))
      operation.cancellation.cancel(.timeout)
    }
    // The broker says so once it is sent something.
    let error = #expect(throws: AdapterError.self) {
      while !end.isPassed {
        try publisher.send(messages(sent..<sent + 1))
        sent += 1
        if notes.all.isEmpty { sentBefore = sent }
        sleepFor(.milliseconds(20))
      }
    }
    try stopper.finish()
    #expect(error?.kind == .timeout)
    #expect(notes.all.first?.contains("takes no messages for now") == true)
    // None was sent while it was waited for a second.
    #expect(sent <= sentBefore + 1)
    try server.sql("set_vm_memory_high_watermark 0.9")
  }

  /// What is published anew is not waited for without end: it goes back.
  @Test(arguments: [(TestServer.Direction.down, 1), (.up, 32 << 20)])
  func aRetryThatIsNotConfirmedGoesBack(_ direction: TestServer.Direction, size: Int) throws {
    let body = [UInt8](repeating: 1, count: size)
    _ = try broker.open(queue: "q").publish([Message(body)], to: "q").map { try $0.get() }
    let queues = try open()
    let consumer = try queues.consumer()
    let delivery = try #require(try consumer.receive(1, until: .after(.seconds(30))).first)
    try proxy.fault("stall", direction)
    let start = MonotonicInstant.now
    var isOwn = [false]
    do {
      isOwn = try consumer.settle([Settlement(delivery.receipt, .retry(after: .zero))])
    } catch {
      #expect(error.kind == .temporary)
    }
    #expect(MonotonicInstant.now.since(start) < .seconds(90))
    #expect(isOwn == [false])
    try proxy.heal()
    consumer.close()
    queues.close()
    let rest = try broker.open().consumer().receive(1, until: .after(.seconds(30)))
    #expect(rest.map(\.message.body.count) == [size])
  }

  // MARK: Consuming

  /// Works 300 messages off while something happens to the connection, and returns what was handed
  /// out, duplicates too.
  private func workOff(
    _ settings: [String: String] = [:], fault: (Int) throws -> Void
  ) throws -> [String] {
    _ = try broker.open(queue: "q").publish(messages(0..<300), to: "q").map { try $0.get() }
    let notes = Notes()
    let queues = try open(settings, OperationContext(note: { notes.add($0) }))
    let consumer = try queues.consumer(prefetch: 50)
    var handedOut: [String] = []
    var acknowledged: Set<String> = []
    var batch = 0
    while acknowledged.count < 300 {
      let deliveries = try consumer.receive(50, until: .after(.seconds(30)))
      try #require(!deliveries.isEmpty, "\(acknowledged.count) of 300; \(notes.all)")
      handedOut += deliveries.map(\.text)
      try fault(batch)
      batch += 1
      for (delivery, isOwn) in zip(deliveries, try consumer.acknowledge(deliveries)) where isOwn {
        acknowledged.insert(delivery.text)
      }
    }
    consumer.close()
    return handedOut
  }

  @Test func aConnectionCutAtTheClaimLosesNothing() throws {
    let handedOut = try workOff { batch in
      if batch == 1 { try proxy.fault("cut", .down, after: 2000) }
    }
    #expect(Set(handedOut).count == 300)
    // At most what was handed out or on its way when it was cut.
    #expect(handedOut.count <= 300 + 2 * 50)
    #expect(try proxy.traffic().faults == 1)
    #expect(try drain().isEmpty)
  }

  @Test func aConnectionCutAtTheAcknowledgementLosesNothing() throws {
    let handedOut = try workOff { batch in
      if batch == 1 { try proxy.fault("cut", .up, after: 5) }
    }
    #expect(Set(handedOut).count == 300)
    #expect(handedOut.count <= 300 + 2 * 50)
    #expect(try proxy.traffic().faults == 1)
    #expect(try drain().count <= 50)
  }

  @Test func aConnectionCutWhileMessagesAreWorkedOnLosesNothing() throws {
    let handedOut = try workOff { batch in
      if batch == 2 { try proxy.fault("cut") }
    }
    #expect(Set(handedOut).count == 300)
    #expect(handedOut.count <= 300 + 2 * 50)
    #expect(try drain().isEmpty)
  }

  @Test func aConnectionThatStallsIsNoticedAndLosesNothing() throws {
    var healer: BackgroundTask?
    let proxy = proxy
    let handedOut = try workOff(["heartbeat": "1"]) { batch in
      guard batch == 1 else { return }
      try proxy.fault("stall")
      // The consumer has noticed once it connects anew.
      healer = BackgroundTask {
        while try proxy.traffic().connections < 2 { sleepFor(.milliseconds(50)) }
        try proxy.heal()
      }
    }
    try healer?.finish()
    #expect(Set(handedOut).count == 300)
    #expect(handedOut.count <= 300 + 2 * 50)
  }

  /// A retry is published anew before the delivery is acknowledged: cut in between it comes twice, and is
  /// never lost.
  @Test(arguments: [10, 60, 200, 400])
  func aConnectionCutAtARetryLosesNothing(after bytes: Int) throws {
    let direct = try broker.open(queue: "q")
    try direct.publish(texts: "a")
    let queues = try open()
    let consumer = try queues.consumer()
    let delivery = try #require(try consumer.receiveNow(1).first)
    try proxy.fault("cut", .up, after: bytes)
    _ = try? consumer.settle([Settlement(delivery.receipt, .retry(after: .milliseconds(100)))])
    consumer.close()
    queues.close()
    sleepFor(.milliseconds(500))
    let texts = try drain()
    #expect(texts == ["a"] || texts == ["a", "a"])
  }

  private final class Notes: @unchecked Sendable {
    private let lock = NSLock()
    private var texts: [String] = []
    func add(_ text: String) { lock.withLock { texts.append(text) } }
    var all: [String] { lock.withLock { texts } }
  }
}
