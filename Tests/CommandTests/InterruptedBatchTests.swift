import Foundation
import TestSupport
import Testing

/// Work in batches that is stopped tells what stays.
@Suite struct InterruptedBatchTests {
  private let fixture: Fixture

  init() throws {
    fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (id int)")
  }

  private static let commands = [
    ["load", "app.db", "t", "-", "--format", "csv", "--batch", "100"],
    [
      "exec", "app.db", "insert into t values (:id)", "--each", "-", "--format", "csv", "--batch",
      "100",
    ],
  ]

  /// Starts the command and gives it 950 rows; returns when nine batches are committed.
  private func start(_ command: [String], _ flags: String...) throws -> RunningNB {
    let running = try NB.start(["db"] + command + flags, in: fixture.directory)
    try running.write("id\n" + (1...950).map { "\($0)\n" }.joined())
    try running.wait {
      let count = try? fixture.nb("db", "query", "app.db", "select count(*) from t").output
      return count == "900\n" || !running.isRunning
    }
    return running
  }

  @Test(arguments: commands) func anInterruptedCommandTellsWhatIsCommitted(
    _ command: [String]
  ) throws {
    let running = try start(command)
    running.send(SIGINT)
    let result = try running.finish()
    #expect(result.signal == SIGINT)
    #expect(result.errors == "nb: interrupted: 900 rows were committed before it\n")
  }

  @Test(arguments: commands) func aCommandThatRanOutOfTimeTellsWhatIsCommitted(
    _ command: [String]
  ) throws {
    let running = try start(command, "--timeout", "3s")
    try running.wait { !running.isRunning }
    let result = try running.finish()
    #expect(result.status == 124)
    #expect(result.errors.contains("900 rows were committed before it"))
  }
}
