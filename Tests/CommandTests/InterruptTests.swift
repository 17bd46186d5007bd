import Foundation
import TestSupport
import Testing

/// What a command leaves behind that is stopped in the middle: on the terminal and in the database.
@Suite struct InterruptTests {
  /// A database with an empty table `t`, and a named pipe that stays open and gives 1,000 rows.
  private final class StalledLoad {
    let fixture: Fixture
    let feeder: Int32

    init() throws {
      fixture = try Fixture()
      try fixture.ok("db", "exec", "app.db", "--create", "create table t (a integer)")
      let pipe = fixture.directory.file("rows.csv")
      guard mkfifo(pipe, 0o600) == 0 else { throw POSIXError(.EIO) }
      // For reading too, so that opening it does not wait for nb.
      feeder = open(pipe, O_RDWR | O_CLOEXEC)
      let rows = Array(("a\n" + (1...1000).map { "\($0)\n" }.joined()).utf8)
      guard write(feeder, rows, rows.count) == rows.count else { throw POSIXError(.EIO) }
    }

    deinit { close(feeder) }

    func start(_ flags: String...) throws -> PtyProcess {
      try InterruptTests.terminal(
        [
          NB.path, "db", "load", fixture.directory.file("app.db"), "t",
          fixture.directory.file("rows.csv"),
        ] + flags, in: fixture)
    }

    func rowCount() throws -> String {
      try fixture.ok("db", "query", "app.db", "select count(*) from t")
    }
  }

  fileprivate static func terminal(
    _ arguments: [String], in fixture: Fixture
  ) throws -> PtyProcess {
    try PtyProcess(arguments, environment: NB.environment(home: fixture.directory))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func aStalledLoadEndsByItsSignalAndLoadsNothing(_ signal: Int32) throws {
    let load = try StalledLoad()
    let process = try load.start()
    try process.wait(for: "load ")
    process.send(signal: signal)
    #expect(try process.finish() == .signalled(signal))
    let isVisible = process.screen.isCursorVisible
    #expect(isVisible)
    #expect(process.screen.lines == [])
    #expect(try load.rowCount() == "0\n")
  }

  @Test func aLoadPastItsTimeoutLoadsNothing() throws {
    let load = try StalledLoad()
    let process = try load.start("--timeout", "700ms")
    try process.wait(for: "load ")
    #expect(try process.finish() == .exited(124))
    #expect(process.screen.lines.first?.hasPrefix("nb: ") == true)
    #expect(process.screen.text.contains("timed out"))
    let isVisible = process.screen.isCursorVisible
    #expect(isVisible)
    #expect(try load.rowCount() == "0\n")
  }

  @Test func ctrlCOnAPipelineLoadsNothing() throws {
    let fixture = try Fixture()
    try fixture.ok("db", "exec", "app.db", "--create", "create table t (a integer)")
    let database = fixture.directory.file("app.db")
    let process = try Self.terminal(
      [
        "/bin/bash", "-c",
        """
        # bash itself dies or not as the race of its children goes; the trap keeps it to report.
        trap : INT
        (echo a; seq 100000; sleep 60) | '\(NB.path)' db load '\(database)' t - --format csv
        echo "status ${PIPESTATUS[1]}"
        """,
      ], in: fixture)
    try process.wait("progress") { $0.text.contains("load ") && !$0.isCursorVisible }
    process.type("\u{3}")
    try process.wait(for: "status \(128 + SIGINT)")
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from t") == "0\n")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aRunningStatementIsInterrupted(_ signal: Int32) throws {
    let fixture = try Fixture()
    let process = try Self.terminal(
      [
        NB.path, "db", "query", ":memory:",
        """
        select 'begun';
        with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c
        """, "-o", "csv",
      ], in: fixture)
    try process.wait(for: "begun")
    process.send(signal: signal)
    #expect(try process.finish() == .signalled(signal))
  }

  @Test func interruptedWorkLeavesNoNewDatabaseBehind() throws {
    let fixture = try Fixture()
    let path = fixture.directory.file("new.db")
    let process = try Self.terminal(
      [
        NB.path, "db", "exec", path, "--create",
        """
        create table t (a); select 'begun';
        with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c
        """, "-o", "csv",
      ], in: fixture)
    try process.wait(for: "begun")
    #expect(FileManager.default.fileExists(atPath: path))
    process.send(signal: SIGINT)
    #expect(try process.finish() == .signalled(SIGINT))
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aReaderThatGoesAwayEndsNbAsSIGPIPEDoes() throws {
    let fixture = try Fixture()
    let result = try fixture.shell(
      """
      nb db query :memory: "with recursive c(x) as (select 1 union all select x + 1 from c) \
      select x from c" | head -1
      echo "${PIPESTATUS[@]}"
      """)
    #expect(result.output == "1\n141 0\n")
    #expect(result.errors == "")
  }

  @Test func aLoadShowsItsProgressAndCleansUp() throws {
    let load = try StalledLoad()
    let process = try load.start("--progress-style", "ascii")
    try process.wait("bytes and time") { $0.text.contains("KiB") && $0.text.contains("0:0") }
    process.send(signal: SIGKILL)
    #expect(try process.finish() == .signalled(SIGKILL))
    #expect(try load.rowCount() == "0\n")
  }

  @Test(arguments: [["--progress", "never"], ["--quiet"]])
  func noProgressWhenAskedForNone(_ flags: [String]) throws {
    let fixture = try Fixture()
    try fixture.directory.write("a\n1\n", to: "rows.csv")
    let process = try Self.terminal(
      [
        NB.path, "db", "load", fixture.directory.file("app.db"), "t",
        fixture.directory.file("rows.csv"), "--create",
      ] + flags, in: fixture)
    #expect(try process.finish() == .exited(0))
    #expect(!process.output.contains("\u{1B}[?25l"))
  }
}
