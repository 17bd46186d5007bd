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
    // RabbitMQ's is a server that starts another, and names no folder in its command line.
    let command =
      "$NB_TEST_SERVERS/ctl new rabbitmq rabbitmq && echo in=$NB_TEST_SERVERS=; exec cat"
    let run = try PtyProcess([Self.script, "sh", "-c", command])
    try run.wait(for: "in=", timeout: 120)
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
    // A process that was killed ends a moment later.
    while try !processes(naming: folder).isEmpty, Date() < deadline { usleep(20_000) }
    #expect(try processes(naming: folder).isEmpty)
    let ports = try #require(folder.split(separator: "-").last.flatMap { Int($0) })
    while try !listeners(on: ports..<ports + 100).isEmpty, Date() < deadline { usleep(20_000) }
    #expect(try listeners(on: ports..<ports + 100) == [])
  }

  /// Foundation watches a program by a descriptor that may have the number of bash's own script.
  @Test func noServerHoldsADescriptorOfTheCaller() throws {
    let directory = try TemporaryDirectory()
    let marker = directory.file("marker")
    let run = try PtyProcess([
      "/bin/bash", "-c",
      "exec 77>\(marker) 255>&77; exec \(Self.script) sh -c 'echo in=$NB_TEST_SERVERS=; exec cat'",
    ])
    try run.wait(for: "in=", timeout: 60)
    let folder = String(run.screen.text.split(separator: "=")[1])
    let servers = try processes(naming: folder)
    #expect(servers.count >= 7)
    for server in servers {
      let open = "/proc/\(server)/fd"
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: open)
      let files = descriptors.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(open)/\($0)")
      }
      #expect(!files.isEmpty)
      #expect(!files.contains(marker))
    }
    run.send(signal: SIGTERM)
    _ = try run.finish(timeout: 60)
  }

  /// The ports that somebody listens on (proc(5), /proc/net/tcp).
  private func listeners(on ports: Range<Int>) throws -> Set<Int> {
    let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
    let found = table.split(separator: "\n").dropFirst().compactMap { line -> Int? in
      let fields = line.split(separator: " ")
      guard fields.count > 3, fields[3] == "0A" else { return nil }
      return Int(fields[1].split(separator: ":").last ?? "", radix: 16)
    }
    return Set(found).intersection(ports)
  }

  /// The numbers of processes whose command lines name a folder; those of dead ones are empty.
  private func processes(naming folder: String) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
      guard let number = Int(name),
        let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return nil }
      return String(decoding: data, as: UTF8.self).contains(folder + "/servers/") ? number : nil
    }
  }

  @Test func theStatusIsThatOfTheCommand() throws {
    let result = try NB.run(["sh", "-c", "exit 42"], executable: Self.script)
    #expect(result.status == 42)
  }
}
