import Foundation
import TestSupport
import Testing

/// `nb queue consume --exec`: what a worker does with messages, and what it does when it dies.
@Suite struct QueueWorkerTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func makeQueue(_ flags: String..., messages: Int) throws {
    _ = try NB.run(["queue", "create", "jobs.db", "q"] + flags, in: fixture.directory)
    let input = (1...messages).map { "\($0)\n" }.joined()
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: input)
  }

  private func worker(_ words: String...) throws -> RunningNB {
    try NB.start(["queue", "consume", "jobs.db", "q"] + words, in: fixture.directory)
  }

  /// Ready, delayed, in flight and dead.
  private func figures() throws -> [String] {
    try fixture.ok("queue", "stats", "jobs.db", "q").split(separator: "\t")[2...5].map(String.init)
  }

  private func lines(_ file: String) -> [String] {
    let text = (try? String(contentsOfFile: fixture.directory.file(file), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  private func touch(_ file: String) throws {
    try Data().write(to: URL(fileURLWithPath: fixture.directory.file(file)))
  }

  @Test func theProgramIsToldOfTheMessage() throws {
    try fixture.ok("queue", "create", "jobs.db", "q")
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "body", "-H", "PATH=evil", "--content-type", "a/b")
    let result = try fixture.shell(
      """
      nb queue consume jobs.db q --drain --job-timeout 1m --exec sh -c \
        'cat; echo " $NB_ID $NB_QUEUE $NB_ATTEMPT/$NB_MAX_ATTEMPTS $NB_CONTENT_TYPE ${NB_DEADLINE%%-*}"
         cat <&3; ls /proc/self/fd | wc -l'
      """)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.hasPrefix("body 1 q 1/5 a/b 2") == true)
    #expect(lines.dropFirst().first?.contains(#""headers":{"PATH":"evil"}"#) == true)
    // 0, 1, 2, 3 and the folder that ls reads; the shell's own do not count.
    #expect(lines.last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } == 5)
  }

  /// Words that come on a socket as systemd makes it.
  private func notifications(_ socket: Int32, for seconds: Double) -> [String] {
    var words: [String] = []
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        words += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
          .map(String.init)
      } else {
        usleep(5000)
      }
    }
    return words
  }

  private func notifySocket() throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = fixture.directory.file("notify")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    try #require(status == 0)
    return descriptor
  }

  @Test func theServiceManagerIsTold() throws {
    try makeQueue(messages: 2)
    let socket = try notifySocket()
    defer { close(socket) }
    let worker = try NB.start(
      [
        "queue", "consume", "jobs.db", "q", "--exec", "sh", "-c",
        "read n; [ $n = 1 ] || while ! test -e go; do sleep 0.05; done",
      ],
      environment: [
        "NOTIFY_SOCKET": fixture.directory.file("notify"), "WATCHDOG_USEC": "400000",
      ], in: fixture.directory)
    var words: [String] = []
    try worker.wait {
      words += notifications(socket, for: 0.1)
      return words.contains("STATUS=1 running, 1 done")
    }
    #expect(words.first == "READY=1")
    #expect(words.contains("WATCHDOG=1"))
    // A broker that does not answer: somebody else holds the file's lock when the work is done.
    let locker = try NB.start(
      ["db", "exec", "jobs.db", "--no-tx", "-f", "-"], in: fixture.directory)
    try locker.write("begin immediate; select 'held';")
    try locker.waitForOutput("held\n")
    try touch("go")
    try worker.wait { !notifications(socket, for: 1).contains("WATCHDOG=1") }
    try locker.closeInput()
    _ = try locker.finish()
    words = []
    try worker.wait {
      words += notifications(socket, for: 0.1)
      return words.contains("WATCHDOG=1") && words.contains("STATUS=0 running, 2 done")
    }
    worker.send(SIGTERM)
    #expect(notifications(socket, for: 0.5).contains("STOPPING=1"))
    #expect(try worker.finish().status == 0)
  }

  /// Many programs end with 0 when they are told to end, done or not.
  @Test func aProgramThatIsEndedIsNotDoneWhateverItsStatus() throws {
    try makeQueue(messages: 1)
    let program = "trap 'exit 0' TERM; echo > begun; sleep 60 & wait"
    let worker = try worker("--grace", "50ms", "--exec", "sh", "-c", program)
    try worker.wait { FileManager.default.fileExists(atPath: fixture.directory.file("begun")) }
    worker.send(SIGTERM)
    let result = try worker.finish()
    #expect(result.status == 0)
    #expect(result.errors.contains("waiting up to 0.05 s for 1 command to end"))
    #expect(try figures() == ["1", "0", "0", "0"])

    _ = try NB.run(
      [
        "queue", "consume", "jobs.db", "q", "--drain", "--max-attempts", "1", "--job-timeout",
        "100ms", "--exec", "sh", "-c", program,
      ], in: fixture.directory)
    #expect(try figures() == ["0", "0", "0", "1"])
  }

  @Test func whatAProgramHasStartedIsKilledWithIt() throws {
    try makeQueue(messages: 1)
    _ = try NB.run(
      [
        "queue", "consume", "jobs.db", "q", "--drain", "--max-attempts", "1", "--job-timeout",
        "200ms", "--exec", "sh", "-c", "(trap '' TERM; exec sleep 600) & echo $! > child; wait",
      ], in: fixture.directory)
    let child = try #require(lines("child").first.flatMap(Int32.init))
    let end = Date().addingTimeInterval(10)
    while kill(child, 0) == 0, Date() < end { usleep(5000) }
    #expect(kill(child, 0) == -1)
  }

  @Test func aProgramThatClosesItsStderrCostsNothing() throws {
    try makeQueue(messages: 1)
    let result = try fixture.shell(
      """
      TIMEFORMAT='%U %S'
      time nb queue consume jobs.db q --drain --exec sh -c 'exec 2>&-; sleep 2' 2>/dev/null
      """)
    let seconds = result.errors.split(separator: " ").compactMap {
      Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    #expect(seconds.count == 2)
    #expect(seconds.reduce(0, +) < 1)
  }

  /// Who reads nb's stderr has stopped.
  @Test func aStderrThatNobodyReadsDoesNotHoldUpTheWorker() throws {
    try makeQueue(messages: 2)
    let pipe = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: NB.path)
    process.arguments = [
      "queue", "consume", "jobs.db", "q", "--max-attempts", "1", "--job-timeout", "300ms",
      "--exec", "sh", "-c", "yes >&2",
    ]
    process.currentDirectoryURL = fixture.directory.url
    process.standardError = pipe
    try process.run()
    defer { kill(process.processIdentifier, SIGKILL) }
    let end = Date().addingTimeInterval(20)
    while try figures() != ["0", "0", "0", "2"], Date() < end { usleep(20_000) }
    #expect(try figures() == ["0", "0", "0", "2"])
    #expect(!pipe.fileHandleForReading.availableData.isEmpty)
  }

  @Test func tooFewDescriptorsMakeFewerJobs() throws {
    try makeQueue(messages: 60)
    let result = try fixture.shell(
      "ulimit -n 40; nb queue consume jobs.db q -j 60 --drain --exec sh -c 'sleep 0.1'")
    #expect(result.status == 0)
    #expect(try figures() == ["0", "0", "0", "0"])
  }

  @Test func timeoutIsForTheEndToo() throws {
    try makeQueue(messages: 1)
    let start = Date()
    let result = try NB.run(
      ["queue", "consume", "jobs.db", "q", "--timeout", "300ms", "--exec", "sleep", "60"],
      in: fixture.directory)
    #expect(result.status == 124)
    #expect(Date().timeIntervalSince(start) < 10)
    #expect(try figures() == ["1", "0", "0", "0"])
  }

  @Test func whatTheExitStatusMeans() throws {
    try makeQueue(messages: 5)
    let result = try fixture.shell(
      """
      nb queue consume jobs.db q --max-attempts 2 --backoff 1ms --idle-exit 500ms --exec sh -c '
        read n; echo "$n" >> ran
        case $n in 1) exit 0;; 2) exit 65;; 3) exit 7;; 4) kill -11 $$;; esac'
      nb queue dead list jobs.db q -o tsv | cut -f1,3,4
      """)
    #expect(
      Set(result.output.split(separator: "\n")) == [
        "2\t1\tthe message was refused: exit status 65", "3\t2\texit status 7",
        "4\t2\tkilled by signal 11",
      ])
    #expect(lines("ran").sorted() == ["1", "2", "3", "3", "4", "4", "5"])
    #expect(try figures() == ["0", "0", "0", "3"])
    #expect(result.errors.contains("2 done, 2 to be tried again, 3 dead"))
  }

  @Test(arguments: [("./missing", Int32(66)), ("./plain", 77), ("sh -c ./missing", 66)])
  func aProgramThatCannotRunBurnsNothing(_ command: String, _ status: Int32) throws {
    try makeQueue(messages: 3)
    let result = try fixture.shell(
      "echo text > plain; nb queue consume jobs.db q -j 2 --exec \(command)")
    #expect(result.status == status)
    #expect(result.errors.contains("cannot run "))
    #expect(try figures() == ["3", "0", "0", "0"])
    let peeked = try fixture.ok("queue", "peek", "jobs.db", "q", "-o", "csv", "--no-header")
    #expect(peeked.split(separator: "\n").allSatisfy { $0.split(separator: ",")[2] == "0" })
  }

  @Test func workThatTakesLongerThanTheLeaseIsDoneOnce() throws {
    try makeQueue("--lease", "500ms", messages: 1)
    let first = try worker("--idle-exit", "1s", "--exec", "sh", "-c", "echo ran >> ran; sleep 2")
    try first.wait { lines("ran").count == 1 }
    let second = try worker("--idle-exit", "3s", "--exec", "sh", "-c", "echo ran >> ran")
    #expect(try first.finish().status == 0)
    #expect(try second.finish().status == 0)
    #expect(lines("ran") == ["ran"])
    #expect(try figures() == ["0", "0", "0", "0"])
  }

  @Test func aWorkerThatSleptPastItsLeaseAcknowledgesNothing() throws {
    try makeQueue("--lease", "500ms", messages: 1)
    let slow = try worker(
      "-n", "1", "--exec", "sh", "-c", "echo slow >> ran; while [ ! -e go ]; do sleep 0.05; done")
    try slow.wait { lines("ran") == ["slow"] }
    slow.send(SIGSTOP)
    let other = try worker(
      "-n", "1", "--exec", "sh", "-c", "echo other >> ran; while [ ! -e end ]; do sleep 0.05; done")
    try other.wait { lines("ran") == ["slow", "other"] }
    // The work of the first one is done, and the message is the other one's.
    try touch("go")
    slow.send(SIGCONT)
    let end = try slow.finish()
    #expect(end.errors.contains("lost to another consumer"))
    #expect(try figures() == ["0", "0", "1", "0"])
    try touch("end")
    #expect(try other.finish().status == 0)
    #expect(try figures() == ["0", "0", "0", "0"])
  }

  @Test func sigtermLetsWorkEndAndGivesTheRestBack() throws {
    try makeQueue(messages: 5)
    let process = try worker(
      "--prefetch", "3", "--exec", "sh", "-c",
      "echo begun >> ran; while [ ! -e go ]; do sleep 0.05; done; echo ended >> ran")
    try process.wait { lines("ran") == ["begun"] }
    process.send(SIGTERM)
    usleep(300_000)
    try touch("go")
    #expect(try process.finish().status == 0)
    #expect(lines("ran") == ["begun", "ended"])
    #expect(try figures() == ["4", "0", "0", "0"])
  }

  /// What a worker had to publish for work that is done is published after the signal too.
  @Test func workThatEndsAfterTheSignalIsSettledWhole() throws {
    try makeQueue(messages: 1)
    try fixture.ok("queue", "create", "jobs.db", "failed")
    let process = try worker(
      "--dead-letter", "failed", "--exec", "sh", "-c",
      "echo begun >> ran; while [ ! -e go ]; do sleep 0.05; done; exit 65")
    try process.wait { lines("ran") == ["begun"] }
    process.send(SIGTERM)
    usleep(300_000)
    try touch("go")
    #expect(try process.finish().status == 0)
    #expect(try figures() == ["0", "0", "0", "0"])
    #expect(try fixture.ok("queue", "consume", "jobs.db", "failed", "-n", "1", "-o", "raw") == "1")
  }

  @Test func workThatOutlastsTheGraceIsEndedAndGivenBack() throws {
    try makeQueue(messages: 1)
    let process = try worker(
      "--grace", "200ms", "--exec", "sh", "-c", "echo begun >> ran; sleep 60 & wait")
    try process.wait { lines("ran") == ["begun"] }
    process.send(SIGTERM)
    #expect(try process.finish().status == 0)
    #expect(try figures() == ["1", "0", "0", "0"])
  }

  @Test func aSecondSignalKillsWhatRuns() throws {
    try makeQueue("--lease", "1s", messages: 1)
    let process = try worker("--exec", "sh", "-c", "echo $$ >> ran; sleep 60 & wait")
    try process.wait { lines("ran").count == 1 }
    let child = try #require(lines("ran").first.flatMap { Int32($0) })
    process.send(SIGTERM)
    usleep(200_000)
    process.send(SIGTERM)
    #expect(try process.finish().signal == SIGTERM)
    try process.wait { kill(child, 0) != 0 || isZombie(child) }
    let again = try worker("--idle-exit", "3s", "--exec", "sh", "-c", "echo again >> ran")
    #expect(try again.finish().status == 0)
    #expect(lines("ran").last == "again")
  }

  private func isZombie(_ process: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return status?.contains(") Z ") ?? true
  }

  @Test func aJobTimeoutEndsTheWholeGroup() throws {
    try makeQueue(messages: 1)
    let result = try fixture.shell(
      """
      nb queue consume jobs.db q --drain --job-timeout 300ms --max-attempts 1 \
        --exec sh -c 'sleep 61 & echo $! > pid; wait'
      nb queue dead list jobs.db q | cut -f3,4
      """)
    #expect(result.output == "1\ttimed out after 0.3 s\n")
    let child = try #require(lines("pid").first.flatMap { Int32($0) })
    #expect(kill(child, 0) != 0 || isZombie(child))
  }

  @Test func countAndDrainEndAWorker() throws {
    try makeQueue(messages: 7)
    _ = try fixture.shell("nb queue consume jobs.db q -n 3 -j 2 --exec sh -c 'cat >> ran'")
    #expect(lines("ran").joined().sorted() == ["1", "2", "3"])
    #expect(try figures() == ["4", "0", "0", "0"])
    _ = try fixture.shell("nb queue consume jobs.db q --drain -j 4 --exec true")
    #expect(try figures() == ["0", "0", "0", "0"])
  }

  @Test func eightWorkersShareOneQueue() throws {
    try makeQueue(messages: 400)
    let workers = try (1...8).map { _ in
      try worker("-j", "2", "--drain", "--exec", "sh", "-c", "read n; echo $n >> ran")
    }
    for worker in workers { #expect(try worker.finish().status == 0) }
    #expect(lines("ran").compactMap { Int($0) }.sorted() == Array(1...400))
  }

  /// At least once: every message is worked on, and no more twice than were under way at a kill.
  @Test func killedWorkersLoseNothing() throws {
    try makeQueue("--lease", "1s", messages: 300)
    var kills = 0
    while try figures()[0] != "0", kills < 40 {
      let process = try worker("-j", "2", "--exec", "sh", "-c", "read n; echo $n >> ran")
      usleep(UInt32.random(in: 0...150_000))
      process.send(SIGKILL)
      _ = try process.finish()
      kills += 1
    }
    // Leases of those that were killed end first.
    let last = try worker(
      "-j", "4", "--idle-exit", "3s", "--exec", "sh", "-c", "read n; echo $n >> ran")
    #expect(try last.finish().status == 0)
    let ran = lines("ran").compactMap { Int($0) }
    #expect(Set(ran) == Set(1...300))
    #expect(ran.count - 300 <= 2 * kills)
    #expect(try figures() == ["0", "0", "0", "0"])
  }

  /// What `publish` called accepted is there, whole batches at a time, whenever it is killed.
  @Test func aKilledPublisherLeavesWholeBatches() throws {
    try fixture.ok("queue", "create", "jobs.db", "q")
    for round in 1...5 {
      let result = try fixture.shell(
        """
        (seq 200000; sleep 5) | nb queue publish jobs.db q --each line --results > results &
        publisher=$!
        sleep 0.\(round)
        kill -9 $publisher; wait $publisher
        # The last line may be cut.
        grep -c 'accepted$' results
        nb queue purge jobs.db q --yes
        """)
      let counts = result.output.split(separator: "\n").compactMap { Int($0) }
      #expect(counts.count == 2)
      #expect(counts[0] <= counts[1], "said \(counts[0]), kept \(counts[1])")
    }
  }

  @Test func aFullDiskLosesNothingThatWasAccepted() throws {
    try fixture.ok("queue", "create", "jobs.db", "q")
    let result = try fixture.shell(
      """
      ulimit -f 16384
      seq 1000000 | nb queue publish jobs.db q --each line --results > results
      echo "status $?"
      ulimit -f unlimited 2>/dev/null
      tail -n 1 results | cut -f1
      """)
    #expect(result.output.contains("status 74"))
    let accepted = lines("results").count
    #expect(try figures()[0] == String(accepted))
    #expect(result.errors.contains("\(accepted) messages accepted before that"))
  }
}
