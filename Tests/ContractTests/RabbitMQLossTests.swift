import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// Messages that cannot be put where they are to go: none is lost, none is believed to be there.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct RabbitMQLossTests {
  private let broker: RabbitMQBroker

  init() throws { broker = try RabbitMQBroker() }

  private func open(user: String) throws -> any MessageQueue {
    var address = broker.address
    address.user = user
    return try AdapterRegistry.openQueue(address, .write, OperationContext())
  }

  private func receive(_ count: Int, _ consumer: any MessageConsumer) throws -> [Delivery] {
    let deliveries = try consumer.receive(count, until: .after(.seconds(10)))
    try #require(deliveries.count == count)
    return deliveries
  }

  /// What is in the queue, once somebody has given it back.
  private func rest(_ count: Int) throws -> [String] {
    let consumer = try broker.open().consumer("foreign")
    defer { consumer.close() }
    var texts: [String] = []
    let end = Deadline.after(.seconds(10))
    while texts.count < count, !end.isPassed {
      texts += try consumer.receive(10, until: .after(.milliseconds(200))).map(\.text)
    }
    return texts + (try consumer.receiveNow().map(\.text))
  }

  // MARK: What nobody saved

  @Test func aLetterThatCannotBeKeptStaysInItsQueue() throws {
    try broker.makeForeignQueue("1", "2", "3", "4")
    // Who may not create a queue for dead letters.
    try broker.api(
      "PUT", "permissions/VHOST/nb_none", #"{"configure":"^$","write":".*","read":".*"}"#)
    let queues = try open(user: "nb_none")
    let consumer = try queues.consumer("foreign")
    let deliveries = try receive(4, consumer)
    #expect(try consumer.acknowledge(Array(deliveries[..<2])) == [true, true])
    let error = #expect(throws: AdapterError.self) {
      try consumer.settle([
        Settlement(deliveries[3].receipt, .acknowledge),
        Settlement(deliveries[2].receipt, .deadLetter(reason: "bad")),
      ])
    }
    #expect(error?.kind == .denied)
    consumer.close()
    #expect(try rest(1) == ["3"])
  }

  @Test func aLetterWhoseHeadersDoNotFitStaysInItsQueue() throws {
    let value = String(repeating: "x", count: 130_900)
    try broker.makeForeignQueue("1", "2", properties: #"{"headers":{"large":"\#(value)"}}"#)
    try broker.publishForeign(["3"])
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let deliveries = try receive(3, consumer)
    let error = #expect(throws: AdapterError.self) {
      try consumer.settle([
        Settlement(deliveries[2].receipt, .acknowledge),
        Settlement(
          deliveries[0].receipt,
          .deadLetter(reason: String(repeating: "y", count: 2000), output: "z")),
      ])
    }
    #expect(error?.kind == .data)
    // The connection goes on.
    #expect(try consumer.acknowledge([deliveries[1]]) == [true])
    consumer.close()
    #expect(try rest(1) == ["1"])
    try queues.publish(texts: "4", to: "foreign")
  }

  @Test func theOutputOfALetterThatWouldNotFitIsLeftOut() throws {
    let value = String(repeating: "x", count: 130_000)
    try broker.makeForeignQueue("1", properties: #"{"headers":{"large":"\#(value)"}}"#)
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let output = String(repeating: "z", count: 4000)
    let settled = try consumer.settle([
      Settlement(try receive(1, consumer)[0].receipt, .deadLetter(reason: "bad", output: output))
    ])
    #expect(settled == [true])
    var letters: [DeadLetter] = []
    try queues.deadLetters?.list(of: "foreign", DeadLetterFilter(), count: nil) {
      letters.append($0)
    }
    #expect(letters.map(\.reason) == ["bad"])
  }

  @Test func theSecondOfTwoLettersThatAreRefusedStaysToo() throws {
    try broker.makeForeignQueue("1", "2", "3", "4")
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let deliveries = try receive(4, consumer)
    // Makes the queue for dead letters, which is known from then on.
    _ = try consumer.settle([Settlement(deliveries[0].receipt, .deadLetter(reason: "bad"))])
    try broker.api("DELETE", "queues/VHOST/foreign:dead")
    #expect(throws: AdapterError.self) {
      try consumer.settle([
        Settlement(deliveries[3].receipt, .acknowledge),
        Settlement(deliveries[1].receipt, .deadLetter(reason: "bad")),
        Settlement(deliveries[2].receipt, .deadLetter(reason: "bad")),
      ])
    }
    consumer.close()
    #expect(Set(try rest(2)) == ["2", "3"])
  }

  /// A broker returns what no queue takes, and confirms it nonetheless.
  @Test(arguments: ["{}", #"{"message_id":"same"}"#, #"{"message_id":""}"#])
  func aForeignLetterThatIsReturnedStaysInItsQueue(_ properties: String) throws {
    try broker.makeForeignQueue("1", "2", "3", properties: properties)
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let deliveries = try receive(3, consumer)
    _ = try consumer.settle([Settlement(deliveries[0].receipt, .deadLetter(reason: "bad"))])
    try broker.api("DELETE", "queues/VHOST/foreign:dead")
    let error = #expect(throws: AdapterError.self) {
      try consumer.settle(
        deliveries[1...].map { Settlement($0.receipt, .deadLetter(reason: "bad")) })
    }
    #expect(error?.message.contains("NO_ROUTE") == true)
    consumer.close()
    #expect(Set(try rest(2)) == ["2", "3"])
  }

  @Test func whatTellsRepublishedMessagesApartIsNoHeaderOfTheirs() throws {
    try broker.makeForeignQueue("1", properties: #"{"headers":{"colour":"red"}}"#)
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let first = try receive(1, consumer)[0]
    _ = try consumer.settle([Settlement(first.receipt, .retry(after: .zero))])
    let again = try receive(1, consumer)[0]
    #expect(again.message == first.message)
    #expect(again.attempt == 2)
    _ = try consumer.settle([Settlement(again.receipt, .deadLetter(reason: "bad"))])
    try queues.deadLetters?.list(of: "foreign", DeadLetterFilter(), count: nil) {
      #expect($0.message == first.message)
    }
  }

  // MARK: Publishing

  @Test func anExchangeThatWentSaysHowManyMessagesAreInDoubt() throws {
    let queues = try broker.open(queue: "q")
    let publisher = try queues.makePublisher(to: "q")
    try publisher.send([Message([1])])
    try publisher.finish()
    #expect(publisher.takeOutcomes().count == 1)
    try broker.api("DELETE", "exchanges/VHOST/q:in")
    let error = #expect(throws: AdapterError.self) {
      try publisher.send((0..<5).map { Message([$0]) })
      try publisher.finish()
    }
    #expect(error?.kind == .notFound)
    #expect(error?.details.contains { $0.contains("5 messages it cannot be known") } == true)
    // And says so again, in place of waiting for what never comes.
    #expect(throws: AdapterError.self) { try publisher.finish() }
  }

  @Test func aPublisherThatWentLeavesItsNumber() throws {
    let queues = try broker.open(queue: "q")
    // A connection has 2047 channels at most.
    for _ in 0..<2100 { _ = try queues.makePublisher(to: "q") }
    try queues.publish(texts: "a")
    #expect(try queues.consumer().receiveNow().map(\.text) == ["a"])
  }

  // MARK: Values of headers

  @Test(arguments: [
    #"{"headers":{"nb-attempts":9223372036854775807}}"#,
    #"{"headers":{"nb-attempts":-9223372036854775808}}"#,
    #"{"headers":{"x-delivery-count":9223372036854775807,"nb-attempts":9223372036854775807}}"#,
    #"{"headers":{"x-death":[{"queue":"a","reason":"rejected","time":9223372036854775807}]}}"#,
    #"{"headers":{"nb-died-at":9223372036854775807,"nb-expires-at":9223372036854775807}}"#,
    #"{"timestamp":9223372036854775807,"expiration":"4000000000"}"#,
    #"{"timestamp":9007199254740991000,"expiration":"4000000000"}"#,
  ])
  func aValueThatIsTooLargeIsTakenForTheLargest(_ properties: String) throws {
    try broker.makeForeignQueue("1", properties: properties)
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign")
    let first = try receive(1, consumer)[0]
    #expect(first.attempt >= 1)
    _ = try consumer.settle([Settlement(first.receipt, .retry(after: .zero))])
    let again = try receive(1, consumer)[0]
    #expect(again.attempt >= 2)
    _ = try consumer.settle([Settlement(again.receipt, .deadLetter(reason: "bad"))])
    var letters = 0
    try queues.deadLetters?.list(of: "foreign", DeadLetterFilter(), count: nil) { _ in
      letters += 1
    }
    #expect(letters == 1)
  }

  @Test func theAgeOfAMessageFromTheEndOfTimeIsNone() throws {
    try broker.makeForeignQueue("1", properties: #"{"timestamp":9223372036854775807}"#)
    let queues = try broker.open()
    let end = Deadline.after(.seconds(30))
    // The plugin's figures come every five seconds.
    while !end.isPassed {
      if let age = try queues.statistics(of: "foreign")[0].oldestAge {
        #expect(age == .zero)
        return
      }
      sleepFor(.milliseconds(500))
    }
    Issue.record("no age")
  }

  @Test func aMessageThatCannotBeSentIsRefusedAlone() throws {
    let queues = try broker.open(queue: "q")
    var large = Message(Array("large".utf8))
    large.headers = [MessageHeader("x", String(repeating: "x", count: 300_000))]
    let outcomes = try queues.publish(
      [Message(Array("1".utf8)), large, Message(Array("2".utf8))], to: "q")
    #expect(outcomes.map { (try? $0.get()) != nil } == [true, false, true])
    #expect(throws: AdapterError.self) { try outcomes[1].get() }
    #expect(try receive(2, queues.consumer()).map(\.text) == ["1", "2"])
  }

  // MARK: Ends

  @Test func aWindowOfExpiredMessagesIsNoEmptyQueue() throws {
    try broker.makeForeignQueue(
      "1", "2", "3", "4", "5", "6", "7", properties: #"{"headers":{"nb-expires-at":1000}}"#)
    try broker.publishForeign(["good"])
    let queues = try broker.open()
    let consumer = try queues.consumer("foreign", prefetch: 3)
    #expect(try consumer.receive(3, until: .after(.zero)).map(\.text) == ["good"])
    consumer.close()
    #expect(try queues.statistics(of: "foreign").map(\.dead) == [7])
  }

  @Test func replayingEndsThoughLettersComeBackAtOnce() throws {
    let queues = try broker.open(queue: "q")
    _ = try queues.publish((0..<250).map { Message(Array("\($0)".utf8)) }, to: "q")
    let consumer = try queues.consumer(prefetch: 250)
    while try queues.statistics(of: "q")[0].dead < 250 {
      _ = try consumer.settle(
        try consumer.receiveNow(250).map { Settlement($0.receipt, .deadLetter(reason: "bad")) })
    }
    consumer.close()
    let end = Deadline.after(.seconds(20))
    let worker = BackgroundTask { [broker] in
      let consumer = try broker.open().consumer(prefetch: 250)
      while !end.isPassed {
        let deliveries = try consumer.receive(250, until: .after(.milliseconds(100)))
        _ = try consumer.settle(
          deliveries.map { Settlement($0.receipt, .deadLetter(reason: "bad")) })
      }
      consumer.close()
    }
    let store = try #require(queues.deadLetters)
    // A busy broker may hand a few out twice; without an end they are replayed for as long as somebody
    // works on them.
    for _ in 0..<3 { #expect(try store.replay(of: "q", DeadLetterFilter()) < 500) }
    try worker.finish()
  }

  @Test func aTemporaryQueueExpiresByItself() throws {
    let queues = try broker.open(queue: "answers", QueueSettings(isTemporary: true))
    try queues.publish(texts: "a", to: "answers")
    #expect(try queues.consumer("answers").receiveNow().map(\.text) == ["a"])
    let made = try broker.api("GET", "queues/VHOST?columns=name,arguments")
    #expect(made.contains(#""x-expires":60000"#))
    // With nothing beside it that would stay.
    #expect(!made.contains("answers:"))
    #expect(!(try broker.api("GET", "exchanges/VHOST?columns=name")).contains("answers"))
    try queues.delete("answers")
    #expect(try queues.queues() == [])
  }
}
