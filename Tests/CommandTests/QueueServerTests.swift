import Foundation
import TestSupport
import Testing

/// `nb queue` on the servers as scripts use it, the same on each: what becomes of messages, and what
/// does not when something is killed.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct QueueServerTests {
  enum Broker: CaseIterable { case redis, rabbitmq }

  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  /// A profile `@broker` for a part of the server that is the test's own, with a queue `q`.
  private func makeQueue(_ broker: Broker, _ flags: String...) throws {
    let own = "test-" + UUID().uuidString.lowercased()
    let address: String
    switch broker {
    case .redis:
      let server = try TestServers.redis
      address = """
        broker_url = "redis://127.0.0.1:\(server.port)"
        user = "\(server.user)"
        password = "\(server.password)"
        prefix = "\(own)"
        """
    case .rabbitmq:
      let server = try TestServers.rabbitmq
      try server.create(database: own)
      address = """
        broker_url = "amqp://127.0.0.1:\(server.port)/\(own)"
        user = "\(server.user)"
        password = "\(server.password)"
        """
    }
    let file = fixture.directory.file("nb.toml")
    try Data("[profile.broker]\n\(address)\n".utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let words = ["queue", "create", "@broker", "q"] + flags
    let result = try NB.run(words, in: fixture.directory)
    try #require(result.status == 0, "\(result.errors)")
  }

  private func publish(_ count: Int) throws {
    try fixture.ok(
      "queue", "publish", "@broker", "q", "--each", "line",
      input: (1...count).map { "\($0)\n" }.joined())
  }

  private func worker(_ words: String...) throws -> RunningNB {
    try NB.start(["queue", "consume", "@broker", "q"] + words, in: fixture.directory)
  }

  private func lines(_ file: String) -> [String] {
    let text = (try? String(contentsOfFile: fixture.directory.file(file), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  private func touch(_ file: String) throws {
    try Data().write(to: URL(fileURLWithPath: fixture.directory.file(file)))
  }

  private func ready() throws -> Int {
    Int(try fixture.ok("queue", "stats", "@broker", "q").split(separator: "\t")[2]) ?? -1
  }

  // MARK: Work

  @Test(arguments: Broker.allCases) func whatTheExitStatusMeans(_ broker: Broker) throws {
    try makeQueue(broker)
    try publish(4)
    let result = try fixture.nb(
      "queue", "consume", "@broker", "q", "--max-attempts", "2", "--backoff", "1ms", "--idle-exit",
      "2s", "--exec", "sh", "-c",
      """
      read n; echo $n >> ran; echo oops >&2
      case $n in 1) exit 0;; 2) exit 65;; 3) exit 7;; 4) kill -11 $$;; esac
      """)
    #expect(result.status == 0, "\(result.errors)")
    #expect(lines("ran").sorted() == ["1", "2", "3", "3", "4", "4"])
    let dead = try fixture.ok("queue", "dead", "list", "@broker", "q").split(separator: "\n")
    let fields = dead.map { $0.split(separator: "\t").map(String.init) }
    #expect(
      Set(fields.map { $0[2] + " " + $0[3] }) == [
        "1 the message was refused: exit status 65", "2 exit status 7", "2 killed by signal 11",
      ])
    let shown = try fixture.ok("queue", "dead", "show", "@broker", "q", fields[0][0], "-o", "json")
    #expect(shown.contains(#""output":"oops\n""#))
    #expect(try fixture.ok("queue", "dead", "replay", "@broker", "q", "--all") == "3\n")
    #expect(try ready() == 3)
  }

  @Test(arguments: Broker.allCases) func aProgramThatIsMissingBurnsNothing(_ broker: Broker) throws
  {
    try makeQueue(broker)
    try publish(3)
    let result = try fixture.nb(
      "queue", "consume", "@broker", "q", "-j", "2", "--max-attempts", "1", "--exec", "./missing")
    #expect(result.status == 66)
    #expect(result.errors.contains("cannot run "))
    #expect(try ready() == 3)
  }

  @Test(arguments: Broker.allCases) func aQueueDeletedUnderAWorkerEndsIt(_ broker: Broker) throws {
    try makeQueue(broker)
    try publish(1)
    let worker = try worker("--exec", "sh", "-c", "echo ran >> ran")
    try worker.wait { lines("ran") == ["ran"] }
    try fixture.ok("queue", "delete", "@broker", "q", "--yes")
    let result = try worker.finish(within: 30)
    #expect(result.status == 66)
    #expect(result.errors.contains("queue 'q' was deleted"))
  }

  @Test(arguments: Broker.allCases)
  func aWorkerThatIsToldToEndGivesBackWhatItHas(_ broker: Broker) throws {
    try makeQueue(broker)
    try publish(3)
    let worker = try worker(
      "--grace", "100ms", "--exec", "sh", "-c", "echo ran >> ran; exec sleep 600")
    try worker.wait { lines("ran") == ["ran"] }
    worker.send(SIGTERM)
    #expect(try worker.finish(within: 60).status == 0)
    #expect(try ready() == 3)
  }

  /// What a worker had to publish for work that is done is published after the signal too.
  @Test(arguments: Broker.allCases)
  func workThatEndsAfterTheSignalIsSettledWhole(_ broker: Broker) throws {
    try makeQueue(broker)
    try fixture.ok("queue", "create", "@broker", "failed")
    try publish(1)
    let worker = try worker(
      "--dead-letter", "failed", "--exec", "sh", "-c",
      "echo ran >> ran; while [ ! -e go ]; do sleep 0.05; done; exit 65")
    try worker.wait { lines("ran") == ["ran"] }
    worker.send(SIGTERM)
    usleep(300_000)
    try touch("go")
    #expect(try worker.finish(within: 60).status == 0)
    #expect(try ready() == 0)
    let letter = try fixture.ok(
      "queue", "consume", "@broker", "failed", "-n", "1", "--wait", "10s", "-o", "raw")
    #expect(letter == "1")
  }

  /// Letters that die again while they are replayed wait for the next time.
  @Test func replayingEndsThoughWorkGoesOnFailing() throws {
    try makeQueue(.redis)
    try publish(300)
    let worker = try worker("-j", "4", "--max-attempts", "1", "--exec", "false")
    func dead() throws -> Int {
      try fixture.ok("queue", "dead", "list", "@broker", "q").split(separator: "\n").count
    }
    try worker.wait(seconds: 60) { (try? dead()) == 300 }
    let count = try fixture.ok(
      "queue", "dead", "replay", "@broker", "q", "--all", "--timeout", "60s")
    #expect((1...300).contains(Int(count.dropLast()) ?? 0))
    worker.send(SIGTERM)
    #expect(try worker.finish(within: 60).status == 0)
  }

  /// RabbitMQ has no leases: who sleeps keeps his messages until his connection ends.
  @Test func aWorkerThatSleptPastItsLeaseAcknowledgesNothing() throws {
    try makeQueue(.redis, "--lease", "500ms")
    try publish(1)
    let slow = try worker(
      "-n", "1", "--exec", "sh", "-c", "echo slow >> ran; while [ ! -e go ]; do sleep 0.05; done")
    try slow.wait { lines("ran") == ["slow"] }
    slow.send(SIGSTOP)
    let other = try worker(
      "-n", "1", "--exec", "sh", "-c", "echo other >> ran; while [ ! -e end ]; do sleep 0.05; done")
    try other.wait { lines("ran") == ["slow", "other"] }
    try touch("go")
    slow.send(SIGCONT)
    #expect(try slow.finish().errors.contains("lost to another consumer"))
    try touch("end")
    #expect(try other.finish().status == 0)
    #expect(try ready() == 0)
  }

  @Test(arguments: Broker.allCases) func aReplyComesBack(_ broker: Broker) throws {
    try makeQueue(broker)
    let worker = try worker("-n", "1", "--reply", "--exec", "tr", "a-z", "A-Z")
    let answer = try fixture.ok("queue", "call", "@broker", "q", "hello", "--timeout", "30s")
    #expect(answer == "HELLO")
    #expect(try worker.finish(within: 30).status == 0)
  }

  @Test(arguments: Broker.allCases)
  func whoeverPipesMessagesInSeesEachAccepted(_ broker: Broker) throws {
    try makeQueue(broker)
    let publisher = try NB.start(
      ["queue", "publish", "@broker", "q", "--each", "line", "--results"], in: fixture.directory)
    for number in 1...3 {
      try publisher.write("\(number)\n")
      try publisher.wait {
        publisher.output.split(separator: "\n").count { $0.hasSuffix("accepted") } == number
      }
    }
    #expect(try publisher.finish().status == 0)
    #expect(try ready() == 3)
  }

  @Test(arguments: Broker.allCases) func aTableIsOnTheScreenBeforeItsMessagesGo(
    _ broker: Broker
  ) throws {
    try makeQueue(broker)
    try publish(3)
    let consumer = try worker("-o", "table")
    try consumer.wait { consumer.output.contains("│ 3") || consumer.output.contains("| 3") }
    consumer.send(SIGTERM)
    #expect(try consumer.finish(within: 30).output.contains("3"))
  }

  @Test(arguments: Broker.allCases) func aMissingQueueIsSaidWithoutAnyInput(
    _ broker: Broker
  ) throws {
    try makeQueue(broker)
    let published = try fixture.nb("queue", "publish", "@broker", "nope", "--each", "line")
    #expect(published.status == 66, "\(published.errors)")
    let moved = try fixture.nb("queue", "move", "@broker", "q", "@broker", "nope")
    #expect(moved.status == 66, "\(moved.errors)")
  }

  @Test(arguments: Broker.allCases) func aTapEndsWithItsQueue(_ broker: Broker) throws {
    try makeQueue(broker)
    let tap = try NB.start(["queue", "tap", "@broker", "q", "-o", "raw"], in: fixture.directory)
    try tap.wait {
      _ = try? fixture.nb("queue", "publish", "@broker", "q", "1")
      return tap.output.hasPrefix("1")
    }
    try fixture.ok("queue", "delete", "@broker", "q", "--yes")
    let result = try tap.finish(within: 30)
    #expect(result.status == 66, "\(result.errors)")
    #expect(result.errors.contains("was deleted"))
  }

  // MARK: Kills

  /// At least once: every message is worked on, and no more twice than were under way at a kill.
  @Test(arguments: Broker.allCases) func killedWorkersLoseNothing(_ broker: Broker) throws {
    switch broker {
    case .redis: try makeQueue(broker, "--lease", "1s")
    case .rabbitmq: try makeQueue(broker)
    }
    try publish(200)
    // A message of a consumer that was killed has used an attempt.
    let work = ["--max-attempts", "100", "--exec", "sh", "-c", "read n; echo $n >> ran"]
    var kills = 0
    while lines("ran").count < 150, kills < 40 {
      let words = ["queue", "consume", "@broker", "q", "-j", "2", "--prefetch", "4"] + work
      let process = try NB.start(words, in: fixture.directory)
      usleep(UInt32.random(in: 0...300_000))
      process.send(SIGKILL)
      _ = try process.finish()
      kills += 1
    }
    let last = try NB.run(
      ["queue", "consume", "@broker", "q", "-j", "4", "--idle-exit", "4s"] + work,
      in: fixture.directory)
    #expect(last.status == 0, "\(last.errors)")
    let ran = lines("ran").compactMap { Int($0) }
    #expect(Set(ran) == Set(1...200))
    #expect(ran.count - 200 <= 4 * kills)
    #expect(try ready() == 0)
  }

  /// What `publish` called accepted is there, whenever it is killed.
  @Test(arguments: Broker.allCases)
  func aKilledPublisherHasWhatItCalledAccepted(_ broker: Broker) throws {
    try makeQueue(broker)
    for round in 1...4 {
      let result = try fixture.shell(
        """
        (seq 200000; sleep 5) | nb queue publish @broker q --each line --results > results &
        publisher=$!
        sleep 0.\(round)
        kill -9 $publisher; wait $publisher
        # The last line may be cut.
        grep -c 'accepted$' results
        # What the broker has read, and not yet put into the queue.
        sleep 1
        nb queue purge @broker q --yes
        """)
      let counts = result.output.split(separator: "\n").compactMap { Int($0) }
      try #require(counts.count == 2, "\(result.errors)")
      #expect(counts[0] <= counts[1], "said \(counts[0]), kept \(counts[1])")
    }
  }
}
