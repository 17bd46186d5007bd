import Foundation
import TestSupport
import Testing

/// Runs the gallery of README.md: its sh blocks, in order, in one folder, and compares what each
/// step prints on stdout with the `#=>` lines below it.
@Suite struct ReadmeTests {
  struct Step {
    /// Lines of shell up to the expectation.
    var commands: [String] = []
    var expected: [String] = []
  }

  @Test func galleryRunsAsShown() throws {
    let steps = steps(of: try readme(), in: "```sh")
    #expect(steps.count > 10)
    try run(steps)
  }

  /// The blocks that say `sh httpbin`, on a server of one's own in place of httpbin.org.
  @Test(.needsServers) func requestsRunAsShown() throws {
    let origin = try TestServers.httpbin.origin
    let text = try readme().replacingOccurrences(of: "https://httpbin.org", with: origin)
    let steps = steps(of: text, in: "```sh httpbin")
    #expect(steps.count > 8)
    try run(steps)
  }

  private func readme() throws -> String {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../README.md")
    return try String(contentsOf: file, encoding: .utf8)
  }

  private func run(_ steps: [Step]) throws {
    let folder = try TemporaryDirectory()
    for step in steps {
      let result = try runShell(step.commands.joined(separator: "\n"), in: folder)
      let printed = result.output.split(separator: "\n").map(String.init)
      #expect(result.status == 0, "\(step.commands): \(result.errors)")
      if !step.expected.isEmpty { #expect(printed == step.expected, "\(step.commands)") }
    }
  }

  /// Cuts the blocks that begin by `fence` into steps, each ending with its expected output or its
  /// block.
  private func steps(of markdown: String, in fence: String) -> [Step] {
    var steps: [Step] = []
    var step = Step()
    var isInBlock = false
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      switch line {
      case _ where line == fence: isInBlock = true
      case _ where !isInBlock: continue
      case "```":
        isInBlock = false
        if !step.commands.isEmpty { steps.append(step) }
        step = Step()
      case _ where line.hasPrefix("#=> "):
        step.expected.append(String(line.dropFirst(4)))
      default:
        if !step.expected.isEmpty {
          steps.append(step)
          step = Step()
        }
        step.commands.append(String(line))
      }
    }
    return steps
  }

  private func runShell(_ script: String, in folder: TemporaryDirectory) throws -> NB.Result {
    let nb = URL(fileURLWithPath: NB.path)
    return try NB.run(
      ["-eu", "-o", "pipefail", "-c", script], executable: "/bin/bash",
      environment: ["PATH": nb.deletingLastPathComponent().path + ":/usr/bin:/bin"], in: folder)
  }
}
