import Foundation
import JSON
import TestSupport
import Testing

/// `--har`: what is recorded, what is not, and when the file is there.
@Suite(.needsServers) struct APIHARTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func run(_ words: String...) throws -> NB.Result {
    try NB.run(
      ["api"] + words + ["--har", "out.har"], environment: NB.environment(home: directory),
      in: directory)
  }

  private func entries() throws -> [JSONValue] {
    let text = try String(contentsOfFile: directory.file("out.har"), encoding: .utf8)
    let log = try #require(try JSONParser.parse(text)["log"])
    #expect(log["version"] == "1.2")
    #expect(log["creator"]?["name"] == "nb")
    let entries = try #require(log["entries"]?.array)
    for entry in entries { try check(entry) }
    return entries
  }

  /// What HAR 1.2 wants of every entry.
  private func check(_ entry: JSONValue) throws {
    let started = try #require(entry["startedDateTime"]?.string)
    #expect(
      try /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.wholeMatch(in: started) != nil, "\(started)")
    let timings = try #require(entry["timings"]?.object)
    let phases = ["blocked", "dns", "connect", "send", "wait", "receive"]
    let sum = phases.reduce(0.0) { $0 + max(0, timings[$1]?.double ?? 0) }
    #expect(abs(sum - (entry["time"]?.double ?? -1)) < 0.01)
    for name in ["method", "url", "httpVersion", "cookies", "headers", "queryString"] {
      #expect(entry["request"]?[name] != nil)
    }
    for name in ["status", "statusText", "httpVersion", "content", "redirectURL", "bodySize"] {
      #expect(entry["response"]?[name] != nil)
    }
    #expect(entry["cache"] != nil)
  }

  @Test func anExchangeWithItsContents() throws {
    let result = try run(
      "post", "\(server)/echo", "name=Ada", "password=pw7", "q==1 2", "token==t8", "--bearer", "b9",
      "-v")
    #expect(result.status == 0)
    #expect(result.errors.contains("> POST /echo"))
    let entry = try #require(try entries().first)
    #expect(entry["request"]?["method"] == "POST")
    #expect(
      entry["request"]?["queryString"] == [
        ["name": "q", "value": "1 2"], ["name": "token", "value": "***"],
      ])
    #expect(
      entry["request"]?["postData"]?["text"] == #"{"name":"Ada","password":"***"}"#)
    #expect(entry["response"]?["status"] == 200)
    #expect(entry["response"]?["content"]?["mimeType"] == "application/json")
    #expect(entry["serverIPAddress"] == "127.0.0.1")
    // The response is an echo: what it says in plain text is as it came.
    let request = try #require(entry["request"]).text()
    for secret in ["pw7", "t8", "b9"] { #expect(!request.contains(secret)) }
    let mode = try FileManager.default.attributesOfItem(atPath: directory.file("out.har"))
    #expect(mode[.posixPermissions] as? Int == 0o600)
    _ = try run("get", "\(server)/echo", "--bearer", "b9", "--show-secrets")
    let open = try String(contentsOfFile: directory.file("out.har"), encoding: .utf8)
    #expect(open.contains("Bearer b9"))
  }

  @Test func attemptsAndRedirectsAreEntries() throws {
    let key = UUID().uuidString
    let flaky = "/flaky?fail=1%26key=\(key)"
    #expect(
      try run("get", "\(server)/redirect?to=\(flaky)", "--retry-backoff", "1ms").status == 0)
    let entries = try entries()
    #expect(entries.map { $0["response"]?["status"]?.int64 } == [302, 503, 200])
    #expect(entries[0]["response"]?["redirectURL"]?.string?.contains("/flaky") == true)
    #expect(entries[2]["response"]?["content"]?["text"] == "answered request 2\n")
  }

  @Test func aFailureIsRecordedToo() throws {
    #expect(try run("get", "\(server)/truncated?bytes=10", "--retries", "0").status == 75)
    let cut = try #require(try entries().first)
    #expect(cut["_error"]?.string?.contains("990 bytes") == true)
    #expect(try run("get", "http://127.0.0.1:1/").status == 69)
    #expect(try entries().first?["response"]?["status"] == 0)
    #expect(try run("get", "\(server)/status?code=404").status == 66)
    #expect(try entries().first?["response"]?["status"] == 404)
  }

  @Test func contentIsBoundedAndBinaryIsEncoded() throws {
    #expect(try run("get", "\(server)/file?size=5000000&key=\(UUID())").status == 0)
    let large = try #require(try entries().first?["response"]?["content"])
    #expect(large["size"] == 5_000_000)
    #expect(large["text"]?.string?.utf8.count == 1 << 20)
    let nginx = try TestServers.nginxWithoutTLS
    #expect(try run("get", "\(nginx.origin)/16m.bin").status == 0)
    let binary = try #require(try entries().first?["response"]?["content"])
    #expect(binary["encoding"] == "base64")
  }

  @Test func whatTheCacheAnswersIsMarked() throws {
    let url = "\(server)/cached?key=\(UUID())&field=Cache-Control:%20max-age=1000"
    #expect(try run("get", url, "--cache").status == 0)
    #expect(try entries().first?["_fromCache"] == nil)
    #expect(try run("get", url, "--cache").status == 0)
    #expect(try entries().first?["_fromCache"] == "fresh")
  }

  @Test func cookiesAreListedWithoutTheirValues() throws {
    let set =
      "id=s3cret%3B Path=/a%3B Domain=localhost%3B Expires=Wed, 21 Oct 2065 07:28:00 GMT%3B"
      + " Secure%3B HttpOnly%3B SameSite=Lax"
    let url = "\(server)/cookies?set=" + set.replacingOccurrences(of: " ", with: "%20")
    #expect(try run("get", url, "Cookie:a=s3cret; b").status == 0)
    let entry = try #require(try entries().first)
    #expect(
      entry["request"]?["cookies"] == [
        ["name": "a", "value": "***"], ["name": "b", "value": "***"],
      ])
    #expect(
      entry["response"]?["cookies"] == [
        [
          "name": "id", "value": "***", "path": "/a", "domain": "localhost",
          "expires": "2065-10-21T07:28:00.000Z", "secure": true, "httpOnly": true,
        ]
      ])
    #expect(try run("get", url, "Cookie:a=s3cret; b", "--show-secrets").status == 0)
    let open = try #require(try entries().first)
    #expect(open["request"]?["cookies"]?[0]?["value"] == "s3cret")
    #expect(open["response"]?["cookies"]?[0]?["value"] == "s3cret")
  }

  @Test func tokensAreFetchedOnRecord() throws {
    let key = UUID().uuidString
    try directory.write("s3:cret\n", to: "secret")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: directory.file("secret"))
    try directory.write(
      """
      [profile.api]
      base_url = "\(server)"
      auth.type = "oauth2"
      auth.token_url = "\(server)/token?key=\(key)"
      auth.client_id = "ada"
      auth.client_secret = "file:secret"
      auth.client_auth = "body"
      """, to: "nb.toml")
    let result = try run("get", "@api/resource?key=\(key)r")
    #expect(result.status == 0, "\(result.errors)")
    let entries = try entries()
    #expect(entries.count == 2)
    let fetch = try #require(entries.first { $0["request"]?["method"] == "POST" })
    #expect(fetch["request"]?["postData"]?["text"]?.string?.contains("client_secret=***") == true)
    #expect(fetch["response"]?["content"]?["text"]?.string?.contains(#""***""#) == true)
    let text = try String(contentsOfFile: directory.file("out.har"), encoding: .utf8)
    for secret in ["s3:cret", "s3%3Acret", "s3%3acret"] { #expect(!text.contains(secret)) }
    let token = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    // The resource answers with the token in plain text, which is its content.
    #expect(text.components(separatedBy: token).count == 2)
  }

  @Test func aFileThatCannotBeWrittenEndsIt() throws {
    let key = UUID().uuidString
    let result = try NB.run(
      ["api", "get", "\(server)/status?code=200&key=\(key)", "--har", "none/out.har"],
      in: directory)
    #expect(result.status == 66)
    #expect(try NB.run(["api", "get", "\(server)/count?key=\(key)"], in: directory).output == "0")
  }
}
