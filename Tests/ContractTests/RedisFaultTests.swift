import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// What goes wrong on the way to Redis, counted: nothing is lost, and what comes twice is known.
@Suite(.needsServers) struct RedisFaultTests {
  private let server: TestServer

  init() throws { server = try TestServers.start(.redis, tls: false) }

  private func open(
    _ server: TestServer? = nil, settings: [Target.Setting] = []
  ) throws -> any MessageQueue {
    try AdapterRegistry.openQueue(
      (server ?? self.server).redisAddress(settings: settings), .create, OperationContext())
  }

  /// Publishes numbers as texts, each under a key of its own where that is wanted.
  private func publish(
    _ numbers: Range<Int>, on broker: any MessageQueue, hasKeys: Bool = false
  ) throws {
    let messages = numbers.map { number in
      var message = Message(Array("\(number)".utf8))
      if hasKeys { message.deduplicationKey = "\(number)" }
      return message
    }
    for receipt in try broker.publish(messages, to: "q") { _ = try receipt.get() }
  }

  private func drain(_ broker: any MessageQueue) throws -> [Int] {
    let consumer = try broker.consumer()
    var numbers: [Int] = []
    while true {
      let deliveries = try consumer.receive(500, until: .after(.milliseconds(1500)))
      if deliveries.isEmpty { return numbers.sorted() }
      numbers += deliveries.compactMap { Int($0.text) }
      #expect(try consumer.acknowledge(deliveries).allSatisfy { $0 })
    }
  }

  @Test func aScriptThatTheServerForgotIsLoadedAgain() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    try publish(0..<1, on: broker)
    try server.sql("script flush")
    try publish(1..<1000, on: broker)
    try server.sql("script flush")
    #expect(try drain(broker) == Array(0..<1000))
  }

  @Test func nobodyButTheHolderSettles() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    let other = try open().consumer()
    for token in ["", "x", held[0].receipt.token + "0"] {
      let forged = DeliveryReceipt(id: held[0].receipt.id, token: token)
      #expect(try other.settle([Settlement(forged, .acknowledge)]) == [false])
      #expect(try other.extend([forged]) == [nil])
    }
    #expect(try consumer.acknowledge(held) == [true])
  }

  @Test func aServerThatIsKilledAndComesBackHasLostNothing() throws {
    // With everysec Redis may hold writes back for two seconds while the disk is busy.
    try server.sql("config set appendfsync always")
    let broker = try open()
    try broker.create("q", QueueSettings(lease: .seconds(2)))
    try publish(0..<500, on: broker)
    let consumer = try broker.consumer()
    let done = try consumer.receive(200, until: .after(.seconds(10)))
    #expect(try consumer.acknowledge(done).allSatisfy { $0 })
    let held = try consumer.receive(50, until: .after(.seconds(10)))
    try server.kill()
    try server.start()
    // Whoever held messages still does, over a new connection.
    #expect(try consumer.acknowledge(held).count { $0 } == 50)
    #expect(try drain(broker) == Array(250..<500))
  }

  /// A worker asks for messages again and again, and waits for moments only.
  @Test func aServerThatIsAwayForSecondsIsWaitedFor() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    let consumer = try broker.consumer()
    try server.kill()
    let starter = BackgroundTask { [server] in
      sleepFor(.seconds(8))
      try server.start()
    }
    #expect(throws: Never.self) { try consumer.receive(1, until: .after(.milliseconds(20))) }
    try starter.finish()
    consumer.close()
  }

  @Test func aConnectionThatTheServerEndedIsMadeAgain() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    try server.sql("client kill type normal skipme yes")
    #expect(try consumer.acknowledge(held) == [true])
    try server.sql("client kill type normal skipme yes")
    #expect(try consumer.receiveNow().isEmpty)
    #expect(try broker.statistics(of: "q").map(\.ready) == [0])
  }

  /// Whether an answer is lost before or behind the work, the message is there at most twice, and
  /// with a key once.
  @Test(arguments: [false, true])
  func anAnswerThatIsLostIsToldUnlessKeysMakeItSafe(_ hasKeys: Bool) throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    let broker = try open(proxy)
    try broker.create("q", QueueSettings())
    try publish(0..<100, on: broker, hasKeys: hasKeys)
    // The script's answer never arrives.
    try proxy.fault("cut", .down, after: 1)
    if hasKeys {
      try publish(100..<200, on: broker, hasKeys: true)
    } else {
      let error = #expect(throws: AdapterError.self) { try publish(100..<200, on: broker) }
      #expect(error?.kind == .temporary)
      #expect(error?.message.hasSuffix("cannot be known") == true)
    }
    #expect(try drain(broker) == Array(0..<200))
  }

  @Test func aSettlementWhoseAnswerIsLostCountsOnce() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    let broker = try open(proxy)
    try broker.create("q", QueueSettings())
    try publish(0..<10, on: broker)
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    try proxy.fault("cut", .down, after: 1)
    #expect(try consumer.acknowledge(held) == Array(repeating: true, count: 10))
    #expect(try drain(broker).isEmpty)
  }

  @Test func ofWhatIsUnderWayOnlyTheAnsweredCountsAsAccepted() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    let broker = try open(proxy)
    try broker.create("q", QueueSettings())
    let publisher = try broker.makePublisher(to: "q")
    try publisher.send([Message(Array("-1".utf8))])
    try publisher.finish()
    #expect(publisher.takeOutcomes().count == 1)
    // An answer for 256 messages has some 25 bytes.
    try proxy.fault("cut", .down, after: 100)
    let error = #expect(throws: AdapterError.self) {
      for call in 0..<400 {
        let numbers = (call * 256)..<((call + 1) * 256)
        try publisher.send(numbers.map { Message(Array("\($0)".utf8)) })
      }
      try publisher.finish()
    }
    #expect(error?.kind == .temporary)
    #expect(error?.details.contains { $0.contains("cannot be known") } == true)
    let accepted = publisher.takeOutcomes()
    #expect((256...1024).contains(accepted.count))
    let found = try Set(drain(open()))
    #expect(accepted.indices.allSatisfy(found.contains))
  }

  @Test func theDocumentedPermissionsAreEnoughAndFewerAreSaid() throws {
    let permissions = "+@read +@write +@connection +@scripting ~{nb:* ~nb:*"
    try server.sql("acl setuser few on >pw \(permissions)")
    try server.sql("acl setuser enough on >pw \(permissions) +time")
    func use(_ user: String) throws {
      var address = server.redisAddress()
      (address.user, address.password) = (user, Secret("pw"))
      let broker = try AdapterRegistry.openQueue(address, .create, OperationContext())
      try broker.create("q", QueueSettings())
      try broker.publish(texts: "a")
      let consumer = try broker.consumer()
      #expect(try consumer.acknowledge(try consumer.receiveNow()) == [true])
      #expect(try broker.queues() == ["q"])
      try broker.delete("q")
    }
    let error = #expect(throws: AdapterError.self) { try use("few") }
    #expect(error?.kind == .denied)
    #expect(error?.hint?.contains("+time") == true)
    try use("enough")
  }

  @Test func aStalledServerHoldsUpNobodyWhoseTimeIsOver() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    let operation = OperationContext(deadline: .after(.seconds(4)))
    let broker = try AdapterRegistry.openQueue(
      proxy.redisAddress(settings: []), .create, operation)
    try broker.create("q", QueueSettings())
    let tap = try #require(broker.tapping).makeTap(of: "q")
    try proxy.fault("stall")
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) { try tap.receive(1, until: .never) }
    #expect(error?.kind == .timeout)
    tap.close()
    #expect(MonotonicInstant.now.since(start) < .seconds(20))
    try proxy.heal()
  }

  @Test func aStalledServerHoldsUpNoConsumerThatIsToldToEnd() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    let operation = OperationContext()
    let broker = try AdapterRegistry.openQueue(
      proxy.redisAddress(settings: []), .create, operation)
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    try proxy.fault("stall")
    operation.cancellation.cancel(.signal(SIGTERM))
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) { try consumer.acknowledge(held) }
    #expect(error?.kind == .temporary)
    consumer.close()
    #expect(MonotonicInstant.now.since(start) < .seconds(9))
    try proxy.heal()
  }

  /// More than one call of the script looks at.
  @Test func whatHasExpiredHidesNothingBehindIt() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    var late = Message(Array("late".utf8))
    late.timeToLive = .milliseconds(1)
    _ = try broker.publish(Array(repeating: late, count: 1200), to: "q")
    try broker.publish(texts: "fresh")
    usleep(10_000)
    let deliveries = try broker.consumer().receive(10, until: .after(.zero))
    #expect(deliveries.map(\.text) == ["fresh"])
    #expect(try broker.statistics(of: "q")[0].dead == 1200)
  }

  @Test func aTemporaryQueueGoesByItself() throws {
    let prefix = Target.Setting(key: "prefix", value: "temporary")
    let broker = try open(settings: [prefix])
    try broker.create("q", QueueSettings(isTemporary: true))
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    #expect(try consumer.receiveNow().count == 2)
    let keys = try server.sql("keys {temporary:q}:*").split(separator: "\n")
    #expect(keys.count > 3)
    for key in keys {
      let life = try server.sql("pttl \(key)").filter { $0.isNumber || $0 == "-" }
      #expect((1...60_000).contains(Int(life) ?? -1), "\(key)")
    }
    #expect(try broker.queues().isEmpty)
  }

  @Test func aServerThatHangsEndsACommandInTime() throws {
    let broker = try open(settings: [Target.Setting(key: "read_timeout", value: "500ms")])
    try broker.create("q", QueueSettings())
    try server.pause()
    let error = #expect(throws: AdapterError.self) { try broker.publish(texts: "a") }
    try server.resume()
    #expect(error?.kind == .temporary)
    #expect(error?.message.contains("sends nothing more") == true)
  }

  @Test func aServerWithoutMemoryRefusesAndLetsConsumersMakeRoom() throws {
    let broker = try open()
    try broker.create("q", QueueSettings())
    try publish(0..<100, on: broker)
    try server.sql("config set maxmemory 1")
    let error = #expect(throws: AdapterError.self) { try publish(100..<101, on: broker) }
    #expect(error?.kind == .temporary)
    #expect(error?.code == "OOM")
    #expect(try drain(broker) == Array(0..<100))
  }

  /// The queue's slot goes from node to node, key by key, while it is published to and consumed.
  @Test func aSlotThatMovesLosesNothing() throws {
    let cluster = try TestServers.start(.redisCluster)
    let address = cluster.redisAddress()
    let broker = try AdapterRegistry.openQueue(address, .create, OperationContext())
    try broker.create("q", QueueSettings())
    let publisher = BackgroundTask {
      let broker = try AdapterRegistry.openQueue(address, .create, OperationContext())
      for number in 0..<300 { try publish(number..<(number + 1), on: broker, hasKeys: true) }
    }
    let ports = try cluster.ports
    for target in ports { try move("{nb:q}", to: target, of: cluster) }
    try publisher.finish()
    #expect(try drain(broker) == Array(0..<300))
  }

  private func move(_ key: String, to target: Int, of cluster: TestServer) throws {
    func say(_ port: Int, _ command: String) throws -> String {
      try cluster.sql(command, database: "\(port)").trimmingCharacters(in: .newlines)
    }
    let slot = try say(target, "cluster keyslot \(key)")
    let targetID = try say(target, "cluster myid")
    for source in try cluster.ports where source != target {
      let sourceID = try say(source, "cluster myid")
      let own = try say(source, "cluster nodes").split(separator: "\n").first {
        $0.contains("myself")
      }
      guard let own, covers(own, Int(slot) ?? 0) else { continue }
      _ = try say(target, "cluster setslot \(slot) importing \(sourceID)")
      _ = try say(source, "cluster setslot \(slot) migrating \(targetID)")
      while true {
        let keys = try say(source, "cluster getkeysinslot \(slot) 2").split(separator: "\n")
        if keys.isEmpty { break }
        for key in keys {
          let login = "auth2 \(cluster.user) \(cluster.password)"
          _ = try say(source, "migrate 127.0.0.1 \(target) \"\(key)\" 0 5000 \(login)")
        }
      }
      for port in [target, source] + (try cluster.ports.filter { $0 != target && $0 != source }) {
        _ = try say(port, "cluster setslot \(slot) node \(targetID)")
      }
      return
    }
  }

  /// Whether a line of CLUSTER NODES has the slot: its ranges stand behind the eighth word.
  private func covers(_ line: Substring, _ slot: Int) -> Bool {
    line.split(separator: " ").dropFirst(8).contains { range in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      return ends.first.map { $0 <= slot && slot <= (ends.last ?? $0) } ?? false
    }
  }
}
