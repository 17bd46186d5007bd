import Foundation
import TestSupport
import Testing

@Suite struct PingTests {
  @Test func saysNothingWhenTheDatabaseAnswers() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "ping", "app.db")
    #expect(result.status == 0)
    #expect(result.output.isEmpty && result.errors.isEmpty)
  }

  @Test func aMissingDatabaseIsNotWaitedForUnlessAsked() throws {
    let fixture = try Fixture()
    let result = try fixture.nb("db", "ping", "app.db")
    #expect(result.status == 66)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("app.db")))
  }

  @Test(arguments: [
    (["--wait", "200ms"], 75), (["--wait", "1h", "--timeout", "200ms"], 124),
  ])
  func givesUpInTime(_ flags: [String], _ status: Int) throws {
    let fixture = try Fixture()
    let start = Date()
    let result = try NB.run(["db", "ping", "app.db"] + flags, in: fixture.directory)
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(Date().timeIntervalSince(start) >= 0.2)
  }

  @Test func aDatabaseThatAppearsIsFound() throws {
    let fixture = try Fixture()
    let waiting = try NB.start(["db", "ping", "app.db", "--wait", "60s"], in: fixture.directory)
    try fixture.makeUsers()
    #expect(try waiting.finish().status == 0)
  }

  @Test func aLockThatGoesAwayIsWaitedFor() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let holder = try NB.start(
      ["db", "exec", "app.db", "--no-tx", "-f", "-", "-o", "tsv"], in: fixture.directory)
    try holder.write("begin exclusive; select 'locked';\n")
    try holder.waitForOutput("locked")
    let refused = try fixture.nb("db", "ping", "sqlite:app.db?busy_timeout=50ms")
    #expect(refused.status == 75)
    let waiting = try NB.start(
      ["db", "ping", "sqlite:app.db?busy_timeout=50ms", "--wait", "60s"], in: fixture.directory)
    try holder.write("commit;\n")
    #expect(try holder.finish().status == 0)
    #expect(try waiting.finish().status == 0)
  }

  @Test func whatNoWaitingHelpsFailsAtOnce() throws {
    let fixture = try Fixture()
    try fixture.directory.write("this is no database at all, whoever waits", to: "bad.db")
    for (target, status) in [("bad.db", 65), ("@nobody", 66), ("sqlite:x.db?no_such=1", 2)] {
      let start = Date()
      let result = try fixture.nb("db", "ping", target, "--wait", "1h")
      #expect(result.status == Int32(status), "\(target): \(result.errors)")
      #expect(Date().timeIntervalSince(start) < 20)
    }
  }

  @Test func ctrlCEndsTheWait() throws {
    let fixture = try Fixture()
    let waiting = try NB.start(["db", "ping", "app.db", "--wait", "1h"], in: fixture.directory)
    usleep(200_000)
    waiting.send(SIGINT)
    #expect(try waiting.finish().signal == SIGINT)
  }
}
