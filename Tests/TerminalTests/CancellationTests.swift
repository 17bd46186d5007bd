import Foundation
import TestSupport
import Testing

/// How a command ends that is told to stop, and what it leaves on the terminal.
@Suite struct CancellationTests {
  @Test func ctrlCRestoresTheTerminalAndDiesBySIGINT() throws {
    let process = try Probe.start("bar", seconds: 60)
    try process.wait(for: "load people.csv")
    #expect(!process.screen.isCursorVisible)
    process.type("\u{3}")
    #expect(try process.finish() == .signalled(SIGINT))
    #expect(process.screen.isCursorVisible)
    // The task's last state stays, in one line.
    #expect(process.screen.lines.last?.hasPrefix("✗ load people.csv") == true)
  }

  @Test(arguments: [SIGTERM, SIGHUP]) func diesByTheSignalItGot(_ signal: Int32) throws {
    let process = try Probe.start("cleared", seconds: 60)
    try process.wait(for: "load people.csv")
    process.send(signal: signal)
    #expect(try process.finish() == .signalled(signal))
    #expect(process.screen.isCursorVisible)
    #expect(process.screen.lines == [])
  }

  @Test func theCallingShellLoopStops() throws {
    let process = try PtyProcess(
      ["/bin/bash", "-c", "for i in 1 2 3; do echo run $i; \(Probe.path) cleared 60; done"])
    try process.wait(for: "load people.csv")
    process.type("\u{3}")
    #expect(try process.finish() == .signalled(SIGINT))
    #expect(!process.screen.text.contains("run 2"))
  }

  @Test func theSecondCtrlCEndsWhatDoesNotStop() throws {
    let process = try Probe.start("stuck")
    try process.wait(for: "stuck")
    process.type("\u{3}")
    try process.wait(for: "still stuck")
    process.type("\u{3}")
    #expect(try process.finish() == .signalled(SIGINT))
    #expect(process.screen.isCursorVisible)
    #expect(process.screen.lines.last?.hasSuffix("still stuck") == true)
  }

  @Test(arguments: [SIGQUIT, SIGINT, SIGTERM])
  func theTerminalIsRestoredWithoutAWatcherToo(_ signal: Int32) throws {
    let process = try Probe.start("stuck", ["PROBE_UNWATCHED": "1"])
    try process.wait(for: "stuck")
    process.send(signal: signal)
    #expect(try process.finish() == .signalled(signal))
    #expect(process.screen.isCursorVisible)
    #expect(process.screen.lines == [])
  }

  @Test(arguments: ["no", "yes"])
  func aCrashRestoresTheTerminal(backtrace: String) throws {
    let process = try Probe.start("trap", ["SWIFT_BACKTRACE": "enable=\(backtrace),interactive=no"])
    try process.wait(for: "about to trap")
    let end = try process.finish()
    #expect(end == .signalled(SIGILL) || end == .signalled(SIGTRAP))
    let isVisible = process.screen.isCursorVisible
    #expect(isVisible)
  }

  private func interactiveShell() throws -> PtyProcess {
    try PtyProcess(
      ["/bin/bash", "--norc", "--noprofile", "-i"], environment: ["PS1": "$ "])
  }

  @Test func ctrlZRestoresTheTerminalAndFgDrawsAgain() throws {
    let shell = try interactiveShell()
    shell.type("\(Probe.path) stuck\n")
    try shell.wait("the bar") { !$0.isCursorVisible && $0.lines.last?.contains("0%") == true }
    shell.type("\u{1A}")
    try shell.wait("the prompt") { $0.text.contains("Stopped") && $0.isCursorVisible }
    shell.type("fg\n")
    try shell.wait("the bar again") { !$0.isCursorVisible && $0.lines.last?.contains("0%") == true }
    shell.type("\u{3}")
    try shell.wait(for: "still stuck")
    shell.type("\u{3}")
    try shell.wait("the prompt again") { $0.isCursorVisible }
    shell.type("exit\n")
    _ = try shell.finish()
  }

  @Test func drawsNothingInTheBackground() throws {
    let shell = try interactiveShell()
    shell.type("\(Probe.path) stalled 1 & wait; echo over\n")
    try shell.wait("the end") { $0.lines.contains("over") }
    #expect(!shell.output.contains("waiting"))
    shell.type("exit\n")
    _ = try shell.finish()
  }

  @Test func theTimeoutEndsTheWork() throws {
    let process = try Probe.start("stalled", seconds: 60, ["PROBE_TIMEOUT": "500ms"])
    #expect(try process.finish() == .exited(124))
    #expect(process.screen.lines == ["probe: timed out"])
    #expect(process.screen.isCursorVisible)
  }

  @Test func aHangUpIsIgnoredUnderNohup() throws {
    let process = try Probe.shell("trap '' HUP; exec $PROBE stalled 1")
    try process.wait(for: "waiting")
    process.send(signal: SIGHUP)
    #expect(try process.finish() == .exited(0))
  }
}
