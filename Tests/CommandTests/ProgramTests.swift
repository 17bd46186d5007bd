import Foundation
import TestSupport
import Testing

/// What holds for nb whatever the command: streams, statuses, global flags.
@Suite struct ProgramTests {
  @Test(arguments: [[], ["db"], ["-q", "db"]])
  func withoutACommandTheOverviewGoesToStderr(_ arguments: [String]) throws {
    let result = try NB.run(arguments)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.contains("Commands:\n"))
  }

  @Test(arguments: [
    ["help"], ["--help"], ["-h"], ["db", "-h"], ["help", "db"], ["db", "--help"],
  ])
  func askedForTheOverviewGoesToStdout(_ arguments: [String]) throws {
    let result = try NB.run(arguments)
    #expect(result.status == 0)
    #expect(result.output.contains("Commands:\n"))
    #expect(result.errors == "")
  }

  @Test(arguments: [
    "targets", "formats", "parameters", "exit-status", "configuration", "environment",
  ])
  func everyTopicHasAPage(_ topic: String) throws {
    let result = try NB.run(["help", topic])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("\(topic) - "))
    #expect(result.output.split(separator: "\n").count > 8)
  }

  @Test func helpOnACommandIsItsFullHelp() throws {
    let help = try NB.run(["help", "db", "query"])
    #expect(help.output == (try NB.run(["db", "query", "--help"])).output)
    #expect(help.output.contains("--error-format FORMAT"))
    let brief = try NB.run(["db", "query", "-h"])
    #expect(!brief.output.contains("--error-format"))
    #expect(brief.output.contains("Examples:"))
  }

  @Test func anUnknownTopicIsAUsageErrorWithASuggestion() throws {
    let result = try NB.run(["help", "fromats"])
    #expect(result.status == 2)
    #expect(
      result.errors == """
        nb: no command or topic is called 'fromats'
        hint: did you mean 'nb help formats'?

        """)
  }

  @Test func aSuggestionIsNeverRun() throws {
    let home = try TemporaryDirectory()
    let result = try NB.run(["db", "exce", "new.db", "create table t(a)", "--create"], in: home)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.errors.contains("did you mean 'nb db exec'?"))
    #expect(!FileManager.default.fileExists(atPath: home.file("new.db")))
  }

  @Test(arguments: [
    (["db", "query", "--error-format", "json"], [:]),
    (["--error-format=json", "db", "query"], [:]),
    (["db", "query"], ["NB_ERROR_FORMAT": "json"]),
    (["frobnicate", "--error-format=json"], [:]),
    (["db", "query", "x", "--bogus"], ["NB_ERROR_FORMAT": "json"]),
  ])
  func usageErrorsAreJSONWhenAskedFor(
    _ arguments: [String], _ environment: [String: String]
  ) throws {
    let result = try NB.run(arguments, environment: environment)
    #expect(result.status == 2)
    #expect(result.errors.split(separator: "\n").count == 1)
    let object = try #require(
      JSONSerialization.jsonObject(with: result.stderr) as? [String: Any])
    #expect(object["kind"] as? String == "usage")
    #expect(object["status"] as? Int == 2)
    #expect(object.count == 8)
  }

  @Test func theFlagComesBeforeTheVariable() throws {
    let result = try NB.run(
      ["db", "query", "--error-format", "text"], environment: ["NB_ERROR_FORMAT": "json"])
    #expect(result.errors.hasPrefix("nb: "))
  }

  @Test func errorsAreColouredOnlyWhenAskedFor() throws {
    #expect(!(try NB.run(["db", "query", "none.db", "select 1"])).errors.contains("\u{1B}"))
    let coloured = try NB.run(["db", "query", "none.db", "select 1", "--color", "always"])
    #expect(coloured.errors.contains("\u{1B}["))
  }

  @Test func statsGoToStderr() throws {
    let text = try NB.run(["db", "query", ":memory:", "select 1", "--stats"])
    #expect(text.output == "1\n")
    #expect(text.errors.hasPrefix("stats: connect "))
    #expect(text.errors.contains("rows 1, "))
    let json = try NB.run(["db", "query", ":memory:", "select 1 where 0", "--stats=json"])
    let object = try #require(JSONSerialization.jsonObject(with: json.stderr) as? [String: Any])
    #expect(object["rows"] as? Int == 0)
    #expect(object["first_row_ms"] is NSNull)
    #expect((object["total_ms"] as? Double ?? 0) > 0)
  }

  @Test func aLinkNamedAfterAGroupIsThatGroup() throws {
    let home = try TemporaryDirectory()
    let link = home.file("nb-db")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: NB.path)
    let result = try NB.shell("./nb-db query :memory: 'select 42'", in: home)
    #expect(result.output == "42\n")
    #expect(result.status == 0)
  }

  @Test func anArgumentThatIsNotUTF8IsRefused() throws {
    let home = try TemporaryDirectory()
    let result = try NB.shell("nb db query $'caf\\xe9.db' 'select 1'", in: home)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("nb: argument 3 is not valid UTF-8: 'caf"))
  }

  @Test func aReaderThatGoesAwayEndsNbSilently() throws {
    let home = try TemporaryDirectory()
    let rows = "with recursive c(x) as (select 1 union all select x + 1 from c) select x from c"
    let result = try NB.shell(
      "nb db query :memory: '\(rows) limit 100000' | true; echo ${PIPESTATUS[0]}", in: home)
    #expect(result.output == "141\n")
    #expect(result.errors == "")
  }

  @Test func aFullDiskUnderStdoutIsAnIOError() throws {
    let home = try TemporaryDirectory()
    let result = try NB.shell("nb --version >/dev/full", in: home)
    #expect(result.status == 74)
    #expect(
      result.errors
        == "nb: cannot write to stdout: no space left on device\n"
        + "hint: free some space on that disk\n")
  }

  @Test(arguments: [["--timeout", "soon"], ["--timeout=-1"]])
  func aTimeoutThatIsNoneIsAUsageError(_ flag: [String]) throws {
    let result = try NB.run(["db", "query", ":memory:", "select 1"] + flag)
    #expect(result.status == 2)
    #expect(result.errors.contains("--timeout takes a duration such as 500ms, 30s or 5m"))
  }
}
