import Foundation
import JSON
import TestSupport
import Testing

/// `nb api get --paginate` against a real server.
@Suite(.needsServers) struct APIPagingTests {
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

  private func pages(_ query: String, _ words: String...) throws -> NB.Result {
    try get(["\(server)/pages?\(query)"] + words)
  }

  private static let schemes = [
    ("by=link", "--paginate", "[].id"), ("by=link", "--paginate=link", "[].id"),
    ("by=next", "--paginate=next:.next", ".items[].id"),
    ("by=cursor", "--paginate=cursor:.meta.next_cursor", ".items[].id"),
    ("by=page", "--paginate=page", "[].id"), ("by=offset", "--paginate=offset", "[].id"),
    ("by=offset", "--paginate=offset", "[?id>=0].id"),
  ]

  @Test(arguments: schemes)
  func allPagesAreOneList(_ by: String, _ how: String, _ path: String) throws {
    for (total, size) in [(7, 3), (6, 3), (1, 3), (250, 1)] {
      let result = try pages("\(by)&n=\(total)&size=\(size)", how, "--select", path)
      #expect(result.errors == "")
      #expect(result.output == (0..<total).map { "\($0)\n" }.joined())
      #expect(result.status == 0)
    }
  }

  private func search(_ query: String, _ words: String...) throws -> NB.Result {
    try NB.run(
      ["api", "post", "\(server)/search?\(query)"] + words,
      environment: NB.environment(home: directory), in: directory)
  }

  @Test(arguments: ["text", "object"])
  func aCursorGoesIntoTheContent(_ kind: String) throws {
    let how = "--paginate=body:variables[after]=.end"
    let all = (0..<7).map { "\($0)\n" }.joined()
    let items = try search(
      "n=7&as=\(kind)", "query={}", "variables[x]:=12345678901234567890", how, "--select",
      ".nodes[].id")
    #expect(items.errors == "")
    #expect(items.output == all)
    try directory.write(#"{"variables": null, "q": 1.50}"#, to: "query.json")
    let asked = try search(
      "n=7&as=\(kind)", "--body", "query.json", how, "--select", ".asked")
    #expect(asked.output.hasPrefix(#"{"variables":null,"q":1.50}"# + "\n"))
    let cursor = kind == "object" ? #"{"at":6}"# : #""6""#
    #expect(asked.output.contains(#"{"variables":{"after":\#(cursor)},"q":1.50}"#))
    let none = try search("n=7&as=\(kind)", "-v", how, "--select", ".nodes[].id")
    #expect(none.output == all)
    #expect(none.errors.contains("Content-Type: application/json"))
  }

  @Test func aCursorThatDoesNotFitTheContentIsSaid() throws {
    let how = "--paginate=body:variables[after]=.end"
    let loop = try search("n=7&as=loop", how, "--select", ".nodes[].id")
    #expect(loop.status == 76)
    #expect(loop.errors.contains(#"leads to "1" again"#))
    let form = try search("n=7", "--form", "a=1", how)
    #expect(form.status == 2)
    #expect(form.errors.contains("no JSON"))
    let other = try search("n=7", "variables=text", how, "--select", ".nodes[].id")
    #expect(other.status == 2)
    #expect(other.errors.contains("does not fit"))
    for (text, place) in [
      ("body", "FIELD=PATH"), ("body:.end", "FIELD=PATH"), ("body:a[=.x", "brackets"),
    ] {
      let wrong = try search("n=7", "--paginate=\(text)")
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains(place), "\(wrong.errors)")
    }
    let limited = try search("n=7", how, "--max-pages", "1", "--select", ".nodes[].id")
    #expect(limited.errors.contains(#"with "3""#))
  }

  @Test func aFilterThatLeavesNothingEndsNoPages() throws {
    let result = try pages("by=page&n=9&size=3", "--paginate=page", "--select", "[?id==7].id")
    #expect(result.output == "7\n")
  }

  @Test func pagesComeOverOneConnectionOfHTTP2() throws {
    let nginx = try TestServers.nginx
    let result = try get([
      "\(nginx.origin)/to/pages?by=cursor&n=70&size=7", "--cacert", TestServers.authority,
      "--paginate=cursor:.meta.next_cursor", "--select", ".items[].id", "-v", "--stats",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == (0..<70).map { "\($0)\n" }.joined())
    #expect(result.errors.components(separatedBy: "< HTTP/2 200").count == 11)
    #expect(result.errors.contains("connections 1,"), "\(result.errors)")
  }

  @Test func withoutSelectElementsAreLines() throws {
    let result = try pages("by=link&n=3&size=2", "--paginate")
    #expect(
      result.output
        == (0..<3).map { #"{"id":\#($0),"name":"item \#($0)","token":null}"# + "\n" }
        .joined())
    let array = try pages("by=link&n=3&size=2", "--paginate", "-o", "json", "--select", "[].id")
    #expect(array.output == "[0,1,2]\n")
    let table = try pages("by=link&n=3&size=2", "--paginate", "-o", "csv")
    #expect(table.output == "id,name,token\n0,item 0,\n1,item 1,\n2,item 2,\n")
  }

  @Test func aBusyServerIsWaitedFor() throws {
    let result = try pages(
      "by=link&n=7&size=3&busy=2&key=\(UUID().uuidString)", "--paginate", "--select", "[].id")
    #expect(result.status == 0)
    #expect(result.output == "0\n1\n2\n3\n4\n5\n6\n")
  }

  @Test func aBrokenPageKeepsWhatIsPrinted() throws {
    let result = try pages(
      "by=link&n=7&size=3&broken=2", "--paginate", "--select", "[].id", "--retries", "0")
    #expect(result.status == 1)
    #expect(result.output == "0\n1\n2\n")
    #expect(result.errors.contains("answers 500"))
    #expect(result.errors.contains("\n  broken\n"))
    #expect(
      result.errors.contains("3 records of 1 page were printed; the next one is \(server)/pages"))
    let first = try pages(
      "by=link&n=7&size=3&broken=1", "--paginate", "--select", "[].id", "--retries", "0")
    #expect(first.status == 1)
    #expect(first.output == "broken\n")
    let table = try pages(
      "by=link&n=7&size=3&broken=3", "--paginate", "-o", "table", "--retries", "0")
    #expect(table.output.contains("item 5"))
    let array = try pages(
      "by=link&n=7&size=3&broken=3", "--paginate", "-o", "json", "--retries", "0")
    #expect(!array.output.hasSuffix("]\n"))
  }

  @Test(arguments: [
    ("by=link", "--paginate", "circles"),
    ("by=next", "--paginate=next:.next", "circles"),
    ("by=cursor", "--paginate=cursor:.meta.next_cursor", "circles"),
    ("by=page", "--paginate=page", "the same as the one before"),
  ])
  func pagesWithoutEndAreNoticed(_ by: String, _ how: String, _ message: String) throws {
    let result = try pages("\(by)&n=7&size=3&loop=1", how)
    #expect(result.status == 76)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func theLimitIsSaid() throws {
    let result = try pages(
      "by=link&n=7&size=3", "--paginate", "--max-pages", "2", "--select", "[].id")
    #expect(result.status == 0)
    #expect(result.output == "0\n1\n2\n3\n4\n5\n")
    #expect(
      result.errors == "nb: stopped behind page 2 (--max-pages); the next is "
        + "\(server)/pages?by=link&n=7&size=3&page=3\n")
    let enough = try pages("by=link&n=6&size=3", "--paginate", "--max-pages", "2")
    #expect(enough.errors == "")
    let none = try get(["\(server)/echo", "--paginate"])
    #expect(none.errors.contains("has no Link field"))
  }

  @Test func credentialsStayWithTheirOrigin() throws {
    let away = server.replacingOccurrences(of: "localhost", with: "127.0.0.1")
    #expect(away != server)
    let result = try pages(
      "by=link&n=7&size=3&away=\(away)", "--paginate", "--bearer", "t0ken", "--select", "[].token")
    #expect(result.output == "Bearer t0ken\nBearer t0ken\nBearer t0ken\n\\N\n\\N\n\\N\n\\N\n")
    #expect(result.errors.contains("page 2 is at \(away): no credentials go along"))
    let same = try pages(
      "by=link&n=4&size=3", "--paginate", "--bearer", "t", "--select", "[].token")
    #expect(same.output == String(repeating: "Bearer t\n", count: 4))
    #expect(same.errors == "")
  }

  @Test func aProfileKnowsItsPages() throws {
    _ = try directory.write(
      "[profile.p]\nbase_url = \"\(server)\"\npaginate = \"cursor:.meta.next_cursor\"\n",
      to: "nb.toml")
    let result = try get([
      "@p", "/pages?by=cursor&n=5&size=2", "--paginate", "--select", ".items[].id",
    ])
    #expect(result.output == "0\n1\n2\n3\n4\n", "\(result.errors)")
    _ = try directory.write(
      "[profile.p]\nbase_url = \"\(server)\"\npaginate = \"cursr\"\n", to: "nb.toml")
    let wrong = try get(["@p", "/echo"])
    #expect(wrong.status == 78)
    #expect(wrong.errors.contains("did you mean 'cursor'"))
  }

  @Test func aPagesRecordsDoNotWaitForTheNext() throws {
    // The second page is asked for again much later.
    let running = try NB.start(
      [
        "api", "get", "\(server)/pages?by=link&n=7&size=3&broken=2", "--paginate", "--select",
        "[].id", "--retry-backoff", "10m",
      ], environment: NB.environment(home: directory), in: directory)
    try running.waitForOutput("2\n")
    running.send(SIGINT)
    #expect(try running.finish().output == "0\n1\n2\n")
  }

  @Test func ctrlCKeepsWhatIsPrinted() throws {
    let running = try NB.start(
      [
        "api", "get", "\(server)/pages?by=link&n=70000&size=1", "--paginate", "--select", "[].{id}",
        "-o", "csv",
      ], environment: NB.environment(home: directory), in: directory)
    try running.waitUntilBusy()
    running.send(SIGINT)
    let result = try running.finish()
    #expect(result.status != 0)
    let lines = result.output.split(separator: "\n")
    if !lines.isEmpty {
      #expect(lines[0] == "id")
      #expect(lines.dropFirst().enumerated().allSatisfy { $0.element == "\($0.offset)" })
    }
  }

  @Test func whatDoesNotGoWithPagesIsRefused() throws {
    for words in [
      ["--max-pages", "2"], ["--paginate=curser:.a"], ["--paginate", "--expect", "status=200"],
      ["--paginate", "--download", "f"], ["--paginate", "-i"],
      ["--paginate=page", "--select", "{a}"],
      ["--paginate", "--max-pages", "0"],
    ] {
      let result = try get(["\(server)/echo"] + words)
      #expect(result.status == 2, "\(words)")
      #expect(result.output == "")
    }
  }
}
