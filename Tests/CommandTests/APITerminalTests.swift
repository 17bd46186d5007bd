import Foundation
import TestSupport
import Testing

/// `nb api` in front of a person: what a terminal gets, and is kept from.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APITerminalTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func start(
    _ words: [String], environment: [String: String] = [:]
  ) throws -> PtyProcess {
    try PtyProcess(
      [NB.path, "api"] + words,
      environment: NB.environment(home: directory).merging(environment) { $1 }, columns: 200)
  }

  private func run(_ words: String...) throws -> NB.Result {
    try NB.run(
      ["api"] + words, environment: NB.environment(home: directory), in: directory)
  }

  private func contentURL(_ text: String, type: String) throws -> String {
    func encoded(_ text: String) throws -> String {
      try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    }
    return "\(server)/content?text=\(try encoded(text))&type=\(try encoded(type))"
  }

  // MARK: Content

  private static let hostile =
    "{\"a\":\"\u{1B}[31mX\u{7}\u{9B}31m\u{202E}\u{2066}\u{200F}é\"}\n\u{1B}]0;title\u{7}"

  @Test(arguments: ["application/json", "application/problem+json", "application/x-ndjson"])
  func jsonCannotSteerTheTerminal(_ type: String) throws {
    let url = try contentURL(Self.hostile, type: type)
    for environment in [["NO_COLOR": "1"], [:]] {
      let terminal = try start(["get", url], environment: environment)
      #expect(try terminal.finish() == .exited(0))
      let shown = terminal.screen.text
      #expect(
        shown.contains(#""a": "\u001b[31mX\u0007\u009b31m\u202e\u2066\u200fé""#), "\(shown)")
      #expect(shown.contains(#"\x1b"#))
      #expect(shown.contains(#"0;title\x07"#))
      #expect(!terminal.bytes.contains(7))
      for control: Unicode.Scalar in ["\u{9B}", "\u{202E}", "\u{2066}", "\u{200F}"] {
        #expect(!terminal.output.unicodeScalars.contains(control))
      }
      #expect(!terminal.output.contains("\u{1B}[31m"))
      #expect(!terminal.output.contains("\u{1B}]"))
    }
    #expect(try run("get", url).output == Self.hostile)
  }

  @Test func charactersThatArriveInPartsStayWhole() throws {
    let text = "\"" + String(repeating: "é😀", count: 1000) + "\""
    let terminal = try start(
      ["get", try contentURL(text, type: "application/json")], environment: ["NO_COLOR": "1"])
    #expect(try terminal.finish() == .exited(0))
    #expect(terminal.output == text + "\r\n")
  }

  @Test func aDryRunsBodyEndsItsLineOnATerminalAlone() throws {
    let words = ["post", "\(server)/echo", "name=Ada", "--dry-run"]
    let terminal = try start(words)
    #expect(try terminal.finish() == .exited(0))
    #expect(terminal.output.hasSuffix("\r\n\r\n{\"name\":\"Ada\"}\r\n"), "\(terminal.output)")
    let piped = try run("post", "\(server)/echo", "name=Ada", "--dry-run")
    #expect(piped.output.hasSuffix("\n\n{\"name\":\"Ada\"}"))
  }

  // MARK: Batches

  @Test(arguments: [[], ["--ordered"]])
  func aBatchDrawsNoProgressBetweenItsResultsAndCannotSteer(_ flags: [String]) throws {
    let text = try contentURL("{\"a\":\t\"\u{9B}31m\u{202E}\"}", type: "application/json")
    let lines = [300, 600, 900].map { #"{"url":"\#(server)/slow-head?ms=\#($0)"}"# }
    let file = try directory.write(
      (lines + [#"{"id":"odd","url":"\#(text)"}"#]).joined(separator: "\n"), to: "in.ndjson")
    let terminal = try start(["batch", file, "--jobs", "4"] + flags)
    #expect(try terminal.finish() == .exited(0))
    let shown = terminal.output
    #expect(!shown.contains("ETA") && !shown.contains("\u{1B}"), "\(shown)")
    #expect(shown.contains("{\"a\":\t\"\\u009b31m\\u202e\"}"))
    let results = shown.split(separator: "\r\n").filter { $0.hasPrefix("{\"id\":") }
    #expect(results.count == 4)
    #expect(results.allSatisfy { $0.hasSuffix("}") })
    #expect(try run("batch", file).output.contains("{\"a\":\t\"\u{9B}31m\u{202E}\"}"))
  }

  @Test func aBatchWithoutRequestsSaysWhatIsMissing() throws {
    for words in [["batch"], ["batch", server]] {
      let terminal = try start(words)
      #expect(try terminal.finish() == .exited(2))
      #expect(terminal.output.contains("no requests given"))
      #expect(terminal.output.contains("name a FILE, or pipe them in"), "\(terminal.output)")
    }
    let typed = try start(["batch", server, "-"])
    typed.type("{\"id\":\"typed\",\"path\":\"/slow-head\"}\n\u{4}")
    #expect(try typed.finish() == .exited(0))
    #expect(typed.output.contains(#"{"id":"typed","status":200,"body":"late\n""#))
  }

  // MARK: Failures

  @Test func aLongWaitForTheNextAttemptIsAnnounced() throws {
    let url = "\(server)/flaky?fail=1&after=2&key="
    let waited = try run("get", url + UUID().uuidString)
    #expect(waited.output == "answered request 2\n")
    #expect(
      waited.errors.contains("answers 503; trying again in 2 s (1 of 4)\n"), "\(waited.errors)")
    #expect(try run("get", url + UUID().uuidString, "--quiet").errors == "")
    let brief = try run(
      "get", "\(server)/flaky?fail=2&key=\(UUID())", "--retry-backoff", "1ms")
    #expect(brief.output == "answered request 3\n")
    #expect(brief.errors == "")
  }

  @Test func aRefusedConnectionIsSaidOnceWithItsReason() throws {
    let refused = try run("get", "http://localhost:1/")
    #expect(refused.status == 69)
    #expect(refused.errors.hasPrefix("nb: cannot connect to localhost:1: connection refused\n"))
    let proxied = try run("get", "http://example.invalid/", "--proxy", "http://127.0.0.1:1")
    #expect(proxied.status == 69)
    #expect(
      proxied.errors.hasPrefix(
        "nb: cannot connect to example.invalid: "
          + "Failed to connect to 127.0.0.1 port 1: connection refused\n"),
      "\(proxied.errors)")
    let missing = try run(
      "get", "http://localhost/", "--unix-socket", directory.file("none.sock"))
    #expect(
      missing.errors.hasPrefix("nb: cannot connect to localhost: no such file or directory\n"),
      "\(missing.errors)")
  }

  @Test(arguments: [
    ["--cacert", "missing"], ["f@missing"], ["f=@missing"], ["--body", "missing"],
  ])
  func aFileToReadThatIsMissingHasAHintOfItsPath(_ words: [String]) throws {
    let result = try NB.run(["api", "post", "\(server)/echo"] + words, in: directory)
    #expect(result.status == 66)
    #expect(result.errors.contains("cannot read missing: no such file or directory"))
    #expect(result.errors.contains("hint: check the path\n"), "\(result.errors)")
  }
}
