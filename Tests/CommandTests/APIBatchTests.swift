import Foundation
import JSON
import TestSupport
import Testing

/// `nb api batch` against real servers: what is sent, what comes out, how it ends.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APIBatchTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func batch(
    _ words: [String], _ lines: [String], environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(
      ["api", "batch"] + words, input: Data(lines.map { $0 + "\n" }.joined().utf8),
      environment: environment, in: directory)
  }

  private func results(_ result: NB.Result) throws -> [JSONValue] {
    try result.output.split(separator: "\n").map { try JSONParser.parse(String($0)) }
  }

  private func count(_ key: String) throws -> String {
    try NB.run(["api", "get", "\(server)/count?key=\(key)"], in: directory).output
  }

  // MARK: What is sent

  @Test func aLineSaysAllOfARequest() throws {
    _ = try directory.write("from a file", to: "body.txt")
    let result = try batch(
      [server],
      [
        #"{"id":{"row":1},"method":"post","path":"/echo?a=1","query":{"q":"x y","n":[1,2.50]},"#
          + #""headers":{"X-A":["1","2"],"Accept":null},"body":{"name":"Ada", "n":1.50}}"#,
        #"{"method":"PUT","url":"\#(server)/echo","body":"plain \u00e9"}"#,
        #"{"method":"PUT","path":"/echo","body_base64":"AAH/"}"#,
        #"{"method":"PATCH","path":"/echo","body_file":"body.txt","headers":{"content-type":"x/y"}}"#,
        #"{"path":"/echo","body":null}"#,
      ])
    #expect(result.status == 0, "\(result.errors)")
    var byID: [String: JSONValue] = [:]
    for line in try results(result) { byID[line["id"]?.text() ?? ""] = line }
    let full = try #require(byID[#"{"row":1}"#]?["body"])
    #expect(full["method"]?.string == "POST")
    #expect(full["target"]?.string == "/echo?a=1&q=x%20y&n=1&n=2.50")
    #expect(full["body"]?.string == #"{"name":"Ada", "n":1.50}"#)
    #expect(fields("x-a", full) == ["1", "2"])
    #expect(fields("content-type", full) == ["application/json"])
    #expect(byID["2"]?["body"]?["body"]?.string == "plain é")
    #expect(byID["3"]?["body"]?["body"]?["base64"]?.string == "AAH/")
    #expect(byID["4"]?["body"]?["body"]?.string == "from a file")
    #expect(fields("content-type", try #require(byID["4"]?["body"])) == ["x/y"])
    #expect(byID["5"]?["body"]?["size"] == 0)
    for line in byID.values {
      #expect(line["status"] == 200)
      #expect(line["attempts"] == 1)
      #expect((line["ms"]?.double ?? 0) > 0)
      #expect(line["error"] == nil)
    }
  }

  private func fields(_ name: String, _ request: JSONValue) -> [String] {
    (request["headers"]?.array ?? []).filter { $0[0]?.string?.lowercased() == name }
      .compactMap { $0[1]?.string }
  }

  @Test func bodiesComeAsWhatTheyAre() throws {
    let nginx = try TestServers.nginx
    let result = try batch(
      [nginx.origin, "--cacert", TestServers.authority, "--ordered", "-i"],
      [
        #"{"path":"/a.json"}"#, #"{"path":"/16m.bin"}"#, #"{"path":"/none"}"#,
        #"{"path":"/1k.txt"}"#,
      ]
    )
    let lines = try results(result)
    #expect(lines.count == 4)
    #expect(lines[0]["body"]?.text() == #"{"a":[1,{"b":null}],"name":"Ada"}"#)
    #expect(lines[0]["headers"]?["content-type"]?.string == "application/json")
    // Just at the limit.
    let bytes = lines[1]["body_base64"]?.string.flatMap { Data(base64Encoded: $0) }
    #expect(bytes?.count == 16 << 20)
    #expect(lines[2]["status"] == 404)
    #expect(lines[2]["kind"]?.string == "notFound")
    #expect(lines[2]["body"]?.string?.contains("404 Not Found") == true)
    #expect(lines[3]["body"]?.string == String(repeating: "a", count: 1024))
    #expect(result.status == 1)
    #expect(result.errors.contains("4 requests: 3 went well, 1 failed"))
  }

  @Test func onlyTheTargetsOriginGetsCredentials() throws {
    let other = try TestServers.nginxWithoutTLS.origin
    _ = try directory.write(
      """
      [profile.api]
      base_url = "\(server)"
      auth.token = "t0psecret"
      headers.X-Api-Key = "k1"
      headers.X-Team = "core"
      """, to: "nb.toml")
    let result = try batch(
      ["@api", "--ordered"], [#"{"path":"/echo"}"#, #"{"url":"\#(other)/to/echo"}"#])
    let lines = try results(result)
    let own = try #require(lines[0]["body"])
    #expect(fields("authorization", own) == ["Bearer t0psecret"])
    #expect(fields("x-api-key", own) == ["k1"])
    let foreign = try #require(lines[1]["body"])
    #expect(fields("authorization", foreign) == [])
    #expect(fields("x-api-key", foreign) == [])
    #expect(fields("x-team", foreign) == ["core"])
    let without = try batch(["--bearer", "t0psecret"], [#"{"url":"\#(server)/echo"}"#])
    #expect(without.status == 2)
    #expect(without.errors.contains("no target that they are for"))
  }

  // MARK: How it ends

  @Test func oneBadLineDoesNotStopTheOthers() throws {
    let result = try batch(
      ["--ordered"],
      [
        #"{"url":"\#(server)/status?code=200"}"#, "", "{no json", #"["array"]"#,
        #"{"id":"typo","url":"\#(server)/","metod":"GET"}"#, #"{"id":7,"path":"/x"}"#,
        #"{"url":"\#(server)/","body":1,"body_file":"x"}"#, #"{"url":"ftp://host/"}"#,
        #"{"url":"\#(server)/","headers":{"a b":"c"}}"#, #"{"url":"\#(server)/","method":"G T"}"#,
        #"{"url":"\#(server)/","body_base64":"%%"}"#, #"{"url":"\#(server)/","url":"x"}"#,
        #"{"url":"\#(server)/","body_file":"missing"}"#, #"{"url":"http://host\r\nX: y/"}"#,
        #"{"url":"\#(server)/status?code=200"}"#,
      ])
    #expect(result.status == 65)
    let lines = try results(result)
    #expect(lines.count == 14)
    #expect(lines[0]["status"] == 200)
    #expect(lines[13]["status"] == 200)
    #expect(lines[13]["id"] == 15)
    #expect(lines[1..<13].allSatisfy { $0["error"] != nil && $0["status"] == nil })
    #expect(lines[3]["id"]?.string == "typo")
    #expect(lines[3]["error"]?.string == "a request has no member 'metod'")
    #expect(lines[3]["line"] == 5)
    #expect(result.errors.contains("nb: line 3:2: no JSON of a request"))
    #expect(result.errors.contains("nb: line 5: a request has no member 'metod'"))
    #expect(result.errors.contains("14 requests: 2 went well, 12 lines not sent"))
  }

  @Test func theKindsOfFailuresDecide() throws {
    let lines = [
      #"{"url":"\#(server)/status?code=503"}"#, #"{"url":"\#(server)/truncated"}"#,
      #"{"url":"\#(server)/reset?bytes=3"}"#,
    ]
    let flags = ["--retries", "1", "--retry-backoff", "1ms", "--ordered"]
    let passing = try batch(flags, lines)
    #expect(passing.status == 75)
    let results = try results(passing)
    #expect(results[0]["attempts"] == 2)
    #expect(results[0]["body"]?.string == "the content of a status\n")
    // What has arrived of it is no result.
    #expect(results[1]["status"] == nil)
    #expect(results[1]["body"] == nil)
    let mixed = try batch(flags, lines + [#"{"url":"\#(server)/status?code=404"}"#])
    #expect(mixed.status == 1)
    let allowed = try batch(
      flags + ["--allow-status", "404"], [#"{"url":"\#(server)/status?code=404"}"#])
    #expect(allowed.status == 0)
    #expect(allowed.errors == "")
  }

  @Test func triesAgainAndKeepsLargeBodiesOut() throws {
    let key = UUID().uuidString
    let result = try batch(
      ["--retry-backoff", "1ms", "--max-size", "1k", "--ordered"],
      [
        #"{"url":"\#(server)/flaky?key=\#(key)&fail=2"}"#,
        #"{"url":"\#(server)/bomb?size=100000000"}"#,
        #"{"method":"POST","url":"\#(server)/flaky?key=\#(key)p&fail=1"}"#,
      ])
    let lines = try results(result)
    #expect(lines[0]["attempts"] == 3)
    #expect(lines[0]["body"]?.string == "answered request 3\n")
    #expect(lines[1]["kind"]?.string == "data")
    #expect(lines[2]["status"] == 503)
    #expect(lines[2]["attempts"] == 1)
    #expect(result.status == 1)
  }

  // MARK: Order and flow

  @Test func resultsComeAsTheyAreKnownOrInOrder() throws {
    let lines = [800, 0, 0].map { #"{"id":\#($0),"url":"\#(server)/slow-head?ms=\#($0)"}"# }
    let known = try results(try batch([], lines))
    #expect(known.last?["id"] == 800)
    let ordered = try results(try batch(["--ordered"], lines))
    #expect(ordered.map { $0["id"]?.int64 } == [800, 0, 0])
  }

  @Test func aResultIsThereBeforeTheNextRequestIsWritten() throws {
    let nb = try NB.start(["api", "batch", server], in: directory)
    for number in 1...3 {
      try nb.write(#"{"path":"/echo?n=\#(number)"}"# + "\n")
      try nb.wait { nb.output.contains("/echo?n=\(number)") }
    }
    #expect(try nb.finish().status == 0)
  }

  @Test func inputWithoutEndTakesNoMoreMemory() throws {
    let nginx = try TestServers.nginx
    func peak(_ lines: Int) throws -> Int {
      let result = try NB.shell(
        """
        for ((n = 0; n < \(lines); n++)); do echo '{"path":"/1k.txt"}'; done \
          | /usr/bin/time -f 'peak %M' nb api batch \(nginx.origin) --cacert \(TestServers.authority) \
            --jobs 32 --ordered | tail -n 1
        """, in: directory)
      #expect(result.output.contains(#""id":\#(lines)"#), "\(result.errors)")
      let words = result.errors.split(separator: " ")
      return try #require(words.last.flatMap { Int($0.trimmingCharacters(in: .newlines)) })
    }
    let small = try peak(1000)
    let large = try peak(100_000)
    #expect(large < small + 4096, "\(small) and \(large) KiB")
  }

  @Test func aLaggingHeadStopsTheFeed() throws {
    let stalled = #"{"id":"head","url":"\#(server)/slow-head?ms=2500"}"#
    let key = UUID().uuidString
    let quick = #"{"url":"\#(server)/status?code=200&key=\#(key)"}"#
    _ = try directory.write(
      ([stalled] + Array(repeating: quick, count: 3000)).joined(separator: "\n"), to: "in")
    let nb = try NB.start(["api", "batch", "in", "--ordered", "--jobs", "4"], in: directory)
    try nb.wait { (try? count(key)) == "999" }
    #expect(nb.output == "")
    let result = try nb.finish()
    #expect(try results(result).count == 3001)
    #expect(try results(result)[0]["id"]?.string == "head")
    #expect(try count(key) == "3000")
  }

  // MARK: Going on

  @Test func anInterruptKeepsWhatIsDoneAndTheNextRunDoesTheRest() throws {
    let key = UUID().uuidString
    let lines = (1...40).map { number in
      number <= 30
        ? #"{"id":\#(number),"url":"\#(server)/status?code=200&key=\#(key)"}"#
        : #"{"id":\#(number),"url":"\#(server)/slow-head?ms=60000"}"#
    }
    _ = try directory.write(lines.joined(separator: "\n") + "\n", to: "in")
    let nb = try NB.start(
      ["api", "batch", "in", "--resume", "state", "--jobs", "10"], in: directory)
    try nb.wait { nb.output.split(separator: "\n").count == 30 }
    nb.send(SIGINT)
    let stopped = try nb.finish()
    #expect(stopped.signal == SIGINT)
    #expect(stopped.errors.contains("--resume state goes on from here"))
    #expect(try results(stopped).count == 30)
    // The line that was being written when the machine died.
    let state = try directory.read("state")
    _ = try directory.write(state + "d 31 12", to: "state")
    let rest = try NB.start(
      ["api", "batch", "in", "--resume", "state", "--jobs", "10", "--timeout", "1s"], in: directory)
    let second = try rest.finish()
    #expect(second.status == 124)
    #expect(second.errors.contains("30 done before"))
    #expect(try count(key) == "30")
    #expect(try directory.read("state").split(separator: "\n").count == 31)
  }

  @Test func aStateOfAnotherInputIsRefused() throws {
    let lines = (1...3).map { #"{"url":"\#(server)/echo?n=\#($0)"}"# }
    #expect(try batch(["--resume", "state"], lines).status == 0)
    let again = try batch(["--resume", "state"], lines)
    #expect(again.status == 0)
    #expect(again.output == "")
    let more = try batch(["--resume", "state"], lines + [lines[0]])
    #expect(try results(more).count == 1)
    let others = [
      [lines[1], lines[0], lines[2]], [lines[0], lines[1], lines[0]],
    ]
    for other in others {
      let refused = try batch(["--resume", "state"], other)
      #expect(refused.status == 73)
      #expect(refused.errors.contains("belongs to another batch"))
      #expect(refused.output == "")
    }
    #expect(try batch([server, "--resume", "state"], lines).status == 73)
    _ = try directory.write("something else\n", to: "notes")
    let notes = try batch(["--resume", "notes"], lines)
    #expect(notes.status == 65)
    #expect(notes.errors.contains("notes:1: this is no state of a batch"))
    #expect(try directory.read("notes") == "something else\n")
  }

  @Test func whatFailedIsSentAgainAndADoubtfulPostIsNot() throws {
    let key = UUID().uuidString
    let lines = [
      #"{"id":"get","url":"\#(server)/flaky?key=\#(key)g&fail=1"}"#,
      #"{"id":"refused","method":"POST","url":"\#(server)/flaky?key=\#(key)r&fail=1"}"#,
      #"{"id":"cut","method":"POST","url":"\#(server)/flaky?key=\#(key)c&fail=1&code=cut"}"#,
      #"{"id":"keyed","method":"POST","headers":{"Idempotency-Key":"1"},"#
        + #""url":"\#(server)/flaky?key=\#(key)k&fail=1&code=cut"}"#,
    ]
    let first = try batch(["--resume", "state", "--retries", "0"], lines)
    #expect(first.status == 75)
    #expect(first.errors.contains("the same command sends again what failed"))
    let second = try batch(["--resume", "state", "--retries", "0", "--ordered"], lines)
    let results = try results(second)
    #expect(results.map { $0["status"]?.int64 } == [200, 200, nil, 200])
    #expect(results[2]["error"]?.string?.contains("its end is not known") == true)
    #expect(second.status == 1)
    #expect(try count("\(key)c") == "1")
  }

  @Test func aStateServesOneProcess() throws {
    let line = #"{"url":"\#(server)/slow-head?ms=60000"}"#
    let nb = try NB.start(["api", "batch", "--resume", "state"], in: directory)
    try nb.write(line + "\n")
    try nb.wait { directory.exists("state") }
    let second = try batch(["--resume", "state"], [line])
    #expect(second.status == 75)
    #expect(second.errors.contains("another nb works with the state"))
    nb.send(SIGTERM)
    #expect(try nb.finish().signal == SIGTERM)
  }

  @Test func theEndOfTheReaderEndsTheBatch() throws {
    let result = try NB.shell(
      #"""
      yes '{"url":"\#(server)/echo"}' 2>/dev/null | nb api batch | head -n 2 | wc -l
      echo "${PIPESTATUS[1]}"
      """#, in: directory)
    #expect(result.output.hasPrefix("2\n141"))
    #expect(result.errors == "")
  }
}
