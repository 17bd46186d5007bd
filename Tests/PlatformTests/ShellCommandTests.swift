import Foundation
import Platform
import TestSupport
import Testing

@Suite struct ShellCommandTests {
  private func capture(
    _ command: String, limit: Int = 1 << 20, seconds: Int = 60
  ) throws -> ShellCommand.Outcome {
    try ShellCommand.capture(
      command, limit: limit, until: .now.advanced(by: .seconds(seconds)), wake: WakeEvent())
  }

  @Test func collectsTheOutput() throws {
    #expect(try capture("echo hello") == .ended(.exited(0), output: Array("hello\n".utf8)))
  }

  @Test func saysHowTheCommandEnded() throws {
    #expect(try capture("exit 3") == .ended(.exited(3), output: []))
    #expect(try capture("kill -TERM $$") == .ended(.signalled(SIGTERM), output: []))
    #expect(try capture("no-such-command-at-all 2>&-") == .ended(.exited(127), output: []))
  }

  @Test func readsMoreThanAPipeHolds() throws {
    let outcome = try capture("head -c 300000 /dev/zero")
    #expect(outcome == .ended(.exited(0), output: [UInt8](repeating: 0, count: 300_000)))
  }

  @Test func stdinIsEmpty() throws {
    #expect(try capture("cat") == .ended(.exited(0), output: []))
  }

  @Test func stopsACommandThatPrintsTooMuch() throws {
    #expect(try capture("yes", limit: 10_000) == .tooLong)
  }

  @Test func stopsACommandThatTakesTooLong() throws {
    let start = MonotonicInstant.now
    #expect(try capture("sleep 60", seconds: 0) == .timedOut)
    #expect(MonotonicInstant.now.since(start) < .seconds(30))
  }

  @Test func stopsACommandThatClosedItsOutput() throws {
    let outcome = try ShellCommand.capture(
      "exec >&-; sleep 60", limit: 10, until: .now.advanced(by: .milliseconds(300)),
      wake: WakeEvent())
    #expect(outcome == .timedOut)
  }

  @Test func aSetWakeEventStopsTheCommand() throws {
    let wake = WakeEvent()
    wake.set()
    #expect(try ShellCommand.capture("sleep 60", limit: 10, until: nil, wake: wake) == .woken)
  }

  @Test func theCommandInheritsNoDescriptor() throws {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "held")
    // Even one that is not closed on exec.
    let held = open(directory.file("held"), O_RDONLY)
    defer { close(held) }
    guard case .ended(.exited(0), let output) = try capture("ls -l /proc/$$/fd") else {
      Issue.record("ls failed")
      return
    }
    #expect(!String(decoding: output, as: UTF8.self).contains(directory.path))
  }

  @Test func aSignalReachesTheWholeGroup() throws {
    let child = try ChildProcess(
      ["/bin/sh", "-c", "sleep 60 & wait"], input: .devNull, output: .devNull, ownGroup: true)
    #expect(try child.wait(until: .now) == nil)
    child.send(signal: SIGKILL)
    #expect(try child.wait(until: .now.advanced(by: .seconds(20))) == .signalled(SIGKILL))
    // Waited for: it can be asked again, and a signal goes nowhere.
    child.send(signal: SIGKILL)
    #expect(try child.wait() == .signalled(SIGKILL))
  }

  @Test func aMissingProgramIsAnError() {
    #expect(throws: Errno.noSuchFile) { try ChildProcess(["/no/such/program"]) }
  }
}
