import AdapterCore
import Platform
import TestSupport
import Testing

/// What brokers claim by `support(for:)`, proven: what is not unsupported works, and what is gives
/// status 69 with its name.
@Suite struct QueueFeatureContract {
  /// Runs `body` where the feature is there; elsewhere asks for it and expects the refusal.
  private func with(
    _ feature: QueueFeature, _ backend: QueueBackend, _ settings: QueueSettings = QueueSettings(),
    _ body: (any MessageQueue, any ScratchBroker) throws -> Void
  ) throws {
    let scratch = try backend.makeBroker()
    let broker = try scratch.open()
    guard broker.support(for: feature).level != .unsupported else {
      let error = #expect(throws: AdapterError.self) { try broker.require(feature) }
      #expect(error?.kind == .unavailable)
      #expect(error?.message.contains(feature.rawValue) == true)
      return
    }
    try broker.create("q", settings)
    try body(broker, scratch)
  }

  @Test(arguments: QueueBackend.all)
  func aDelayedMessageHoldsUpNobody(_ backend: QueueBackend) throws {
    try with(.delay, backend) { broker, _ in
      var late = Message(Array("late".utf8))
      late.delay = .milliseconds(900)
      var later = Message(Array("later".utf8))
      later.delay = .seconds(3600)
      let start = MonotonicInstant.now
      _ = try broker.publish([later, late], to: "q")
      try broker.publish(texts: "now")
      let consumer = try broker.consumer()
      #expect(try consumer.receiveNow().map(\.text) == ["now"])
      #expect(try consumer.receive(1, until: .after(.seconds(20))).map(\.text) == ["late"])
      #expect(MonotonicInstant.now.since(start) >= .milliseconds(900) - backend.timeTolerance)
    }
  }

  @Test(arguments: QueueBackend.all)
  func aHigherPriorityComesFirst(_ backend: QueueBackend) throws {
    try with(.priority, backend, QueueSettings(highestPriority: 9)) { broker, _ in
      for (text, priority) in [("low", 0), ("high", 9), ("middle", 5), ("high 2", 9)] {
        var message = Message(Array(text.utf8))
        message.priority = priority
        _ = try broker.publish([message], to: "q")
      }
      let deliveries = try broker.consumer(prefetch: 1).receiveNow()
      #expect(deliveries.map(\.text).first == "high")
      var all = deliveries
      let consumer = try broker.consumer()
      while all.count < 4, let next = try consumer.receiveNow(1).first { all.append(next) }
      #expect(all.map(\.text) == ["high", "high 2", "middle", "low"])
      #expect(all.map(\.message.priority) == [9, 9, 5, 0])
    }
  }

  @Test(arguments: QueueBackend.all)
  func anExpiredMessageIsADeadLetter(_ backend: QueueBackend) throws {
    try with(.ttl, backend) { broker, _ in
      var message = Message(Array("short".utf8))
      message.timeToLive = .milliseconds(100)
      _ = try broker.publish([message], to: "q")
      try broker.publish(texts: "long")
      sleepFor(.milliseconds(400))
      #expect(try broker.consumer().receiveNow().map(\.text) == ["long"])
      let letters = try self.letters(of: broker)
      #expect(letters.map(\.reason) == ["expired"])
      #expect(letters.map { String(decoding: $0.message.body, as: UTF8.self) } == ["short"])
    }
  }

  @Test(arguments: QueueBackend.all)
  func aKeyIsPublishedOnceWithinTheWindow(_ backend: QueueBackend) throws {
    let settings = QueueSettings(deduplicationWindow: .seconds(2))
    try with(.dedupe, backend, settings) { broker, _ in
      var message = Message(Array("once".utf8))
      message.deduplicationKey = "k"
      let first = try broker.publish([message], to: "q")[0].get()
      #expect(!first.isDuplicate)
      let second = try broker.publish([message, message], to: "q").map { try $0.get() }
      #expect(second.allSatisfy { $0.isDuplicate && $0.id == first.id })
      // Also when the first one is done with.
      let consumer = try broker.consumer()
      #expect(try consumer.acknowledge(try consumer.receiveNow()) == [true])
      #expect(try broker.publish([message], to: "q")[0].get().isDuplicate)
      sleepFor(.milliseconds(2300))
      #expect(try !broker.publish([message], to: "q")[0].get().isDuplicate)
    }
  }

  @Test(arguments: QueueBackend.all)
  func messagesOfOneGroupComeOneAfterAnother(_ backend: QueueBackend) throws {
    try with(.fifoGroups, backend) { broker, scratch in
      for (text, group) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        var message = Message(Array(text.utf8))
        message.group = group
        _ = try broker.publish([message], to: "q")
      }
      try broker.publish(texts: "free")
      let consumer = try broker.consumer()
      let other = try scratch.open().consumer()
      let first = try consumer.receiveNow()
      #expect(Set(first.map(\.text)) == ["a1", "b1", "free"])
      #expect(try other.receiveNow().isEmpty)
      let a1 = try #require(first.first { $0.text == "a1" })
      // A failure of the first one holds the second one back.
      _ = try consumer.settle([Settlement(a1.receipt, .retry(after: .milliseconds(200)))])
      #expect(try other.receive(1, until: .after(.seconds(10))).map(\.text) == ["a1"])
      #expect(try consumer.receiveNow().isEmpty)
      other.close()
      let again = try consumer.receiveNow()
      #expect(again.map(\.text) == ["a1"])
      #expect(try consumer.acknowledge(again) == [true])
      let next = try consumer.receiveNow()
      #expect(next.map(\.text) == ["a2"])
      _ = try consumer.settle([Settlement(next[0].receipt, .deadLetter(reason: "bad"))])
      #expect(try consumer.receiveNow().map(\.text) == ["a3"])
    }
  }

  @Test(arguments: QueueBackend.all)
  func everyGroupOfConsumersGetsEveryMessage(_ backend: QueueBackend) throws {
    try with(.consumerGroups, backend, QueueSettings(groups: ["audit", "search"])) { broker, _ in
      try broker.publish(texts: "a", "b")
      let audit = try broker.consumer(group: "audit")
      let deliveries = try audit.receiveNow()
      #expect(deliveries.map(\.text) == ["a", "b"])
      #expect(try audit.acknowledge(deliveries) == [true, true])
      #expect(try audit.receiveNow().isEmpty)
      let search = try broker.consumer(group: "search")
      #expect(try search.receiveNow().map(\.text) == ["a", "b"])
      // A group that comes later gets what is published from then on.
      try broker.create("q", QueueSettings(groups: ["late"]))
      try broker.publish(texts: "c")
      #expect(try broker.consumer(group: "late").receiveNow().map(\.text) == ["c"])
      #expect(throws: AdapterError.self) { try broker.consumer(group: "adit") }
      #expect(throws: AdapterError.self) { try broker.consumer() }
      #expect(try broker.statistics(of: "q").map(\.group) == ["audit", "late", "search"])
    }
  }

  @Test(arguments: QueueBackend.all)
  func purgingCountsAMessageForEveryGroup(_ backend: QueueBackend) throws {
    try with(.consumerGroups, backend, QueueSettings(groups: ["audit", "search"])) { broker, _ in
      try broker.publish(texts: "a", "b", "c")
      let audit = try broker.consumer(group: "audit")
      #expect(try audit.acknowledge(try audit.receiveNow(1)) == [true])
      audit.close()
      #expect(try broker.purge("q") == 5)
    }
  }

  @Test(arguments: QueueBackend.all)
  func purgingHoldsUpNoGroupOfMessages(_ backend: QueueBackend) throws {
    let groups = QueueSettings(groups: ["audit", "search"])
    try with(.consumerGroups, backend, groups) { broker, _ in
      guard broker.support(for: .fifoGroups).level != .unsupported else { return }
      var message = Message(Array("1".utf8))
      message.group = "g"
      _ = try broker.publish([message], to: "q")
      message.body = Array("2".utf8)
      _ = try broker.publish([message], to: "q")
      let audit = try broker.consumer(group: "audit")
      #expect(try audit.acknowledge(try audit.receiveNow()) == [true])
      let held = try audit.receiveNow()
      #expect(held.map(\.text) == ["2"])
      _ = try broker.purge("q")
      message.body = Array("3".utf8)
      _ = try broker.publish([message], to: "q")
      let search = try broker.consumer(group: "search")
      #expect(try search.receiveNow().map(\.text) == ["3"])
      #expect(try audit.acknowledge(held) == [true])
      #expect(try audit.receiveNow().map(\.text) == ["3"])
    }
  }

  @Test(arguments: QueueBackend.all)
  func figuresLeaveOutWhatHasExpired(_ backend: QueueBackend) throws {
    try with(.ttl, backend) { broker, _ in
      var message = Message(Array("short".utf8))
      message.timeToLive = .milliseconds(50)
      _ = try broker.publish([message], to: "q")
      message.timeToLive = .seconds(3600)
      _ = try broker.publish([message], to: "q")
      sleepFor(.milliseconds(400))
      #expect(try broker.statistics(of: "q").map(\.ready) == [1])
    }
  }

  @Test(arguments: QueueBackend.all)
  func aDelayedMessageHasNoAge(_ backend: QueueBackend) throws {
    try with(.delay, backend) { broker, _ in
      var message = Message(Array("later".utf8))
      message.delay = .seconds(3600)
      _ = try broker.publish([message], to: "q")
      #expect(try broker.statistics(of: "q").map(\.oldestAge) == [nil])
    }
  }

  @Test(arguments: QueueBackend.all)
  func peekingTakesNothing(_ backend: QueueBackend) throws {
    try with(.peek, backend) { broker, scratch in
      try broker.publish(texts: "a", "b", "c")
      let peeking = try #require(try scratch.open(.read).peeking)
      for _ in 1...2 {
        var texts: [String] = []
        try peeking.peek("q", group: nil, count: 2) { texts.append($0.text) }
        #expect(texts == ["a", "b"])
      }
      let attempts = try broker.consumer().receiveNow().map(\.attempt)
      #expect(attempts.count == 3)
      // Where looking on is said to be limited it may count, though no more than once.
      let mayCount = broker.support(for: .peek).level == .limited
      #expect(attempts.allSatisfy { $0 == 1 || mayCount && $0 == 2 })
    }
  }

  @Test(arguments: QueueBackend.all)
  func aTapTakesNothing(_ backend: QueueBackend) throws {
    try with(.tap, backend) { broker, scratch in
      try broker.publish(texts: "before")
      let listener = try scratch.open()
      let tap = try #require(listener.tapping).makeTap(of: "q")
      try broker.publish(texts: "a", "b")
      let heard = try tap.receive(10, until: .after(.seconds(10)))
      #expect(heard.map(\.text) == ["a", "b"])
      #expect(try tap.acknowledge(heard) == [true, true])
      tap.close()
      #expect(try broker.consumer().receiveNow().map(\.text) == ["before", "a", "b"])
      #expect(try broker.statistics(of: "q").count == 1)
    }
  }

  @Test(arguments: QueueBackend.all)
  func aTapEndsWithItsQueue(_ backend: QueueBackend) throws {
    try with(.tap, backend) { broker, scratch in
      let tap = try #require(try scratch.open().tapping).makeTap(of: "q")
      #expect(try tap.receiveNow().isEmpty)
      try broker.delete("q")
      let error = #expect(throws: AdapterError.self) {
        try tap.receive(1, until: .after(.seconds(30)))
      }
      #expect(error?.kind == .notFound)
      tap.close()
    }
  }

  /// RabbitMQ shows letters by taking them and giving them back.
  @Test(arguments: QueueBackend.all)
  func deadLettersThatWereListedCanBePurgedAtOnce(_ backend: QueueBackend) throws {
    try with(.deadLetters, backend) { broker, scratch in
      let consumer = try broker.consumer()
      for _ in 0..<30 {
        try broker.publish(texts: "a", "b", "c", "d", "e")
        var left = 5
        while left > 0 {
          let deliveries = try consumer.receive(left, until: .after(.seconds(10)))
          _ = try consumer.settle(
            deliveries.map { Settlement($0.receipt, .deadLetter(reason: "bad")) })
          left -= deliveries.count
        }
        try #require(try letters(of: broker).count == 5)
        let other = try #require(try scratch.open().deadLetters)
        try #require(try other.purge(of: "q", DeadLetterFilter()) == 5)
      }
    }
  }

  @Test(arguments: QueueBackend.all)
  func deadLettersKeepWhatIsKnownAndCanBeReplayed(_ backend: QueueBackend) throws {
    try with(.deadLetters, backend) { broker, _ in
      var message = Message(Array("bad".utf8), contentType: "text/plain")
      message.headers = [MessageHeader("k", "v")]
      _ = try broker.publish([message], to: "q")
      try broker.publish(texts: "worse", "fine")
      let consumer = try broker.consumer()
      let deliveries = try consumer.receiveNow(2)
      let outcomes: [Settlement.Outcome] = [
        .deadLetter(reason: "exit status 3", output: "Traceback\n"), .deadLetter(reason: "refused"),
      ]
      let settled = try consumer.settle(
        zip(deliveries, outcomes).map { Settlement($0.receipt, $1) })
      #expect(settled == [true, true])
      let letters = try self.letters(of: broker)
      #expect(letters.map(\.reason) == ["exit status 3", "refused"])
      #expect(letters[0].output == "Traceback\n")
      #expect(letters[0].attempts == 1)
      #expect(letters[0].message.headers == message.headers)
      #expect(letters[0].message.contentType == "text/plain")
      let store = try #require(broker.deadLetters)
      #expect(try store.replay(of: "q", DeadLetterFilter(reason: "exit status")) == 1)
      #expect(try store.purge(of: "q", DeadLetterFilter(ids: [letters[0].id])) == 0)
      let again = try consumer.receiveNow()
      #expect(again.map(\.text) == ["fine", "bad"])
      #expect(again.map(\.attempt) == [1, 1])
      #expect(again[1].message.headers == message.headers)
      #expect(try store.purge(of: "q", DeadLetterFilter(ids: [letters[1].id])) == 1)
      #expect(try self.letters(of: broker).isEmpty)
    }
  }

  private func letters(of broker: any MessageQueue) throws -> [DeadLetter] {
    var letters: [DeadLetter] = []
    try broker.deadLetters?.list(of: "q", DeadLetterFilter(), count: nil) { letters.append($0) }
    return letters
  }
}
