import Foundation
import TestSupport
import Testing

/// What a profile says of queues.
@Suite struct QueueProfileTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func profile(_ lines: String) throws {
    _ = try fixture.directory.write(
      "[profile.jobs]\nbroker_url = \"sqlite:jobs.db\"\n\(lines)\n", to: "nb.toml")
  }

  @Test func theQueueMayBeLeftOut() throws {
    try profile("queue = \"mail\"")
    try fixture.ok("queue", "create", "@jobs")
    try fixture.ok("queue", "publish", "@jobs", input: "hello")
    try fixture.ok("queue", "create", "@jobs", "other")
    try fixture.ok("queue", "publish", "@jobs", "other", "bye")
    #expect(try fixture.ok("queue", "stats", "@jobs", "-o", "csv").contains("other") == false)
    #expect(try fixture.ok("queue", "peek", "@jobs", "-o", "raw") == "hello")
    #expect(try fixture.ok("queue", "consume", "@jobs", "--drain", "-o", "raw") == "hello")
    #expect(try fixture.ok("queue", "consume", "@jobs", "other", "--drain", "-o", "raw") == "bye")
  }

  @Test func withoutOneItIsMissing() throws {
    try profile("prefetch = 2")
    let result = try NB.run(["queue", "consume", "@jobs"], in: fixture.directory)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("nb: QUEUE is missing\nhint: "))
  }

  @Test func retriesAndDelaysAreTheProfiles() throws {
    try profile("queue = \"q\"\nmax_retries = 1\nretry_delay = \"1ms\"")
    try fixture.ok("queue", "publish", "@jobs", "q", "x", "--create")
    _ = try NB.run(
      ["queue", "consume", "@jobs", "--idle-exit", "300ms", "--exec", "false"],
      in: fixture.directory)
    #expect(
      try fixture.ok("queue", "dead", "list", "@jobs", "-o", "csv", "--no-header")
        .contains(",2,exit status 1,"))
  }

  @Test func aFlagComesBeforeTheProfile() throws {
    try profile("queue = \"q\"\nmax_retries = 8\nretry_delay = \"1ms\"")
    try fixture.ok("queue", "publish", "@jobs", "q", "x", "--create")
    _ = try NB.run(
      ["queue", "consume", "@jobs", "--max-attempts", "1", "--drain", "--exec", "false"],
      in: fixture.directory)
    #expect(
      try fixture.ok("queue", "dead", "list", "@jobs", "-o", "csv", "--no-header")
        .contains(",1,exit status 1,"))
  }

  @Test func messagesExpireAsTheProfileSays() throws {
    try profile("queue = \"q\"\nmessage_ttl = \"1ms\"")
    try fixture.ok("queue", "create", "@jobs")
    try fixture.ok("queue", "publish", "@jobs", input: "x")
    try fixture.ok("queue", "publish", "@jobs", "--ttl", "1h", input: "y")
    usleep(20_000)
    #expect(try fixture.ok("queue", "consume", "@jobs", "--drain", "-o", "raw") == "y")
  }

  @Test func whatIsGivenUpGoesToTheQueueForIt() throws {
    try profile("queue = \"q\"\ndead_letter = \"failed\"\nmax_retries = 0")
    try fixture.ok("queue", "create", "@jobs", "failed")
    try fixture.ok("queue", "publish", "@jobs", "q", "x", "--create", "-H", "a=b")
    let result = try NB.run(
      ["queue", "consume", "@jobs", "--drain", "--exec", "sh", "-c", "echo why >&2; exit 65"],
      in: fixture.directory)
    #expect(result.status == 0)
    #expect(result.errors.contains("0 done, 1 dead"))
    let record = try fixture.ok("queue", "consume", "@jobs", "failed", "--drain")
    #expect(
      record.contains(
        #""headers":{"a":"b","nb-dead-queue":"q","nb-dead-reason":"the message was refused: exit "#
          + #"status 65","nb-dead-attempts":"1","nb-dead-output":"why\n"}"#))
    #expect(
      try fixture.ok("queue", "stats", "@jobs", "-o", "csv", "--no-header") == "q,,0,0,0,0,,\n")
  }

  /// A message that was handed out too often without a word, where it is printed.
  @Test func whatIsUsedUpGoesThereToo() throws {
    try profile("queue = \"q\"\ndead_letter = \"failed\"\nmax_retries = 0")
    try fixture.ok("queue", "create", "@jobs", "failed")
    try fixture.ok("queue", "create", "@jobs", "q", "--lease", "1ms")
    try fixture.ok("queue", "publish", "@jobs", input: "x")
    _ = try fixture.shell("nb queue consume @jobs --drain --exec sh -c 'kill -9 $PPID'")
    usleep(20_000)
    #expect(try fixture.ok("queue", "consume", "@jobs", "--drain", "-o", "raw").isEmpty)
    #expect(
      try fixture.ok("queue", "consume", "@jobs", "failed", "--drain", "-o", "raw") == "x")
  }

  @Test func aQueueForDeadLettersThatIsNotThereIsSaidBeforeTheWork() throws {
    try profile("queue = \"q\"\ndead_letter = \"failed\"")
    try fixture.ok("queue", "publish", "@jobs", "q", "x", "--create")
    let result = try NB.run(
      ["queue", "consume", "@jobs", "--drain", "--exec", "touch", "ran"], in: fixture.directory)
    #expect(result.status == 66)
    #expect(result.errors.contains("there is no queue 'failed'"))
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("ran")))
  }

  @Test(arguments: [
    ("max_retries = -1", "max_retries takes a number from 0 to 999999"),
    ("retry_delay = \"soon\"", "retry_delay takes a duration"),
    ("queue = \"a\\tb\"", "cannot be the name of a queue"),
    ("dead_letter = \"\"", "dead_letter: '' cannot be the name"),
    ("prefetch = 0", "prefetch takes a number from 1"),
    ("prefech = 5", "did you mean 'prefetch'?"),
    ("path = \"x.db\"", "profile jobs has both path and broker_url"),
  ])
  func aWrongSettingIsNamedWithItsPlace(_ line: String, _ message: String) throws {
    try profile(line)
    let result = try NB.run(["queue", "list", "@jobs"], in: fixture.directory)
    #expect(result.status == 78)
    #expect(result.errors.contains(message))
    #expect(result.errors.contains("nb.toml:"))
  }

  @Test func deadLettersDoNotGoBackWhereTheyCameFrom() throws {
    try profile("queue = \"q\"")
    let result = try NB.run(
      ["queue", "consume", "@jobs", "--dead-letter", "q"], in: fixture.directory)
    #expect(result.status == 2)
    #expect(result.errors.contains("would go into the queue that it came from"))
  }
}
