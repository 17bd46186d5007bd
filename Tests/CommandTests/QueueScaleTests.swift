import Foundation
import TestSupport
import Testing

/// Many messages at once: nobody waits long for the lock because of them. A trigger fails in the
/// third thousand; what was done before it shows that it was done in parts.
@Suite struct QueueScaleTests {
  private func fixture(messages: Int = 2500, _ settings: String...) throws -> Fixture {
    let fixture = try Fixture()
    _ = try NB.run(["queue", "create", "jobs.db", "q"] + settings, in: fixture.directory)
    let lines = (1...messages).map { "\($0)\n" }.joined()
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: lines)
    return fixture
  }

  private func failing(_ fixture: Fixture, _ trigger: String) throws {
    try fixture.ok(
      "db", "exec", "jobs.db",
      "CREATE TRIGGER fault BEFORE \(trigger) BEGIN SELECT RAISE(ABORT, 'fault'); END")
  }

  private func count(_ fixture: Fixture, _ table: String) throws -> String {
    try fixture.ok("db", "query", "jobs.db", "SELECT count(*) FROM \(table)")
  }

  @Test func messagesExpireInParts() throws {
    let fixture = try fixture()
    try fixture.ok("db", "exec", "jobs.db", "UPDATE nb_queue_delivery SET expires_at = message")
    try failing(fixture, "INSERT ON nb_queue_dead WHEN new.message > 2400")
    #expect(try fixture.nb("queue", "consume", "jobs.db", "q", "--drain").status == 1)
    #expect(try count(fixture, "nb_queue_dead") == "2000\n")
    try fixture.ok("db", "exec", "jobs.db", "DROP TRIGGER fault")
    #expect(try fixture.ok("queue", "consume", "jobs.db", "q", "--drain") == "")
    #expect(try count(fixture, "nb_queue_dead") == "2500\n")
  }

  @Test func delayedMessagesAreMadeReadyInParts() throws {
    let fixture = try fixture()
    try fixture.ok(
      "db", "exec", "jobs.db", "UPDATE nb_queue_delivery SET state = 1, due = message")
    try failing(fixture, "UPDATE ON nb_queue_delivery WHEN new.message > 2400")
    #expect(try fixture.nb("queue", "consume", "jobs.db", "q", "--drain").status == 1)
    #expect(try count(fixture, "nb_queue_delivery WHERE state = 0") == "2000\n")
  }

  @Test(arguments: ["purge", "delete"])
  func messagesGoInParts(_ command: String) throws {
    let fixture = try fixture()
    try failing(fixture, "DELETE ON nb_queue_message WHEN old.id > 2400")
    #expect(try fixture.nb("queue", command, "jobs.db", "q", "--yes").status == 1)
    #expect(try count(fixture, "nb_queue_message") == "500\n")
    try fixture.ok("db", "exec", "jobs.db", "DROP TRIGGER fault")
    let rest = try fixture.ok("queue", command, "jobs.db", "q", "--yes")
    #expect(rest == (command == "purge" ? "500\n" : ""))
    #expect(try count(fixture, "nb_queue_message") == "0\n")
    #expect(try count(fixture, "nb_queue_delivery") == "0\n")
  }

  @Test(arguments: [["replay", "--all"], ["purge", "--all", "--yes"]])
  func deadLettersGoInParts(_ words: [String]) throws {
    let fixture = try fixture("--ttl", "1ms")
    #expect(try fixture.ok("queue", "consume", "jobs.db", "q", "--drain") == "")
    try failing(fixture, "DELETE ON nb_queue_dead WHEN old.message > 2400")
    let dead = ["queue", "dead", words[0], "jobs.db", "q"] + words.dropFirst()
    #expect(try NB.run(dead, in: fixture.directory).status == 1)
    #expect(try count(fixture, "nb_queue_dead") == "500\n")
    try fixture.ok("db", "exec", "jobs.db", "DROP TRIGGER fault")
    #expect(try NB.run(dead, in: fixture.directory).output == "500\n")
    #expect(try count(fixture, "nb_queue_dead") == "0\n")
    #expect(
      try count(fixture, "nb_queue_message") == (words[0] == "replay" ? "2500\n" : "0\n"))
  }

  @Test func aQueueLeavesNothingBehind() throws {
    let fixture = try fixture(messages: 1200, "--ttl", "1ms")
    try fixture.ok("queue", "consume", "jobs.db", "q", "--drain")
    try fixture.ok("queue", "publish", "jobs.db", "q", "x", "--key", "k", "--group", "g")
    try fixture.ok("queue", "publish", "jobs.db", "q", "y", "--group", "g", "--delay", "1h")
    try fixture.ok("queue", "delete", "jobs.db", "q", "--yes")
    for table in ["", "_group", "_message", "_delivery", "_key", "_dead"] {
      #expect(try count(fixture, "nb_queue\(table)") == "0\n", "\(table)")
    }
  }

  @Test func aTapWhoseListenerDiedGoesLittleByLittle() throws {
    let fixture = try Fixture()
    try fixture.ok("queue", "create", "jobs.db", "q")
    let tap = try NB.start(["queue", "tap", "jobs.db", "q"], in: fixture.directory)
    try tap.wait { (try? self.count(fixture, "nb_queue_group WHERE name LIKE 'tap-%'")) == "1\n" }
    tap.send(SIGKILL)
    _ = try tap.finish()
    let lines = String(repeating: "x\n", count: 250)
    try fixture.ok("queue", "publish", "jobs.db", "q", "--each", "line", input: lines)
    try fixture.ok(
      "db", "exec", "jobs.db", "UPDATE nb_queue_group SET expires_at = 1 WHERE expires_at > 0")
    #expect(try count(fixture, "nb_queue_delivery") == "500\n")
    var counts: [String] = []
    for _ in 1...4 {
      try fixture.ok("queue", "publish", "jobs.db", "q", "y")
      counts.append(try count(fixture, "nb_queue_delivery"))
    }
    #expect(counts == ["401\n", "302\n", "253\n", "254\n"])
    #expect(try count(fixture, "nb_queue_group") == "1\n")
  }

  @Test func aQueueForAReplyGoesAfterItsCallerWasKilled() throws {
    let fixture = try Fixture()
    try fixture.ok("queue", "create", "jobs.db", "q")
    let caller = try NB.start(["queue", "call", "jobs.db", "q", "x"], in: fixture.directory)
    try caller.wait { (try? self.count(fixture, "nb_queue_message")) == "1\n" }
    caller.send(SIGKILL)
    _ = try caller.finish()
    #expect(try fixture.ok("queue", "list", "jobs.db").split(separator: "\n").count == 2)
    try fixture.ok(
      "db", "exec", "jobs.db", "UPDATE nb_queue SET expires_at = 1 WHERE expires_at > 0")
    #expect(try fixture.ok("queue", "list", "jobs.db").split(separator: "\n").count == 1)
    try fixture.ok("queue", "create", "jobs.db", "other")
    #expect(try count(fixture, "nb_queue") == "2\n")
    #expect(try count(fixture, "nb_queue_group") == "2\n")
  }

  // MARK: Other files

  @Test func tablesOfAnotherLayoutAreLeftAlone() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "CREATE TABLE nb_queue (a)")
    for words in [["publish", "app.db", "q", "x"], ["create", "app.db", "q"]] {
      let result = try NB.run(["queue"] + words, in: fixture.directory)
      #expect(result.status == 65)
      #expect(result.errors.contains("a table nb_queue that is not nb's"))
    }
    try fixture.ok("queue", "create", "jobs.db", "q")
    try fixture.ok("db", "exec", "jobs.db", "UPDATE nb_queue_layout SET version = 9")
    let result = try fixture.nb("queue", "publish", "jobs.db", "q", "x")
    #expect(result.status == 65)
    #expect(result.errors.contains("have layout 9; this nb knows 1"))
  }

  @Test func aDatabaseWithoutQueuesKeepsItsJournal() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(try fixture.nb("queue", "publish", "app.db", "q", "x").status == 66)
    #expect(try fixture.ok("db", "query", "app.db", "PRAGMA journal_mode") == "delete\n")
    try fixture.ok("queue", "create", "app.db", "q")
    #expect(try fixture.ok("db", "query", "app.db", "PRAGMA journal_mode") == "wal\n")
  }
}
