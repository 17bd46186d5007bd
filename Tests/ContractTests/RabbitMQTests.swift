import AdapterCore
import Foundation
import TestSupport
import Testing

/// What is RabbitMQ's own: exchanges, queues of others, arguments, and how it counts.
@Suite(.needsServers) struct RabbitMQTests {
  private let broker: RabbitMQBroker

  init() throws { broker = try RabbitMQBroker() }

  private func message(_ text: String, key: String? = nil) -> Message {
    var message = Message(Array(text.utf8))
    message.routingKey = key
    return message
  }

  // MARK: Routing

  @Test func anExchangeRoutesByTheKeyAndTheUnroutableIsAnErrorEach() throws {
    let queues = try broker.open(queue: "orders")
    try broker.api("POST", "bindings/VHOST/e/amq.topic/q/orders", #"{"routing_key":"eu.*"}"#)
    let outcomes = try queues.publish(
      [message("a", key: "eu.de"), message("b", key: "us.ny"), message("c", key: "eu.fr")],
      to: "amq.topic")
    #expect((try? outcomes[0].get()) != nil)
    #expect((try? outcomes[2].get()) != nil)
    let error = #expect(throws: AdapterError.self) { try outcomes[1].get() }
    #expect(error?.kind == .failed)
    #expect(error?.message.contains("NO_ROUTE") == true)
    #expect(try queues.consumer("orders").receiveNow().map(\.text) == ["a", "c"])
  }

  @Test func aQueueThatWentBehindItsExchangeIsUnroutable() throws {
    let queues = try broker.open(queue: "q")
    try queues.publish(texts: "a")
    try broker.api("DELETE", "queues/VHOST/q")
    let outcome = try queues.publish([message("b")], to: "q")[0]
    #expect(throws: AdapterError.self) { try outcome.get() }
  }

  @Test(arguments: ["q:dead", "q:in", "q:groups", "q:group:g", "nb.delay.1"])
  func whatIsKeptBesideAQueueIsNoQueue(_ name: String) throws {
    let queues = try broker.open(queue: "q")
    for call in [{ try queues.create(name, QueueSettings()) }, { try queues.delete(name) }] {
      let error = #expect(throws: AdapterError.self) { try call() }
      #expect(error?.kind == .usage)
    }
  }

  @Test func queuesOfAnyNameAreListedWithTheirFigures() throws {
    let queues = try broker.open()
    let names = ["a b", "a+b", "a/b?c#d%", "ä"]
    for name in names {
      let path = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      try broker.api("PUT", "queues/VHOST/" + path, #"{"durable":true}"#)
      try queues.publish(texts: "1", to: name)
    }
    #expect(try queues.queues() == names.sorted())
    for name in names { #expect(try queues.statistics(of: name).map(\.ready) == [1]) }
  }

  @Test func aQueueOfAnotherProgramIsPublishedToAndConsumed() throws {
    try broker.api("PUT", "queues/VHOST/foreign", #"{"durable":true}"#)
    let queues = try broker.open()
    try queues.publish(texts: "a", "b", to: "foreign")
    // It is there: nothing is made beside it.
    try queues.create("foreign", QueueSettings())
    #expect(try queues.queues() == ["foreign"])
    let consumer = try queues.consumer("foreign")
    let deliveries = try consumer.receiveNow()
    #expect(deliveries.map(\.text) == ["a", "b"])
    // Retries and dead letters need no more than the queue.
    let settled = try consumer.settle([
      Settlement(deliveries[0].receipt, .retry(after: .milliseconds(50))),
      Settlement(deliveries[1].receipt, .deadLetter(reason: "bad")),
    ])
    #expect(settled == [true, true])
    #expect(try consumer.receive(1, until: .after(.seconds(10))).map(\.attempt) == [2])
    #expect(try queues.statistics(of: "foreign").map(\.dead) == [1])
    let tapping = try #require(queues.tapping)
    let error = #expect(throws: AdapterError.self) { try tapping.makeTap(of: "foreign") }
    #expect(error?.kind == .unavailable)
  }

  @Test func arguedOverArgumentsAreAConflict() throws {
    try broker.api("PUT", "queues/VHOST/foreign", #"{"durable":true}"#)
    let queues = try broker.open()
    let error = #expect(throws: AdapterError.self) {
      try queues.create("foreign", QueueSettings(timeToLive: .seconds(5)))
    }
    #expect(error?.kind == .conflict)
    #expect(error?.code == "406")
    // The connection goes on.
    try queues.publish(texts: "a", to: "foreign")
  }

  @Test func prioritiesAreRefusedWhereTheyWouldBeIgnored() throws {
    let queues = try broker.open(queue: "quorum")
    try queues.create("classic", QueueSettings(highestPriority: 5))
    var urgent = message("urgent")
    urgent.priority = 5
    _ = try queues.publish([urgent], to: "classic").map { try $0.get() }
    let error = #expect(throws: AdapterError.self) { try queues.publish([urgent], to: "quorum") }
    #expect(error?.kind == .unavailable)
    #expect(error?.message.contains("priority") == true)
  }

  @Test func aDelayTogetherWithAKeyIsRefused() throws {
    let queues = try broker.open(queue: "q")
    var late = message("late", key: "k")
    late.delay = .seconds(1)
    let error = #expect(throws: AdapterError.self) { try queues.publish([late], to: "q") }
    #expect(error?.kind == .unavailable)
    late.routingKey = nil
    late.delay = .seconds(100 * 86_400)
    let tooLate = #expect(throws: AdapterError.self) { try queues.publish([late], to: "q") }
    #expect(tooLate?.kind == .usage)
  }

  // MARK: Counting

  @Test func aMessageThatCameBackWithItsConnectionHasUsedAnAttempt() throws {
    let queues = try broker.open(queue: "q")
    try queues.publish(texts: "a")
    let lost = try broker.open()
    #expect(try lost.consumer().receiveNow().map(\.attempt) == [1])
    lost.close()
    let again = try queues.consumer().receive(1, until: .after(.seconds(10)))
    #expect(again.map(\.attempt) == [2])
  }

  @Test func theBrokerGivesUpAMessageThatKillsItsConsumersOverAndOver() throws {
    let queues = try broker.open(queue: "q")
    try queues.publish(texts: "poison")
    var deliveries = 0
    while deliveries <= 200 {
      let consumer = try queues.consumer()
      let received = try consumer.receive(1, until: .after(.seconds(5))).count
      consumer.close()
      if received == 0 { break }
      deliveries += 1
    }
    #expect((90...110).contains(deliveries))
    var letters: [DeadLetter] = []
    let deadline = Deadline.after(.seconds(30))
    // The broker moves it on its own time.
    while letters.isEmpty, !deadline.isPassed {
      try queues.deadLetters?.list(of: "q", DeadLetterFilter(), count: nil) { letters.append($0) }
    }
    #expect(letters.map { String(decoding: $0.message.body, as: UTF8.self) } == ["poison"])
    #expect(letters.first?.reason.contains("without a word") == true)
  }

  // MARK: Content

  @Test func whatOtherClientsSendIsReadAndWhatTheyNeedIsSent() throws {
    let queues = try broker.open(queue: "q")
    try broker.api(
      "POST", "exchanges/VHOST/q:in/publish",
      #"""
      {"routing_key":"q","payload":"AAEC/w==","payload_encoding":"base64","properties":{
        "content_type":"text/plain","reply_to":"answers","correlation_id":"7","timestamp":1700000000,
        "headers":{"text":"é","number":42,"flag":true}}}
      """#)
    let delivery = try #require(try queues.consumer().receiveNow().first)
    #expect(delivery.message.body == [0, 1, 2, 255])
    #expect(delivery.message.contentType == "text/plain")
    #expect(delivery.publishedAt == 1_700_000_000_000)
    let headers = Dictionary(
      uniqueKeysWithValues: delivery.message.headers.map { ($0.name, $0.value) })
    #expect(
      headers == [
        "text": "é", "number": "42", "flag": "true", "reply-to": "answers",
        "correlation-id": "7",
      ])
  }

  @Test func aThousandMessagesOfManySizesComeBackInOrder() throws {
    let queues = try broker.open(queue: "q")
    let bodies = (0..<1000).map { [UInt8](repeating: UInt8($0 % 251), count: $0 * 37 % 5000) }
    _ = try queues.publish(bodies.map { Message($0) }, to: "q").map { try $0.get() }
    let consumer = try queues.consumer()
    var received: [[UInt8]] = []
    while received.count < bodies.count {
      let deliveries = try consumer.receive(64, until: .after(.seconds(10)))
      try #require(!deliveries.isEmpty)
      received += deliveries.map(\.message.body)
      #expect(try consumer.acknowledge(deliveries).allSatisfy { $0 })
    }
    #expect(received == bodies)
    consumer.close()
    #expect(try queues.statistics(of: "q").map(\.ready) == [0])
  }

  @Test func aConsumerTakesNoMoreThanItIsAskedFor() throws {
    let queues = try broker.open(queue: "q")
    _ = try queues.publish((0..<50).map { message("\($0)") }, to: "q").map { try $0.get() }
    let consumer = try queues.consumer(prefetch: 500)
    let deliveries = try consumer.receiveNow(5)
    #expect(try consumer.acknowledge(deliveries).allSatisfy { $0 })
    consumer.close()
    // None of the others was handed out, so that none has used an attempt.
    let others = try queues.consumer().receiveNow()
    #expect(others.count == 45)
    #expect(others.allSatisfy { $0.attempt == 1 })
  }
}
