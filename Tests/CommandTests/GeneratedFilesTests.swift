import Foundation
import TestSupport
import Testing

/// The files rendered from the command table are committed, so that every change of the interface
/// is a visible change; `make generate` writes them anew.
@Suite struct GeneratedFilesTests {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test(arguments: ["man", "docs", "Tests/Goldens"])
  func areWhatTheCommandTableSays(_ folder: String) throws {
    let fresh = try TemporaryDirectory()
    let result = try NB.run(["__render", "all", fresh.path])
    #expect(result.status == 0, "\(result.errors)")
    let files = FileManager.default
    let names = try files.contentsOfDirectory(atPath: fresh.file(folder)).sorted()
    for name in names {
      let committed = try? String(
        contentsOf: Self.root.appendingPathComponent("\(folder)/\(name)"), encoding: .utf8)
      let rendered = try fresh.read("\(folder)/\(name)")
      #expect(committed == rendered, "\(folder)/\(name) is stale: run make generate")
    }
    if folder != "docs" {
      let committed = try files.contentsOfDirectory(
        atPath: Self.root.appendingPathComponent(folder).path
      ).sorted()
      #expect(committed == names, "\(folder) has files that nothing generates")
    }
  }

  /// What a formatter prints, and its status.
  private func format(_ program: String, _ arguments: [String]) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test func manualPagesAreCleanMdoc() throws {
    let fresh = try TemporaryDirectory()
    _ = try NB.run(["__render", "man", fresh.path])
    for name in try FileManager.default.contentsOfDirectory(atPath: fresh.file("man")) {
      let (status, findings) = try format(
        "mandoc", ["-T", "lint", "-W", "warning", fresh.file("man/\(name)")])
      #expect(status == 0 && findings.isEmpty, "\(findings)")
    }
  }

  @Test(arguments: [("mandoc", ["-T", "utf8"]), ("groff", ["-mandoc", "-T", "utf8", "-P", "-c"])])
  func everyUsageStandsOnALineOfItsOwn(_ program: String, _ flags: [String]) throws {
    let fresh = try TemporaryDirectory()
    _ = try NB.run(["__render", "man", fresh.path])
    let (status, page) = try format(program, flags + [fresh.file("man/nb-config.1")])
    #expect(status == 0)
    // Bold and underlined letters are overstruck.
    let plain = page.replacing(/.\x08/.dotMatchesNewlines(), with: "")
    let synopsis = try #require(plain.split(separator: "DESCRIPTION").first)
    for verb in ["list", "get", "set", "unset", "explain", "path"] {
      #expect(synopsis.contains("\n     nb config \(verb) "), "\(synopsis)")
    }
  }

  /// A line longer than the screen is one that cannot be broken: an example, or a usage line.
  @Test func helpScreensFitTheScreen() throws {
    let fresh = try TemporaryDirectory()
    _ = try NB.run(["__render", "help", fresh.path])
    let folder = "Tests/Goldens"
    for name in try FileManager.default.contentsOfDirectory(atPath: fresh.file(folder)) {
      let text = try fresh.read("\(folder)/\(name)")
      for line in text.split(separator: "\n") where line.count > 80 {
        #expect(line.contains("nb ") || line.hasPrefix("Usage:"), "\(name): \(line)")
      }
      let brief = text.components(separatedBy: "\n$ ").first ?? ""
      #expect(brief.split(separator: "\n").count <= 50, "\(name): -h is no screen")
    }
  }
}
