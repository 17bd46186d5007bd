import Foundation
import TestSupport
import Testing

/// Rate limits as the server sees them, whatever process the requests are from.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APIRateLimitTests {
  let directory: TemporaryDirectory
  let server: String
  let key = UUID().uuidString

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func run(_ words: String...) throws -> NB.Result {
    try NB.run(
      ["api", "get"] + words, environment: NB.environment(home: directory), in: directory)
  }

  /// When requests arrived, in seconds from the first.
  private func times() throws -> [Double] {
    let result = try run("\(server)/times?key=\(key)", "--rate-limit", "none")
    return try JSONDecoder().decode([Double].self, from: result.stdout).sorted()
  }

  @Test func manyProcessesTogetherKeepToOneLimit() throws {
    let result = try NB.shell(
      """
      for i in $(seq 6); do
        ( for n in 1 2 3; do nb api get '\(server)/timed?key=\(key)' --rate-limit 4/s; done ) &
      done
      wait
      """, in: directory)
    #expect(result.output == String(repeating: "noted\n", count: 18))
    let times = try times()
    #expect(times.count == 18)
    // A little is lost on the way between the turn and the server.
    for index in times.indices.dropFirst(4) { #expect(times[index] - times[index - 4] > 0.9) }
  }

  @Test func attemptsAndRedirectsCount() throws {
    let target = "/timed?key=\(key)".addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    for _ in 0..<2 {
      let result = try run("\(server)/redirect?to=\(target ?? "")", "--rate-limit", "2/800ms")
      #expect(result.output == "noted\n")
    }
    #expect(try times()[1] > 0.75)
    let retried = UUID().uuidString
    _ = try run(
      "\(server)/timed?key=\(retried)&code=503", "--rate-limit", "1/500ms", "--retries", "2",
      "--retry-backoff", "1ms")
    let arrived = try JSONDecoder().decode(
      [Double].self,
      from: run("\(server)/times?key=\(retried)", "--rate-limit", "none").stdout)
    #expect(arrived.count == 3)
    #expect(arrived[2] > 0.95)
  }

  @Test func aLimitWithoutTimeLeftIsTemporary() throws {
    #expect(try run("\(server)/timed?key=\(key)", "--rate-limit", "1/h").status == 0)
    let second = try run(
      "\(server)/timed?key=\(key)", "--rate-limit", "1/h", "--timeout", "5s")
    #expect(second.status == 75)
    #expect(second.errors.contains("no request may be sent before the time is up"))
    #expect(
      try run("\(server)/timed?key=\(key)", "--rate-limit", "1/h", "--bearer", "x").status == 0)
    #expect(try times().count == 2)
  }

  @Test(arguments: [
    "RateLimit-Remaining: 0&field=RateLimit-Reset: 2", "RateLimit: \"x\";r=0;t=2",
    "X-RateLimit-Remaining: 0&field=X-RateLimit-Reset: 2",
  ])
  func theServersLimitIsWaitedForByTheNextProcess(_ fields: String) throws {
    let field = fields.replacingOccurrences(of: " ", with: "%20")
      .replacingOccurrences(of: "\"", with: "%22").replacingOccurrences(of: ";", with: "%3B")
    let url = "\(server)/timed?key=\(key)&field=\(field)"
    let first = try run(url)
    #expect(first.status == 0)
    #expect(first.errors == "")
    let hasty = try run(url, "--timeout", "1s")
    #expect(hasty.status == 75)
    #expect(hasty.errors.contains("takes no more requests now"))
    let patient = try run(url)
    #expect(patient.status == 0)
    #expect(patient.errors.contains("nb: waiting 2 s for"), "\(patient.errors)")
    #expect(try run(url, "--rate-limit", "none").status == 0)
    let times = try times()
    #expect(times.count == 3)
    #expect(times[1] > 1.9)
    #expect(times[2] - times[1] < 1.5)
  }

  @Test func aPauseThatIsTooLongEndsTheNextCommandAtOnce() throws {
    let url = "\(server)/timed?key=\(key)&code=429&field=Retry-After:%203600"
    let first = try run(url)
    #expect(first.status == 75)
    #expect(first.errors.contains("answers 429"))
    for words in [[], ["--timeout", "5s"]] {
      let next = try NB.run(
        ["api", "get", url] + words, environment: NB.environment(home: directory), in: directory)
      #expect(next.status == 75)
      #expect(next.errors.contains("takes no more requests now; the next one in 3"))
      #expect(next.errors.contains("--rate-limit none sends all the same"), "\(next.errors)")
    }
    #expect(try times().count == 1)
    #expect(try run(url, "--rate-limit", "none").errors.contains("answers 429"))
    let patient = try NB.start(
      ["api", "get", url, "--timeout", "2h"], environment: NB.environment(home: directory),
      in: directory)
    try patient.wait { patient.errors.contains("nb: waiting 3") }
    patient.send(SIGTERM)
    #expect(try patient.finish().signal == SIGTERM)
    #expect(try times().count == 2)
  }

  @Test func aPauseOfMinutesIsWaitedFor() throws {
    let url =
      "\(server)/timed?key=\(key)&field=RateLimit-Remaining:%200&field=RateLimit-Reset:%20200"
    #expect(try run(url).status == 0)
    let next = try NB.start(
      ["api", "get", url], environment: NB.environment(home: directory), in: directory)
    try next.wait { next.errors.contains("nb: waiting ") }
    next.send(SIGTERM)
    #expect(try next.finish().signal == SIGTERM)
  }

  @Test func aStateFolderThatCannotBeWrittenIsSaid() throws {
    _ = try directory.write("", to: "file")
    let result = try NB.run(
      ["api", "get", "\(server)/timed?key=\(key)", "--rate-limit", "5/s"],
      environment: NB.environment(home: directory).merging(
        ["XDG_STATE_HOME": directory.file("file")]) { $1 }, in: directory)
    #expect(result.status == 0)
    #expect(result.errors.contains("the rate limit holds for this process alone"))
  }

  @Test func aProfileHasALimit() throws {
    _ = try directory.write(
      "[profile.api]\nbase_url = \"\(server)\"\nrate_limit = \"1/h\"\n", to: "nb.toml")
    #expect(try run("@api", "/timed?key=\(key)").status == 0)
    #expect(try run("@api", "/timed?key=\(key)", "--timeout", "1s").status == 75)
    #expect(try run("@api", "/timed?key=\(key)", "--rate-limit", "none").status == 0)
    _ = try directory.write(
      "[profile.api]\nbase_url = \"\(server)\"\nrate_limit = \"fast\"\n", to: "nb.toml")
    let wrong = try run("@api", "/")
    #expect(wrong.status == 78)
    #expect(wrong.errors.contains("nb.toml:3"))
    #expect(try run("\(server)/", "--rate-limit", "fast").status == 2)
  }
}
