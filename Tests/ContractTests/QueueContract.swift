import AdapterCore
import Platform
import TestSupport
import Testing

/// What every broker must do: at least once, in order, and only its holder settles a message.
@Suite struct QueueContract {
  // MARK: Messages

  @Test(arguments: QueueBackend.all)
  func aMessageComesBackByteForByte(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    let bodies: [[UInt8]] = [
      [], [0], Array(0...255), [0xFF, 0xFE, 0x0A, 0x00], [UInt8](repeating: 7, count: 1 << 20),
    ]
    var message = Message([], contentType: "application/octet-stream")
    message.headers = [MessageHeader("trace", "é\"\\\n"), MessageHeader("empty", "")]
    for body in bodies {
      message.body = body
      _ = try broker.publish([message], to: "q").map { try $0.get() }
    }
    let consumer = try broker.consumer()
    let deliveries = try consumer.receiveNow()
    #expect(deliveries.map(\.message.body) == bodies)
    #expect(deliveries.allSatisfy { $0.message.headers == message.headers })
    #expect(deliveries.allSatisfy { $0.message.contentType == message.contentType })
    #expect(deliveries.allSatisfy { $0.attempt == 1 && $0.queue == "q" })
  }

  @Test(arguments: QueueBackend.all)
  func messagesComeInTheOrderTheyWerePublished(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    let ids = try broker.publish(texts: "a", "b", "c")
    try broker.publish(texts: "d")
    let deliveries = try broker.consumer().receiveNow()
    #expect(deliveries.map(\.text) == ["a", "b", "c", "d"])
    #expect(Array(deliveries.map(\.receipt.id).prefix(3)) == ids)
  }

  @Test(arguments: QueueBackend.all)
  func manyMessagesAreToldOfInTheirOrder(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    let publisher = try broker.makePublisher(to: "q")
    var outcomes: [Result<PublishReceipt, AdapterError>] = []
    for batch in 0..<20 {
      // Larger together than what a publisher keeps under way.
      let padding = [UInt8](repeating: UInt8(ascii: " "), count: 1500)
      try publisher.send((0..<100).map { Message(Array("\(batch * 100 + $0)".utf8) + padding) })
      outcomes += publisher.takeOutcomes()
    }
    try publisher.finish()
    outcomes += publisher.takeOutcomes()
    #expect(publisher.takeOutcomes().isEmpty)
    let ids = try outcomes.map { try $0.get().id }
    let consumer = try broker.consumer(prefetch: 2000)
    var deliveries: [Delivery] = []
    while deliveries.count < 2000 {
      let some = try consumer.receive(2000, until: .after(.seconds(10)))
      deliveries += some
      if some.isEmpty { break }
    }
    let numbers = deliveries.map { Int($0.text.prefix { $0 != " " }) }
    #expect(numbers == Array(0..<2000))
    #expect(deliveries.map(\.receipt.id) == ids)
  }

  @Test(arguments: QueueBackend.all)
  func publishingToAQueueThatIsNotThereIsRefused(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "mail")
    #expect(throws: AdapterError.self) { try broker.publish(texts: "a", to: "mial") }
    do {
      try broker.publish(texts: "a", to: "mial")
    } catch let error as AdapterError {
      #expect(error.kind == .notFound)
      #expect(error.hint?.contains("'mail'") == true)
    }
  }

  // MARK: Settling

  @Test(arguments: QueueBackend.all)
  func whatIsAcknowledgedIsGone(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    let deliveries = try consumer.receiveNow()
    #expect(try consumer.acknowledge(deliveries) == [true, true])
    consumer.close()
    #expect(try broker.consumer().receiveNow().isEmpty)
    #expect(try broker.statistics(of: "q").allSatisfy { ($0.inFlight ?? 0) == 0 })
    // A second time it is nobody's.
    #expect(try consumer.acknowledge(deliveries) == [false, false])
  }

  @Test(arguments: QueueBackend.all)
  func whatAConsumerHoldsNobodyElseGets(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b", "c")
    let first = try broker.consumer()
    let other = try scratch.open().consumer()
    #expect(try first.receiveNow(2).map(\.text) == ["a", "b"])
    #expect(try other.receiveNow().map(\.text) == ["c"])
    #expect(try other.receiveNow().isEmpty)
  }

  @Test(arguments: QueueBackend.all)
  func whatAConsumerGivesBackIsHandedOutAtOnceAndUncounted(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    let deliveries = try consumer.receiveNow()
    #expect(try consumer.settle([Settlement(deliveries[0].receipt, .release)]) == [true])
    // The other one is given back by the end of its consumer.
    consumer.close()
    let again = try broker.consumer().receiveNow()
    #expect(again.map(\.text) == ["a", "b"])
    // A broker may be unable to tell a release from a failure; it counts once then, and no more.
    let mayCount = broker.support(for: .release).level == .limited
    #expect(again.allSatisfy { $0.attempt == 1 || mayCount && $0.attempt == 2 })
  }

  @Test(arguments: QueueBackend.all)
  func aRetryWaitsAndCounts(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    let delivery = try consumer.receiveNow(1)[0]
    let start = MonotonicInstant.now
    let retry = Settlement(delivery.receipt, .retry(after: .milliseconds(700)))
    #expect(try consumer.settle([retry]) == [true])
    // It holds up nobody.
    #expect(try consumer.receiveNow().map(\.text) == ["b"])
    let again = try consumer.receive(1, until: .after(.seconds(10)))
    #expect(again.map(\.text) == ["a"])
    #expect(again.map(\.attempt) == [2])
    #expect(MonotonicInstant.now.since(start) >= .milliseconds(700) - backend.timeTolerance)
  }

  // MARK: Leases

  @Test(arguments: QueueBackend.all)
  func whatIsNotSettledWithinTheLeaseIsHandedOutAgain(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    guard try scratch.open().support(for: .lease).level != .unsupported else {
      return try expectNoLease(scratch)
    }
    let broker = try scratch.open(queue: "q", QueueSettings(lease: .milliseconds(400)))
    try broker.publish(texts: "a")
    let slow = try broker.consumer()
    let held = try slow.receiveNow()
    let other = try scratch.open().consumer()
    let again = try other.receive(1, until: .after(.seconds(10)))
    #expect(again.map(\.text) == ["a"])
    #expect(again.map(\.attempt) == [2])
    // The first one comes back late: the message is not his any more, whatever he says.
    for outcome in [
      Settlement.Outcome.acknowledge, .release, .retry(after: .zero), .deadLetter(reason: "x"),
    ] {
      #expect(try slow.settle([Settlement(held[0].receipt, outcome)]) == [false])
    }
    #expect(try slow.extend(held.map(\.receipt)) == [nil])
    #expect(try other.acknowledge(again) == [true])
  }

  /// Where there are none, who asks for one is told.
  private func expectNoLease(_ scratch: any ScratchBroker) throws {
    let broker = try scratch.open(queue: "q")
    let lease = Duration.seconds(5)
    for ask in [
      { try broker.create("leased", QueueSettings(lease: lease)) },
      { _ = try broker.consumer(lease: lease) },
    ] {
      let error = #expect(throws: AdapterError.self) { try ask() }
      #expect(error?.kind == .unavailable)
      #expect(error?.message.contains(QueueFeature.lease.rawValue) == true)
    }
  }

  @Test(arguments: QueueBackend.all)
  func aLeaseThatIsExtendedHolds(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let hasLeases = try scratch.open().support(for: .lease).level != .unsupported
    let broker = try scratch.open(
      queue: "q", QueueSettings(lease: hasLeases ? .seconds(1) : nil))
    try #require(broker.support(for: .leaseExtension).level != .unsupported)
    try broker.publish(texts: "a")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    let other = try scratch.open().consumer()
    let start = MonotonicInstant.now
    while MonotonicInstant.now.since(start) < .seconds(3) {
      let ends = try consumer.extend(held.map(\.receipt))
      #expect(ends.allSatisfy { $0.map { $0 > .now } ?? false })
      #expect(try other.receive(1, until: .after(.milliseconds(200))).isEmpty)
    }
    #expect(try consumer.acknowledge(held) == [true])
  }

  // MARK: Waiting

  @Test(arguments: QueueBackend.all)
  func aWaitingConsumerGetsAMessageSoon(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    let consumer = try broker.consumer()
    let publisher = BackgroundTask {
      sleepFor(.milliseconds(300))
      try scratch.open().publish(texts: "a")
    }
    let deliveries = try consumer.receive(1, until: .after(.seconds(30)))
    #expect(deliveries.map(\.text) == ["a"])
    try publisher.finish()
  }

  @Test(arguments: QueueBackend.all)
  func aWaitEndsWithTheOperation(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    _ = try scratch.open(queue: "q")
    let operation = OperationContext()
    let consumer = try scratch.open(.write, operation).consumer()
    let stopper = BackgroundTask {
      sleepFor(.milliseconds(300))
      operation.cancellation.cancel(.timeout)
    }
    #expect(throws: AdapterError.self) { try consumer.receive(1, until: .never) }
    try stopper.finish()
  }

  // MARK: Administration

  @Test(arguments: QueueBackend.all)
  func figuresTellTheStateOfMessages(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    var later = Message(Array("later".utf8))
    later.delay = .seconds(3600)
    _ = try broker.publish([later], to: "q")
    try broker.publish(texts: "a", "b", "c", "d")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow(2)
    _ = try consumer.settle([Settlement(held[0].receipt, .deadLetter(reason: "bad"))])
    let figures = try #require(try broker.statistics(of: "q").first)
    #expect(figures.queue == "q")
    #expect(figures.ready == 2)
    #expect(figures.delayed ?? backend.unknown(.delayed, 1) == 1)
    #expect(figures.inFlight ?? backend.unknown(.inFlight, 1) == 1)
    #expect(figures.dead == 1)
    #expect(figures.oldestAge ?? backend.unknown(.oldestAge, .zero) ?? .seconds(99) < .seconds(60))
  }

  @Test(arguments: QueueBackend.all)
  func purgingLeavesWhatIsInFlight(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b", "c")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow(1)
    #expect(try broker.purge("q") == 2)
    #expect(try consumer.acknowledge(held) == [true])
    #expect(try broker.consumer().receiveNow().isEmpty)
  }

  @Test(arguments: QueueBackend.all)
  func queuesAreListedAndDeleted(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "b")
    try broker.create("a", QueueSettings())
    try broker.create("a", QueueSettings())
    #expect(try broker.queues() == ["a", "b"])
    try broker.publish(texts: "x", to: "a")
    try broker.delete("a")
    #expect(try broker.queues() == ["b"])
    #expect(throws: AdapterError.self) { try broker.delete("a") }
    // Made anew it is empty.
    try broker.create("a", QueueSettings())
    #expect(try broker.consumer("a").receiveNow().isEmpty)
  }

  @Test(arguments: QueueBackend.all)
  func aQueueWithOtherSettingsIsAConflict(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q", QueueSettings(timeToLive: .seconds(10)))
    let error = #expect(throws: AdapterError.self) {
      try broker.create("q", QueueSettings(timeToLive: .seconds(20)))
    }
    #expect(error?.kind == .conflict)
    try broker.create("q", QueueSettings(timeToLive: .seconds(10)))
    try broker.create("q", QueueSettings())
  }

  @Test(arguments: QueueBackend.all)
  func aQueueThatIsDeletedUnderItsConsumerIsAnError(_ backend: QueueBackend) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open(queue: "q")
    let consumer = try broker.consumer()
    try scratch.open().delete("q")
    let error = #expect(throws: AdapterError.self) {
      try consumer.receive(1, until: .after(.seconds(30)))
    }
    #expect(error?.kind == .notFound)
  }
}
