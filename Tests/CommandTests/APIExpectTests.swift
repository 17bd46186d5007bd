import Foundation
import JSON
import TestSupport
import Testing

/// `--expect`, `--junit` and `--until` against a real server.
@Suite(.needsServers) struct APIExpectTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func get(_ words: String...) throws -> NB.Result {
    try NB.run(
      ["api", "get"] + words, environment: NB.environment(home: directory), in: directory)
  }

  private func key() -> String { UUID().uuidString }

  // MARK: Expectations

  @Test func whatIsExpectedIsQuietlyTrue() throws {
    let result = try get(
      "\(server)/content", #"text=={"a": 1}"#, "--expect", "status=2xx", "--expect", "$.a==1",
      "--expect", "header.content-type~json", "--expect", "time<1m", "--expect", "size==8")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output == #"{"a": 1}"#)
  }

  @Test func allThatIsNotIsSaidTogether() throws {
    let result = try get(
      "\(server)/content", #"text=={"a": 1}"#, "code==404", "--expect", "status=2xx", "--expect",
      "$.a==1", "--expect", "$.b", "--expect", "body contains x")
    #expect(result.status == 1)
    #expect(result.output == #"{"a": 1}"#)
    #expect(
      result.errors == """
        nb: GET \(server)/content?text=%7B%22a%22%3A%201%7D&code=404: 3 of 4 expectations are not met
          status=2xx: it is 404
          $.b: there is none
          body contains x: it begins with "{\\"a\\": 1}"

        """)
  }

  @Test func theStatusIsAnErrorUnlessItIsSpokenOf() throws {
    let silent = try get("\(server)/content", "code==404", "--expect", "$.a")
    #expect(silent.status == 66)
    #expect(silent.errors.contains("answers 404"))
    #expect(silent.errors.contains("  $.a: there is no content"))
    #expect(try get("\(server)/content", "code==404", "--expect", "status=404").status == 0)
  }

  @Test func recordsAndExpectationsGoTogether() throws {
    let result = try get(
      "\(server)/content", #"text==[{"a": 1}]"#, "--select", ".a", "--expect", "$[0].a==2")
    #expect(result.status == 65)
    let fine = try get(
      "\(server)/content", #"text==[{"a": 1}]"#, "--select", "[].a", "--expect", "$[0].a==2")
    #expect(fine.status == 1)
    #expect(fine.output == "1\n")
  }

  @Test func aReportIsWrittenHoweverItEnds() throws {
    func report() throws -> String {
      try String(contentsOfFile: directory.file("r.xml"), encoding: .utf8)
    }
    let failed = try get(
      "\(server)/content", "text==[1]", "--expect", "status=200", "--expect", "$[0]<1", "--junit",
      "r.xml")
    #expect(failed.status == 1)
    #expect(try report().contains(#"<failure message="$[0]&lt;1: it is 1"/>"#))
    #expect(try report().contains(#"tests="2" failures="1" errors="0""#))
    #expect(try get("\(server)/echo", "--expect", "status=200", "--junit", "r.xml").status == 0)
    #expect(try report().contains(#"tests="1" failures="0" errors="0""#))
    let broken = try get(
      "\(server)/close", "--expect", "status=200", "--junit", "r.xml", "--retries", "0")
    #expect(broken.status == 75)
    #expect(try report().contains("<error message="))
    let nowhere = try get("\(server)/echo", "--expect", "status=200", "--junit", "no/r.xml")
    #expect(nowhere.status == 66)
  }

  @Test func contentBeyondTheLimitIsRefusedOnlyWhereItIsLookedAt() throws {
    let seen = try get("\(server)/file?size=70000000", "--expect", "body contains x", "-q")
    #expect(seen.status == 65)
    #expect(seen.errors.contains("larger than 64 MiB"))
    let unseen = try NB.run(
      [
        "-c",
        "'\(NB.path)' api get '\(server)/file?size=70000000' --expect 'size==70000000' | wc -c",
      ],
      executable: "/bin/bash", in: directory)
    #expect(unseen.output.contains("70000000"))
    #expect(unseen.errors == "")
  }

  @Test func whatIsNoExpectationIsMarked() throws {
    let result = try get("\(server)/echo", "--expect", "time<500")
    #expect(result.status == 2)
    #expect(
      result.errors
        == "nb: --expect: a time needs its unit: 500ms or 500s\n  time<500\n      ^\n"
        + "hint: see `nb help expectations`\n")
    for words in [
      ["--junit", "x"], ["--every", "1s"], ["--expect", "body", "--download", "f"],
      ["--until", "status=200", "--download", "f"], ["--expect", "status=200", "--paginate"],
    ] {
      let result = try NB.run(["api", "get", "\(server)/echo"] + words, in: directory)
      #expect(result.status == 2, "\(words)")
    }
  }

  // MARK: Waiting

  @Test func waitsUntilItIsSo() throws {
    let place = "\(server)/flaky?key=\(key())&fail=2"
    let result = try get(place, "--until", "body contains answered", "--every", "10ms")
    #expect(result.status == 0)
    #expect(result.output == "answered request 3\n")
    #expect(result.errors.hasPrefix("nb: not yet: GET \(server)/flaky?"))
    #expect(result.errors.contains("answers 503"))
    #expect(result.errors.split(separator: "\n").count == 1)
    let judged = try get(
      "\(server)/flaky?key=\(key())&fail=2&code=404", "--until", "status=200", "--every", "10ms",
      "-q")
    #expect(judged.status == 0)
    #expect(judged.output == "answered request 3\n")
    #expect(judged.errors == "")
  }

  @Test func aBrokenConnectionIsNotYet() throws {
    let result = try get(
      "\(server)/flaky?key=\(key())&fail=1&code=cut", "--until", "status=200", "--every", "10ms")
    #expect(result.status == 0)
    #expect(result.errors.contains("not yet: "))
    let nobody = try get(
      "http://127.0.0.1:1/", "--until", "status=200", "--every", "10ms", "--timeout", "300ms")
    #expect(nobody.status == 124)
    #expect(nobody.output == "")
    #expect(nobody.errors.contains("  cannot connect to 127.0.0.1:1"), "\(nobody.errors)")
  }

  @Test func theWaitEndsWithWhatWasThere() throws {
    let result = try get(
      "\(server)/content", #"text=={"state":"pending"}"#, "--until", "$.state==done", "--every",
      "50ms", "--timeout", "500ms", "--junit", "r.xml")
    #expect(result.status == 124)
    #expect(result.output == #"{"state":"pending"}"#)
    let errors = result.errors.split(separator: "\n")
    #expect(errors[0] == #"nb: not yet: $.state==done: it is "pending""#)
    #expect(errors[1].hasSuffix("is not as wanted in time"), "\(result.errors)")
    #expect(errors[2] == #"  $.state==done: it is "pending""#)
    let report = try String(contentsOfFile: directory.file("r.xml"), encoding: .utf8)
    #expect(report.contains("<failure message="))
  }

  @Test func whoIsRefusedDoesNotWait() throws {
    let result = try get("\(server)/status?code=403", "--until", "$.a", "--timeout", "60s")
    #expect(result.status == 77)
    #expect(result.output == "the content of a status\n")
    let pipe = try NB.run(
      ["api", "post", "\(server)/echo", "--body", "-", "--until", "status=200"], in: directory)
    #expect(pipe.status == 2)
    #expect(pipe.errors.contains("a pipe cannot be read again"))
  }

  @Test func theLastResponseBecomesRecords() throws {
    let result = try get(
      "\(server)/content", #"text==[{"a": 1}, {"a": 2}]"#, "--until", "$[1].a==2", "--select",
      "[].a")
    #expect(result.output == "1\n2\n")
  }

  @Test func theContentIsSentAgain() throws {
    let result = try NB.run(
      [
        "api", "post", "\(server)/flaky?key=\(key())&fail=2", "a=1", "--until", "status=200",
        "--every",
        "10ms", "--expect", "body~3",
      ], in: directory)
    #expect(result.status == 0, "\(result.errors)")
  }
}
