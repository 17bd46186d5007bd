import Foundation
import TestSupport
import Testing

/// Where the settings of progress come from.
@Suite struct ProgressSettingsTests {
  private func load(
    _ flags: [String] = [], _ environment: [String: String] = [:], file: String = ""
  ) throws -> NB.Result {
    let directory = try TemporaryDirectory()
    try directory.write("a\n1\n", to: "rows.csv")
    try directory.write(file, to: "nb.toml")
    return try NB.run(
      ["db", "load", "app.db", "t", "rows.csv", "--create"] + flags, environment: environment,
      in: directory)
  }

  @Test(arguments: [
    (["--progress", "sometimes"], 2, "sometimes"), (["--progress-style", "dots"], 2, "dots"),
    (["--progress-width", "5"], 2, "6 to 500"), (["--progress-width", "wide"], 2, "6 to 500"),
    (["--progress-interval", "soon"], 2, "soon"),
  ])
  func refusesFlagsThatMakeNoSense(_ flags: [String], _ status: Int, _ word: String) throws {
    let result = try load(flags)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains(word))
  }

  @Test(arguments: [
    "NB_PROGRESS", "NB_PROGRESS_STYLE", "NB_PROGRESS_WIDTH", "NB_PROGRESS_INTERVAL",
  ])
  func refusesVariablesThatMakeNoSense(_ name: String) throws {
    let result = try load([], [name: "no such thing"])
    #expect(result.status == 78)
    #expect(result.errors.contains(name))
  }

  @Test func refusesAConfigurationThatMakesNoSense() throws {
    let result = try load(file: "[progress]\nwidth = 1000\n")
    #expect(result.status == 78)
    #expect(result.errors.contains("nb.toml:2"))
  }

  /// The bar on the screen decides: which style, how wide.
  @Test(arguments: [
    (["--progress-style", "ascii", "--progress-width", "12"], true, "\\[[=> ]{10}\\]"),
    ([], true, "▕.{18}▏"), ([], false, "%  +[0-9]"),
  ])
  func theFlagComesBeforeTheVariableBeforeTheFile(
    _ flags: [String], _ hasVariables: Bool, _ bar: String
  ) throws {
    let directory = try TemporaryDirectory()
    let rows = try directory.write(
      "a\n" + (1...400_000).map { "\($0)\n" }.joined(), to: "rows.csv")
    let config = try directory.write("[progress]\nstyle = \"none\"\n", to: "config.toml")
    var environment = NB.environment(home: directory)
    if hasVariables {
      environment["NB_PROGRESS_STYLE"] = "blocks"
      environment["NB_PROGRESS_WIDTH"] = "20"
    }
    let process = try PtyProcess(
      [
        NB.path, "db", "load", directory.file("app.db"), "t", rows, "--create", "--config", config,
      ] + flags, environment: environment, columns: 120)
    try process.wait("a bar like \(bar)") {
      $0.text.range(of: bar, options: .regularExpression) != nil
    }
    #expect(try process.finish() == .exited(0))
    #expect(bar.hasPrefix("%") == !process.output.contains(/[▕=]/))
  }

  /// A file that stdin comes from has a size as well; a pipe has none.
  @Test(arguments: [
    ("load app.db t - --create < rows.csv", true),
    ("load app.db t - --create < <(cat rows.csv)", false),
  ])
  func aRedirectedFileHasAPercentage(_ words: String, _ isFile: Bool) throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write(
      "a\n" + (1...400_000).map { "\($0)\n" }.joined(), to: "rows.csv")
    let process = try PtyProcess(
      ["/bin/bash", "-c", "cd '\(directory.path)' && exec '\(NB.path)' db \(words)"],
      environment: NB.environment(home: directory), columns: 120)
    #expect(try process.finish() == .exited(0))
    #expect(process.output.contains("%") == isFile)
  }
}
