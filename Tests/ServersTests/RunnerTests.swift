import Foundation
import TestSupport
import Testing

/// What `Tests/Servers/run` promises: its servers end when it does. Each test starts a run of its
/// own beside the one that the tests run under.
@Suite(.needsServers) struct RunnerTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Servers/run").standardizedFileURL.path

  @Test(arguments: [SIGKILL, SIGTERM])
  func nothingIsLeftOfARunThatWasEndedBy(signal: Int32) throws {
    let run = Process()
    run.executableURL = URL(fileURLWithPath: Self.script)
    run.arguments = ["sh", "-c", "echo $NB_TEST_SERVERS; exec cat"]
    let input = Pipe()
    let output = Pipe()
    run.standardInput = input
    run.standardOutput = output
    run.standardError = FileHandle.nullDevice
    try run.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let folder = line.trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(folder.hasPrefix("/tmp/nb-servers-"))
    #expect(folder != ProcessInfo.processInfo.environment["NB_TEST_SERVERS"])
    #expect(try processes(naming: folder).count >= 7)

    kill(run.processIdentifier, signal)
    run.waitUntilExit()
    let end = Date().addingTimeInterval(30)
    while FileManager.default.fileExists(atPath: folder), Date() < end { usleep(20_000) }
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
