import Foundation
import TestSupport
import Testing

/// What `Tests/Servers/run` promises: its servers end when it does. Each test starts a run of its
/// own beside the one that the tests run under.
@Suite(.needsServers, .serialized) struct RunnerTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Servers/run").standardizedFileURL.path

  enum Ending: CaseIterable {
    case kill, terminate, controlC
  }

  @Test(arguments: Ending.allCases) func nothingIsLeftOfARunThatEndsBy(ending: Ending) throws {
    let run = try PtyProcess([Self.script, "sh", "-c", "echo in=$NB_TEST_SERVERS=; exec cat"])
    try run.wait(for: "in=", timeout: 60)
    let folder = String(run.screen.text.split(separator: "=")[1])
    try #require(folder.hasPrefix("/tmp/nb-servers-"))
    #expect(folder != ProcessInfo.processInfo.environment["NB_TEST_SERVERS"])
    #expect(try processes(naming: folder).count >= 7)

    switch ending {
    case .kill: run.send(signal: SIGKILL)
    case .terminate: run.send(signal: SIGTERM)
    case .controlC: run.type("\u{3}")
    }
    let end = try run.finish(timeout: 60)
    switch ending {
    case .kill: #expect(end == .signalled(SIGKILL))
    case .terminate: #expect(end == .exited(128 + SIGTERM))
    case .controlC: #expect(end == .exited(128 + SIGINT))
    }
    let deadline = Date().addingTimeInterval(60)
    while FileManager.default.fileExists(atPath: folder), Date() < deadline { usleep(20_000) }
    #expect(!FileManager.default.fileExists(atPath: folder))
    #expect(try processes(naming: folder).isEmpty)
  }

  /// The command lines that name a folder; those of dead processes are empty.
  private func processes(naming folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
      guard Int(name) != nil,
        let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return nil }
      let line = String(decoding: data, as: UTF8.self)
      return line.contains(folder + "/servers/") ? line : nil
    }
  }

  @Test func theStatusIsThatOfTheCommand() throws {
    let result = try NB.run(["sh", "-c", "exit 42"], executable: Self.script)
    #expect(result.status == 42)
  }
}
