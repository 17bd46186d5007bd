import Foundation
import JSON
import TestSupport
import Testing

/// `nb api get --select` against a real server: records out, and how it ends.
@Suite(.needsServers) struct APISelectTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func get(_ words: [String]) throws -> NB.Result {
    try NB.run(
      ["api", "get"] + words, environment: NB.environment(home: directory), in: directory)
  }

  /// A response with this content.
  private func select(
    _ path: String?, in text: String, type: String = "application/json", _ words: String...
  ) throws -> NB.Result {
    let selection = path.map { ["--select", $0] } ?? []
    return try get(
      ["\(server)/content", "text==\(text)", "type==\(type)"] + selection + words)
  }

  private let users = #"""
    [{"id": 1, "name": "Ada, C", "score": 1.50, "tags": ["x", "y"], "boss": null},
     {"id": 12345678901234567890, "name": "B\nob", "score": -0, "tags": [], "ok": true}]
    """#

  @Test(arguments: [
    (
      "csv",
      "id,name,s,tags\n1,\"Ada, C\",1.50,\"[\"\"x\"\",\"\"y\"\"]\"\n"
        + "12345678901234567890,\"B\nob\",-0,[]\n"
    ),
    ("tsv", "1\tAda, C\t1.50\t[\"x\",\"y\"]\n12345678901234567890\tB\\nob\t-0\t[]\n"),
    (
      "json",
      #"[{"id":1,"name":"Ada, C","s":1.50,"tags":["x","y"]},"#
        + #"{"id":12345678901234567890,"name":"B\nob","s":-0,"tags":[]}]"# + "\n"
    ),
    (
      "ndjson",
      #"{"id":1,"name":"Ada, C","s":1.50,"tags":["x","y"]}"# + "\n"
        + #"{"id":12345678901234567890,"name":"B\nob","s":-0,"tags":[]}"# + "\n"
    ),
  ])
  func fieldsAreColumnsInEveryFormat(_ format: String, _ expected: String) throws {
    let result = try select("[].{id, name, s: score, tags}", in: users, "-o", format)
    #expect(result.errors == "")
    #expect(result.output == expected)
    #expect(result.status == 0)
  }

  @Test func tablesAndTheRestAreTheRenderersOfAllCommands() throws {
    let table = try select("[].{id: id, n: name}", in: #"[{"id":7,"name":"a"}]"#, "-o", "table")
    #expect(table.output == " id │ n\n────┼───\n  7 │ a\n" || table.output.contains(" 7 "))
    let vertical = try select("[]", in: #"[{"id":7}]"#, "-o", "vertical")
    #expect(vertical.output.contains("id"))
    let markdown = try select("[]", in: #"[{"id":7}]"#, "-o", "markdown")
    #expect(markdown.output.hasPrefix("| id"))
    let bare = try select("[].{id, name}", in: users, "--header", "-o", "tsv")
    #expect(bare.output.hasPrefix("id\tname\n1\t"))
  }

  @Test func oneValueIsReadyForAScript() throws {
    #expect(try select(".a.b[1]", in: #"{"a":{"b":["x","y\tz"]}}"#).output == "y\\tz\n")
    #expect(try select("length([?ok])", in: users).output == "1\n")
    #expect(try select(".a", in: #"{"a":null}"#).output == "\\N\n")
  }

  @Test func membersAreColumnsWithoutFields() throws {
    let result = try select("[]", in: users, "-o", "csv")
    #expect(
      result.output.hasPrefix("id,name,score,tags,boss,ok\n1,\"Ada, C\",1.50,"), "\(result.output)")
    #expect(result.output.contains(",,true\n"))
    let shapes = try select(nil, in: #"[{"a": 1}, 2, "x", {"b": [1, 2]}]"#, "-o", "ndjson")
    #expect(shapes.output == "{\"a\":1}\n2\n\"x\"\n{\"b\":[1,2]}\n")
    #expect(try select("$", in: "[]", "-o", "json").output == "[]\n")
    #expect(try select("$", in: "[]", "-o", "csv").output == "")
    let mixed = try select("$", in: #"[{"a": 1}, 2]"#)
    #expect(mixed.output == "{\"a\":1}\n2\n")
  }

  @Test func aLateMemberHasNoColumn() throws {
    let rows = (0..<1000).map { "{\"a\":\($0)}\n" }.joined()
    let result = try select("$", in: rows + "{\"a\":1,\"b\":2}", "-o", "csv")
    #expect(result.status == 65)
    #expect(result.output.hasSuffix("999\n"))
    #expect(result.errors.contains("record 1001 has a member \"b\""), "\(result.errors)")
    #expect(result.errors.contains("hint: {a, b}"))
  }

  @Test func aStreamsRecordsComeAtOnce() throws {
    let running = try NB.start(
      ["api", "get", "\(server)/lines?n=2&ms=60000", "--select", "n"],
      environment: NB.environment(home: directory), in: directory)
    try running.waitForOutput("0\n")
    running.send(SIGINT)
    let result = try running.finish()
    #expect(result.output == "0\n")
  }

  @Test func aRefusalIsPrintedAsItIs() throws {
    let refused = try get([
      "\(server)/content", "text=={\"a\": 1}", "code==404", "--select", ".a",
    ])
    #expect(refused.status == 66)
    #expect(refused.output == "{\"a\": 1}")
    let allowed = try get([
      "\(server)/content", "text=={\"a\": 1}", "code==404", "--select", ".a", "--allow-status",
      "404",
    ])
    #expect(allowed.status == 0)
    #expect(allowed.output == "1\n")
  }

  @Test(arguments: [
    ("$", "<html>", "text/html", "gives no JSON", "text/html"),
    ("$", "{\"a\": [1, 2", "application/json", "not complete", "complete?"),
    (".a.b", "{\"a\": [1]}", "application/json", "$.a is an array", "$.a[].b"),
    ("$", "", "application/json", "no content to select from", "-v"),
  ])
  func contentThatDoesNotFitIsFaulty(
    _ path: String, _ text: String, _ type: String, _ message: String, _ hint: String
  ) throws {
    let result = try select(path, in: text, type: type)
    #expect(result.status == 65)
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains(hint), "\(result.errors)")
    #expect(result.errors.contains("\(server)/content"))
  }

  @Test func whatIsMissingIsSaid() throws {
    let result = try select(".itms[].id", in: #"{"items":[]}"#)
    #expect(result.status == 0)
    #expect(result.output == "")
    #expect(result.errors.contains("nothing is at $.itms in"))
  }

  @Test func whatExcludesItselfIsRefused() throws {
    for words in [
      ["--select", "[", "u"], ["--select", ".a", "--download", "f"], ["--select", ".a", "-i"],
      ["-o", "xml"],
    ] {
      #expect(try get(["\(server)/echo"] + words.filter { $0 != "u" }).status == 2, "\(words)")
    }
    let result = try get(["\(server)/echo", "--select", ".a..b"])
    #expect(
      result.errors
        == "nb: --select: expected a name behind the dot; an odd one in quotes: [\"odd key\"]\n"
        + "  .a..b\n     ^\nhint: see `nb help select`\n")
    #expect(
      try NB.run(["api", "head", "\(server)/echo", "--select", ".a"], in: directory).status == 2)
  }

  @Test func aCutResponseKeepsWhatHasCome() throws {
    let result = try get([
      "\(server)/array?n=5000&in=items&cut=3000", "--select", ".items[].{id, user.login}",
      "--retries",
      "0", "-o", "csv",
    ])
    #expect(result.status == 75)
    let lines = result.output.split(separator: "\n")
    #expect(lines[0] == "id,user.login")
    #expect(lines.count > 2000 && lines.count < 3002)
    #expect(lines.last?.hasPrefix("\(lines.count - 2),u") ?? false)
  }
}
