import Foundation
import TestSupport
import Testing

/// What is RabbitMQ's own in `nb queue` as scripts use it: brokers that are killed, jobs that are long.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct RabbitMQWorkerTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  /// A profile `@mq` for a virtual host of the test's own on the run's broker, or another one.
  private func profile(on server: TestServer, _ settings: String = "") throws {
    let virtualHost = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
    try server.create(database: virtualHost)
    let text = """
      [profile.mq]
      broker_url = "amqp://127.0.0.1:\(server.port)/\(virtualHost)"
      user = "nb"
      password = "env:BROKER_PASSWORD"
      \(settings)
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: fixture.directory.file("nb.toml")))
  }

  private let environment = ["BROKER_PASSWORD": "nb-secret"]

  @discardableResult
  private func nb(_ words: String..., input: String = "") throws -> NB.Result {
    try NB.run(
      words, input: Data(input.utf8), environment: environment, in: fixture.directory)
  }

  private func ok(_ words: String..., input: String = "") throws -> String {
    let result = try NB.run(
      words, input: Data(input.utf8), environment: environment, in: fixture.directory)
    try #require(result.status == 0, "\(words): \(result.errors)")
    return result.output
  }

  private func start(_ words: String...) throws -> RunningNB {
    try NB.start(words, environment: environment, in: fixture.directory)
  }

  private func lines(_ file: String) -> [String] {
    let text = (try? String(contentsOfFile: fixture.directory.file(file), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// A queue that outlives its broker's sudden death: RabbitMQ 3.10 forgets, when it is killed, where the
  /// log of a quorum queue is that was made within the last moments, and nothing tells when it is safe.
  private func makeLastingQueue() throws {
    _ = try ok("queue", "create", "@mq", "q")
    Thread.sleep(forTimeInterval: 5)
  }

  private func ready() throws -> Int {
    Int(try ok("queue", "stats", "@mq", "q").split(separator: "\t")[2]) ?? -1
  }

  // MARK: -

  @Test func aJobLongerThanTheHeartbeatIsDoneOnce() throws {
    try profile(on: try TestServers.rabbitmq, "heartbeat = 1")
    _ = try ok("queue", "create", "@mq", "q")
    _ = try ok("queue", "publish", "@mq", "q", "long")
    let result = try nb(
      "queue", "consume", "@mq", "q", "--drain", "--exec", "sh", "-c", "echo ran >> ran; sleep 6")
    #expect(result.status == 0, "\(result.errors)")
    #expect(lines("ran") == ["ran"])
    #expect(try ready() == 0)
  }

  @Test func theQueueForAReplyGoesWithACallThatIsInterrupted() throws {
    let server = try TestServers.rabbitmq
    let port = try server.setting("management_port")
    try profile(on: server, "management = \"http://127.0.0.1:\(port)\"")
    _ = try ok("queue", "create", "@mq", "q")
    let call = try start("queue", "call", "@mq", "q", "question")
    try call.wait(seconds: 30) { (try? ok("queue", "list", "@mq"))?.contains("reply-") == true }
    call.send(SIGINT)
    #expect(try call.finish(within: 30).signal == SIGINT)
    #expect(try ok("queue", "list", "@mq").contains("reply-") == false)
  }

  /// A busy broker says that a queue is empty before it sends the rest of it, of 700 messages in one to
  /// two of ten times.
  @Test func aQueueOfABusyBrokerIsDrainedToItsEnd() throws {
    try profile(on: try TestServers.rabbitmq)
    let input = (0..<700).map { "\($0)\n" }.joined()
    let tasks = ["a", "b", "c"].map { queue in
      BackgroundTask {
        _ = try ok("queue", "create", "@mq", queue)
        for _ in 0..<30 {
          _ = try ok("queue", "publish", "@mq", queue, "--each", "line", input: input)
          let got = try ok(
            "queue", "consume", "@mq", queue, "--drain", "-o", "raw", "--end", "line")
          try #require(got == input)
        }
      }
    }
    for task in tasks { try task.finish() }
  }

  // MARK: - Brokers that are killed

  @Test func aBrokerKilledWhileMessagesArePublishedLosesNoneThatItAccepted() throws {
    let server = try TestServers.start(.rabbitmq)
    try profile(on: server, "heartbeat = 2")
    try makeLastingQueue()
    let publisher = try start(
      "queue", "publish", "@mq", "q", "--each", "line", "--results", "-o", "ndjson")
    var sent = 0
    while publisher.output.split(separator: "\n").count < 3000, publisher.isRunning {
      try publisher.write((0..<200).map { "\(sent + $0)\n" }.joined())
      sent += 200
    }
    try server.kill()
    // More input, until it notices.
    while publisher.isRunning { try? publisher.write("late\n") }
    let result = try publisher.finish(within: 60)
    #expect(result.status == 75, "\(result.errors)")
    let accepted = result.output.split(separator: "\n").filter { $0.contains("\"accepted\"") }.count
    #expect(accepted >= 3000)
    try server.start()
    var got = ""
    for _ in 0..<30 where got.isEmpty {
      got = try nb("queue", "consume", "@mq", "q", "--drain", "-o", "raw", "--end", "line").output
    }
    let texts = got.split(separator: "\n").map(String.init)
    // They were accepted in their order.
    #expect(Set((0..<accepted).map(String.init)).subtracting(texts).isEmpty)
    #expect(texts.filter { $0 != "late" }.count == Set(texts).subtracting(["late"]).count)
  }

  @Test func aBrokerKilledWhileMessagesAreWorkedOffLosesNone() throws {
    let server = try TestServers.start(.rabbitmq)
    try profile(on: server, "heartbeat = 2")
    try makeLastingQueue()
    let input = (0..<120).map { "\($0)\n" }.joined()
    _ = try ok("queue", "publish", "@mq", "q", "--each", "line", input: input)
    let worker = try start(
      "queue", "consume", "@mq", "q", "-j", "2", "--exec", "sh", "-c", "echo \"$(cat)\" >> ran")
    try worker.wait(seconds: 60) { lines("ran").count >= 20 }
    try server.kill()
    try server.start()
    try worker.wait(seconds: 180) { Set(lines("ran")).count == 120 }
    worker.send(SIGTERM)
    #expect(try worker.finish(within: 60).status == 0)
    // At most what was held when it was killed came twice, and what was acknowledged just before.
    #expect(lines("ran").count <= 120 + 8)
    #expect(try ready() == 0)
  }

  @Test func aRecordingGoesOnWhenTheBrokerIsBack() throws {
    let server = try TestServers.start(.rabbitmq)
    try profile(on: server, "heartbeat = 2")
    try makeLastingQueue()
    let recording = try start("queue", "record", "@mq", "q", "traffic.ndjson")
    func publishUntilRecorded(_ text: String) throws {
      try recording.wait(seconds: 120) {
        _ = try? nb("queue", "publish", "@mq", "q", text)
        return lines("traffic.ndjson").contains { $0.contains("\"\(text)\"") }
          || !recording.isRunning
      }
    }
    try publishUntilRecorded("before")
    try server.kill()
    try server.start()
    try publishUntilRecorded("after")
    recording.send(SIGTERM)
    let result = try recording.finish(within: 60)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("what is published meanwhile is missed"))
    #expect(lines("traffic.ndjson").contains { $0.contains("\"after\"") })
  }

  @Test func aBrokerShortOfMemoryIsWaitedForAndSaid() throws {
    let server = try TestServers.start(.rabbitmq)
    try profile(on: server)
    _ = try ok("queue", "create", "@mq", "q")
    try server.sql("set_vm_memory_high_watermark 0.000001")
    // The broker looks at its memory once a second; a connection is held up from its next message on.
    let publisher = try start("queue", "publish", "@mq", "q", "--each", "line")
    var sent = 0
    try publisher.wait(seconds: 60) {
      sent += 1
      try? publisher.write("\(sent)\n")
      return publisher.errors.contains("takes no messages for now")
    }
    #expect(publisher.isRunning)
    try server.sql("set_vm_memory_high_watermark 0.9")
    #expect(try publisher.finish(within: 60).status == 0)
    #expect(try ready() == sent)
  }
}
