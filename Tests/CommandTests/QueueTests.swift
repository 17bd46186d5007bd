import Foundation
import TestSupport
import Testing

/// Publishing, consuming and looking after queues in a file.
@Suite struct QueueTests {
  private func fixture(_ queues: String...) throws -> Fixture {
    let fixture = try Fixture()
    for queue in queues { try fixture.ok("queue", "create", "jobs.db", queue) }
    return fixture
  }

  // MARK: Bytes

  @Test func aMessageIsByteForByte() throws {
    let fixture = try fixture("q")
    let bytes = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    for data in [Data(), Data([0]), Data([0xFF, 0x0A, 0x00, 0x0A]), bytes] {
      let published = try NB.run(
        ["queue", "publish", "jobs.db", "q"], input: data, in: fixture.directory)
      #expect(published.status == 0)
      #expect(published.output.isEmpty)
      let consumed = try NB.run(
        ["queue", "consume", "jobs.db", "q", "-n", "1", "-o", "raw"], in: fixture.directory)
      #expect(consumed.status == 0)
      #expect(consumed.stdout == data)
    }
  }

  @Test(arguments: ["line", "nul", "ndjson"])
  func manyMessagesOfOneInput(_ division: String) throws {
    let fixture = try fixture("q")
    let inputs = [
      "line": "a\n\n  b \nlast", "nul": "a\0\0  b \0last",
      "ndjson": """
      {"body": "a"}

      {"body": ""}
      {"body": "  b "}
      {"body": "last"}
      """,
    ]
    let input = try #require(inputs[division])
    let results = try fixture.ok(
      "queue", "publish", "jobs.db", "q", "--each", division, "--results", input: input)
    #expect(results == "1\t1\taccepted\n2\t2\taccepted\n3\t3\taccepted\n4\t4\taccepted\n")
    let bodies = try fixture.ok(
      "queue", "consume", "jobs.db", "q", "--drain", "-o", "raw", "--end", "nul")
    #expect(bodies == "a\0\0  b \0last\0")
  }

  @Test func whatConsumePrintsCanBePublishedAgain() throws {
    let fixture = try fixture("q", "r")
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "text é", "-H", "a=1", "-H", "b=x=y",
      "--content-type", "text/plain", "--priority", "3", "--group", "g")
    _ = try NB.run(
      ["queue", "publish", "jobs.db", "q"], input: Data([0xFF, 0, 0x80]), in: fixture.directory)
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "--each", "ndjson", input: #"{"body": {"n": 1.50}}"#)
    let first = try fixture.ok("queue", "consume", "jobs.db", "q", "--drain")
    try fixture.ok("queue", "publish", "jobs.db", "r", "--each", "ndjson", input: first)
    let second = try fixture.ok("queue", "consume", "jobs.db", "r", "--drain")
    let essence = { (text: String) in
      text.split(separator: "\n").map { line in
        line.drop { $0 != "c" }.split(separator: #","content_type""#).last ?? ""
      }
    }
    #expect(essence(first) == essence(second))
    #expect(first.contains(#""headers":{"a":"1","b":"x=y"}"#))
    #expect(first.contains(#""encoding":"base64","body":"/wCA""#))
    #expect(first.contains(#""body":"{\"n\":1.50}""#))
    #expect(first.contains(#""content_type":"application/json""#))
  }

  /// `--header` is a message's here, and a table's elsewhere.
  @Test func headersOfMessagesAreNoneOfTables() throws {
    let fixture = try fixture("q")
    for value in ["false", "true"] {
      let results = try fixture.ok(
        "queue", "publish", "jobs.db", "q", "x", "--header", "a=\(value)", "--results", "-o", "csv")
      #expect(results.hasPrefix("number,id,result\n1,"))
    }
  }

  // MARK: Bad input

  @Test(arguments: [
    (#"{"body": 1"#, "this is no JSON"), ("[1]", "this is no JSON object"),
    (#"{"bdy": "x", "body": ""}"#, "unknown key 'bdy'"), ("{}", "no 'body'"),
    (#"{"body": "%", "encoding": "base64"}"#, "no base64"),
    (#"{"body": "", "delay": "soon"}"#, "'delay' is a duration"),
    (#"{"body": "", "headers": {"a": 1}}"#, "'a' must be a string"),
  ])
  func aMalformedRecordIsNamedByItsLine(_ record: String, _ message: String) throws {
    let fixture = try fixture("q")
    let result = try fixture.nb(
      "queue", "publish", "jobs.db", "q", "--each", "ndjson",
      input: #"{"body": "fine"}"# + "\n\(record)\n")
    #expect(result.status == 65)
    #expect(result.errors.contains("stdin:2: "))
    #expect(result.errors.contains(message))
    #expect(result.errors.contains("1 message accepted before that"))
    #expect(try fixture.ok("queue", "peek", "jobs.db", "q", "-o", "raw") == "fine")
  }

  @Test func aQueueThatIsNotThereIsNamed() throws {
    let fixture = try fixture("mail")
    for words in [
      ["publish", "jobs.db", "mial", "x"], ["consume", "jobs.db", "mial"],
      ["peek", "jobs.db", "mial"], ["stats", "jobs.db", "mial"],
      ["purge", "jobs.db", "mial", "--yes"], ["delete", "jobs.db", "mial", "--yes"],
      ["dead", "list", "jobs.db", "mial"],
    ] {
      let result = try NB.run(["queue"] + words, in: fixture.directory)
      #expect(result.status == 66, "\(words)")
      #expect(result.errors.contains("there is no queue 'mial'"), "\(words)")
      #expect(result.errors.contains("did you mean 'mail'?"), "\(words)")
    }
    #expect(try fixture.nb("queue", "publish", "none.db", "mail", "x").status == 66)
    #expect(try fixture.nb("queue", "list", "none.db").status == 66)
  }

  @Test(arguments: [
    ["publish", "jobs.db", "q", "x", "--routing-key", "a.b"],
    ["publish", "jobs.db", "q", "--each", "ndjson"],
  ])
  func whatTheBrokerCannotDoIsRefused(_ words: [String]) throws {
    let fixture = try fixture("q")
    let result = try NB.run(
      ["queue"] + words, input: Data(#"{"body": "", "routing_key": "a.b"}"#.utf8),
      in: fixture.directory)
    #expect(result.status == 69)
    #expect(result.errors.contains("does not support routing"))
    #expect(try fixture.ok("queue", "peek", "jobs.db", "q").isEmpty)
  }

  @Test(arguments: [
    ["publish", "jobs.db", "q", "x", "-f", "y"],
    ["publish", "jobs.db", "q", "x", "--each", "line"],
    ["publish", "jobs.db", "q", "x", "--header", "novalue"],
    ["publish", "jobs.db", "q", "x", "--header", "a=1", "--header", "a=2"],
    ["publish", "jobs.db", "a/b", "x", "--create"], ["publish", "jobs.db", "", "x"],
    ["publish", "jobs.db", "q", "x", "--priority", "10"],
    ["consume", "jobs.db", "q", "--jobs", "2"], ["consume", "jobs.db", "q", "--exec"],
    ["consume", "jobs.db", "q", "--ack", "none", "--exec", "true"],
    ["consume", "jobs.db", "q", "--end", "nul"],
    ["purge", "jobs.db", "q"], ["delete", "jobs.db", "q"], ["dead", "purge", "jobs.db", "q"],
    ["dead", "purge", "jobs.db", "q", "--all"], ["dead", "replay", "jobs.db", "q"],
    ["dead", "replay", "jobs.db", "q", "1", "--all"],
    ["dead", "purge", "jobs.db", "q", "--older-than", "90", "--yes"],
  ])
  func aLineThatMakesNoSenseIsRefused(_ words: [String]) throws {
    let fixture = try fixture("q")
    let result = try NB.run(["queue"] + words, in: fixture.directory)
    #expect(result.status == 2, "\(result.errors)")
    #expect(!result.errors.isEmpty)
  }

  @Test func aDatabaseThatIsNoQueueIsLeftAlone() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(try fixture.nb("queue", "publish", "app.db", "q", "x").status == 66)
    #expect(try fixture.ok("queue", "list", "app.db").isEmpty)
    try "no database at all, but long enough".write(
      toFile: fixture.directory.file("text"), atomically: true, encoding: .utf8)
    #expect(try fixture.nb("queue", "list", "text").status == 65)
    #expect(try fixture.nb("queue", "publish", ":memory:", "q", "x").status == 69)
  }

  // MARK: Consuming

  @Test func acknowledgementSaysWhatIsGone() throws {
    let fixture = try fixture("q")
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: "a\nb\nc\n")
    let consume = { (flags: [String]) in
      try NB.run(
        ["queue", "consume", "jobs.db", "q", "-o", "raw", "--end", "line"] + flags,
        in: fixture.directory
      ).output
    }
    #expect(try consume(["--ack", "none", "--drain"]) == "a\nb\nc\n")
    #expect(try consume(["-n", "1"]) == "a\n")
    #expect(try consume(["--ack", "auto", "-n", "1"]) == "b\n")
    #expect(try consume(["--drain"]) == "c\n")
    #expect(try consume(["--drain"]) == "")
  }

  @Test func waitingForAMessageEnds() throws {
    let fixture = try fixture("q")
    let none = try fixture.nb("queue", "consume", "jobs.db", "q", "--wait", "200ms")
    #expect(none.status == 66)
    #expect(none.errors.contains("no message came within 0.2 s"))
    #expect(try fixture.nb("queue", "consume", "jobs.db", "q", "--idle-exit", "200ms").status == 0)
    #expect(try fixture.nb("queue", "consume", "jobs.db", "q", "--timeout", "200ms").status == 124)
  }

  @Test func aMessageThatKillsItsConsumersIsGivenUp() throws {
    let fixture = try Fixture()
    try fixture.ok("queue", "create", "jobs.db", "q", "--lease", "100ms")
    try fixture.ok("queue", "publish", "jobs.db", "q", "poison")
    let bash = """
      for i in 1 2; do
        nb queue consume jobs.db q --max-attempts 2 --exec sh -c 'kill -9 $PPID; sleep 5' 
        sleep 0.2
      done
      nb queue consume jobs.db q --max-attempts 2 --drain --exec cat
      nb queue dead list jobs.db q | cut -f3,4
      """
    let result = try fixture.shell(bash)
    #expect(
      result.output == "3\t2 attempts ended without a word: a crash, or longer than the lease\n")
  }

  @Test func signalsStopAConsumerAndNothingIsLost() throws {
    let fixture = try fixture("q")
    try fixture.ok("queue", "publish", "jobs.db", "q", "first")
    let consumer = try NB.start(
      ["queue", "consume", "jobs.db", "q", "-o", "raw"], in: fixture.directory)
    try consumer.waitForOutput("first")
    consumer.send(SIGINT)
    let end = try consumer.finish()
    #expect(end.signal == SIGINT)
    try fixture.ok("queue", "publish", "jobs.db", "q", "second")
    #expect(try fixture.ok("queue", "consume", "jobs.db", "q", "--drain", "-o", "raw") == "second")
  }

  // MARK: Moving

  @Test func messagesMoveWithAllThatTheyCarry() throws {
    let fixture = try fixture("q")
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "--each", "line", "-H", "a=1", "--priority", "2", "--key",
      "k", input: "one\n")
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "--each", "line",
      input: (1...1200).map { "\($0)\n" }.joined())
    let there = try fixture.nb("queue", "move", "jobs.db", "q", "other.db", "r")
    #expect(there.status == 66)
    #expect(
      try fixture.ok("queue", "move", "jobs.db", "q", "other.db", "r", "-n", "2", "--create")
        == "2\n")
    #expect(try fixture.ok("queue", "move", "jobs.db", "q", "other.db", "r") == "1199\n")
    #expect(try fixture.ok("queue", "stats", "jobs.db", "q").hasPrefix("q\t\\N\t0\t0\t0\t0"))
    let moved = try fixture.ok("queue", "consume", "other.db", "r", "-n", "1")
    #expect(moved.contains(#""headers":{"a":"1"},"priority":2"#))
    #expect(moved.contains(#""body":"one""#))
    let rest = try fixture.ok(
      "queue", "consume", "other.db", "r", "--drain", "-o", "raw", "--end", "line")
    #expect(rest == (1...1200).map { "\($0)\n" }.joined())
    #expect(try fixture.nb("queue", "move", "jobs.db", "q", "./jobs.db", "q").status == 2)
  }

  // MARK: Listening and asking

  @Test func aTapGetsCopiesAndAReplayPublishesThemAgain() throws {
    let fixture = try fixture("q", "r")
    try fixture.ok("queue", "publish", "jobs.db", "q", "before")
    let tap = try NB.start(
      ["queue", "tap", "jobs.db", "q", "-n", "2"], in: fixture.directory)
    // It has begun when it is a group of the queue.
    try waitForTap(tap, fixture)
    try fixture.ok("queue", "publish", "jobs.db", "q", "first", "-H", "a=1")
    usleep(700_000)
    try fixture.ok("queue", "publish", "jobs.db", "q", "second")
    let kept = try tap.finish()
    #expect(kept.status == 0)
    #expect(kept.output.split(separator: "\n").count == 2)
    // It leaves no trace, and took nothing.
    #expect(try fixture.ok("queue", "stats", "jobs.db").split(separator: "\n").count == 2)
    #expect(
      try fixture.ok("queue", "consume", "jobs.db", "q", "--drain", "-o", "raw", "--end", "line")
        == "before\nfirst\nsecond\n")
    #expect(
      try fixture.ok("db", "query", "jobs.db", "select count(*) from nb_queue_message") == "0\n")

    let start = Date()
    try fixture.ok("queue", "replay", "jobs.db", "r", "-", "--speed", "2", input: kept.output)
    #expect(Date().timeIntervalSince(start) >= 0.3)
    try fixture.ok("queue", "replay", "jobs.db", "r", "-", "--speed", "0", input: kept.output)
    let again = try fixture.ok("queue", "consume", "jobs.db", "r", "--drain")
    #expect(again.split(separator: "\n").count == 4)
    #expect(again.contains(#""headers":{"a":"1"}"#))
  }

  @Test func aSlowReaderKeepsItsMessages() throws {
    let fixture = try fixture()
    try fixture.ok("queue", "create", "jobs.db", "q", "--lease", "1s")
    let line = String(repeating: "x", count: 60_000)
    try fixture.ok(
      "queue", "publish", "jobs.db", "q", "--each", "line",
      input: String(repeating: line + "\n", count: 150))
    let result = try fixture.shell(
      """
      nb queue consume jobs.db q -n 150 --prefetch 150 -o raw |
        { for i in $(seq 30); do head -c 300000 >/dev/null; sleep 0.1; done; cat >/dev/null; }
      """)
    #expect(result.errors.isEmpty)
    #expect(
      try fixture.ok("queue", "stats", "jobs.db", "q", "-o", "csv", "--no-header")
        == "q,,0,0,0,0,,\n")
  }

  @Test func deadLettersThatAreNamedMustBeThere() throws {
    let fixture = try fixture("q")
    for verb in [["replay"], ["purge", "--yes"]] {
      let result = try NB.run(
        ["queue", "dead"] + verb + ["jobs.db", "q", "99"], in: fixture.directory)
      #expect(result.status == 66)
      #expect(result.errors.contains("queue 'q' has no dead letter '99'"))
    }
  }

  @Test(arguments: ["10", "-1", "1.5"]) func prioritiesOfRecordsAreChecked(_ priority: String)
    throws
  {
    let fixture = try fixture("q")
    let result = try NB.run(
      ["queue", "publish", "jobs.db", "q", "--each", "ndjson"],
      input: Data("{\"body\":\"x\",\"priority\":\(priority)}\n".utf8), in: fixture.directory)
    #expect(result.status == 65)
    #expect(result.errors.contains("'priority' is a whole number from 0 to 9"))
  }

  @Test func aLeaseOfNothingIsRefused() throws {
    let fixture = try fixture("q")
    #expect(try fixture.nb("queue", "consume", "jobs.db", "q", "--lease", "0s").status == 2)
  }

  private func waitForTap(_ tap: RunningNB, _ fixture: Fixture) throws {
    try tap.wait {
      (try? fixture.ok(
        "db", "query", "jobs.db", "select count(*) from nb_queue_group where name like 'tap-%'"))
        == "1\n"
    }
  }

  @Test func aRecordingIsAFileThatReplays() throws {
    let fixture = try fixture("q", "r")
    let first = try NB.start(
      ["queue", "record", "jobs.db", "q", "kept.ndjson", "-n", "2"], in: fixture.directory)
    try waitForTap(first, fixture)
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: "one\ntwo\n")
    #expect(try first.finish().status == 0)
    let refused = try fixture.nb("queue", "record", "jobs.db", "q", "kept.ndjson")
    #expect(refused.status == 73)
    #expect(refused.errors.contains("--append"))

    // As if the machine had died while a record was written.
    _ = try fixture.shell("printf '{\"id\":\"9\",\"body\":\"cut' >> kept.ndjson")
    let second = try NB.start(
      ["queue", "record", "jobs.db", "q", "kept.ndjson", "--append"], in: fixture.directory)
    try waitForTap(second, fixture)
    try fixture.ok("queue", "publish", "jobs.db", "q", "three")
    try second.wait { (try? fixture.directory.read("kept.ndjson").contains("three")) ?? false }
    second.send(SIGTERM)
    #expect(try second.finish().status == 0)
    try fixture.ok("queue", "replay", "jobs.db", "r", "kept.ndjson", "--speed", "0")
    #expect(
      try fixture.ok("queue", "consume", "jobs.db", "r", "--drain", "-o", "raw", "--end", "line")
        == "one\ntwo\nthree\n")
    #expect(
      try fixture.ok("queue", "stats", "jobs.db", "q", "-o", "csv", "--no-header")
        .hasPrefix("q,,3,0,0,"))
  }

  @Test func aReplayThatFailsSaysHowMuchWasPublished() throws {
    let fixture = try fixture("q")
    let input = #"{"body":"one"}"# + "\n" + #"{"body":"two"}"# + "\nthree\n"
    let result = try fixture.nb("queue", "replay", "jobs.db", "q", "-", input: input)
    #expect(result.status == 65)
    #expect(result.errors.contains("2 messages published before that"), "\(result.errors)")
    #expect(
      try fixture.ok("queue", "consume", "jobs.db", "q", "--drain", "-o", "raw", "--end", "line")
        == "one\ntwo\n")
  }

  @Test func aRecordingOfAQueueThatIsNotThereLeavesNoFile() throws {
    let fixture = try fixture("q")
    let result = try fixture.nb("queue", "record", "jobs.db", "p", "kept.ndjson")
    #expect(result.status == 66)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("kept.ndjson")))
  }

  @Test func aQuestionIsAnswered() throws {
    let fixture = try fixture("q")
    let worker = try NB.start(
      [
        "queue", "consume", "jobs.db", "q", "--reply", "--max-attempts", "1", "--exec", "sh", "-c",
        "read x; test $x != bad || exit 3; printf '%s\\0\\377' \"$x$x\"",
      ], in: fixture.directory)
    let answer = try NB.run(
      ["queue", "call", "jobs.db", "q", "ab"], in: fixture.directory)
    #expect(answer.status == 0)
    #expect(answer.stdout == Data("abab\0".utf8) + [0xFF])
    let refusal = try fixture.nb("queue", "call", "jobs.db", "q", "bad")
    #expect(refusal.status == 1)
    #expect(refusal.errors.contains("the work failed: exit status 3"))
    worker.send(SIGTERM)
    #expect(try worker.finish().status == 0)
    let silence = try fixture.nb("queue", "call", "jobs.db", "q", "x", "--timeout", "300ms")
    #expect(silence.status == 124)
    #expect(silence.errors.contains("no reply came in time"))
    // The queues for replies are gone.
    #expect(try fixture.ok("queue", "list", "jobs.db").split(separator: "\n").count == 1)
  }

  // MARK: Administration

  @Test func figuresForPeopleAndForPrometheus() throws {
    let fixture = try fixture("q")
    try fixture.ok("queue", "create", "jobs.db", "fan", "--group", "a", "--group", "b")
    try fixture.ok("queue", "publish", "jobs.db", "fan", "x")
    try fixture.ok("queue", "publish", "jobs.db", "q", "x", "--delay", "1h")
    let list = try fixture.ok("queue", "list", "jobs.db")
    let figures = list.split(separator: "\n").map {
      $0.split(separator: "\t").prefix(6).joined(separator: " ")
    }
    #expect(figures == ["fan a 1 0 0 0", "fan b 1 0 0 0", "q \\N 0 1 0 0"])
    let metrics = try fixture.ok("queue", "stats", "jobs.db", "--prometheus")
    #expect(metrics.contains("# TYPE nb_queue_ready gauge\n"))
    #expect(metrics.contains("nb_queue_ready{queue=\"fan\",group=\"b\"} 1.0\n"))
    #expect(metrics.contains("nb_queue_delayed{queue=\"q\"} 1.0\n"))
  }

  @Test func deadLettersAreShownReplayedAndPurged() throws {
    let fixture = try fixture("q")
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: "a\nb\n")
    _ = try fixture.shell(
      "nb queue consume jobs.db q --drain --exec sh -c 'echo bad >&2; exit 65'")
    let ids = try fixture.ok("queue", "dead", "list", "jobs.db", "q").split(separator: "\n").map {
      String($0.prefix { $0 != "\t" })
    }
    #expect(ids == ["1", "2"])
    #expect(try fixture.ok("queue", "dead", "show", "jobs.db", "q", "2", "-o", "raw") == "b")
    let shown = try fixture.ok("queue", "dead", "show", "jobs.db", "q", "1")
    #expect(shown.contains(#""reason":"the message was refused: exit status 65","output":"bad\n""#))
    #expect(try fixture.nb("queue", "dead", "show", "jobs.db", "q", "7").status == 66)
    let dry = try fixture.ok("queue", "dead", "replay", "jobs.db", "q", "1", "--dry-run")
    #expect(dry.hasPrefix("1\t"))
    #expect(try fixture.ok("queue", "dead", "replay", "jobs.db", "q", "1") == "1\n")
    #expect(try fixture.ok("queue", "dead", "purge", "jobs.db", "q", "--all", "--yes") == "1\n")
    #expect(try fixture.ok("queue", "consume", "jobs.db", "q", "--drain", "-o", "raw") == "a")
  }

  @Test func purgingAndDeletingAsk() throws {
    let fixture = try fixture("q")
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: "a\nb\n")
    #expect(try fixture.ok("queue", "purge", "jobs.db", "q", "--yes") == "2\n")
    try fixture.ok("queue", "delete", "jobs.db", "q", "--yes")
    #expect(try fixture.ok("queue", "list", "jobs.db").isEmpty)
  }

  @Test func aProfileNamesTheQueues() throws {
    let fixture = try fixture("q")
    try "[profile.jobs]\npath = \"jobs.db\"\n".write(
      toFile: fixture.directory.file("nb.toml"), atomically: true, encoding: .utf8)
    try fixture.ok("queue", "publish", "@jobs", "q", "x")
    #expect(try fixture.ok("queue", "consume", "@jobs", "q", "--drain", "-o", "raw") == "x")
  }
}
