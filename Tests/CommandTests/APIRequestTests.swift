import Foundation
import JSON
import TestSupport
import Testing

/// `nb api get` and its kin against real servers: what is sent, what is printed, how it ends.
@Suite(.needsServers) struct APIRequestTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func api(_ words: String..., input: String = "") throws -> NB.Result {
    try NB.run(
      ["api"] + words, input: Data(input.utf8), environment: NB.environment(home: directory),
      in: directory)
  }

  /// The request as the server saw it.
  private func echo(_ words: [String], input: String = "") throws -> JSONValue {
    let result = try NB.run(
      ["api"] + words, input: Data(input.utf8), environment: NB.environment(home: directory),
      in: directory)
    #expect(result.status == 0, "\(words): \(result.errors)")
    return try JSONParser.parse(result.output)
  }

  private func field(_ name: String, of request: JSONValue) -> String? {
    request["headers"]?.array?.first { $0[0]?.string?.lowercased() == name }?[1]?.string
  }

  // MARK: What is sent

  @Test(arguments: ["get", "post", "put", "patch", "delete", "options"])
  func theMethodIsTheCommands(_ method: String) throws {
    let bare = try echo([method, "\(server)/echo"])
    let full = try echo([method, "\(server)/echo", "a=1"], input: "not read")
    for request in [bare, full] { #expect(request["method"]?.string == method.uppercased()) }
    #expect(bare["size"] == 0)
    #expect(full["body"]?.string == #"{"a":"1"}"#)
  }

  @Test func itemsBecomeJSON() throws {
    let file = try directory.write("from a file", to: "text.txt")
    _ = try directory.write("[1, 2.50]", to: "value.json")
    let request = try echo([
      "post", "\(server)/echo", "name=Ada", "age:=36", "big:=12345678901234567890", "tags[]=a",
      "tags[]=b", "user[address][city]=Paris", #"a\=b=c"#, "note=@\(file)", "rows:=@value.json",
      "q==1 2&3", "X-Trace:7", "Empty;",
    ])
    #expect(
      request["body"]?.string == #"{"name":"Ada","age":36,"big":12345678901234567890,"#
        + #""tags":["a","b"],"user":{"address":{"city":"Paris"}},"a=b":"c","#
        + #""note":"from a file","rows":[1,2.50]}"#)
    #expect(request["target"]?.string == "/echo?q=1%202%263")
    #expect(field("x-trace", of: request) == "7")
    #expect(field("empty", of: request) == "")
    #expect(field("content-type", of: request) == "application/json")
  }

  @Test func formsAndUploads() throws {
    let form = try echo(["post", "\(server)/echo", "--form", "a=1 2", "b=x&y", "c:=[1]"])
    #expect(form["body"]?.string == "a=1+2&b=x%26y&c=%5B1%5D")
    #expect(field("content-type", of: form) == "application/x-www-form-urlencoded")
    let path = try directory.write("line\n", to: "odd \"name\".csv")
    let upload = try echo(["post", "\(server)/echo", "note=new", "file@\(path)"])
    let type = try #require(field("content-type", of: upload))
    let boundary = try #require(type.components(separatedBy: "boundary=").last)
    #expect(
      upload["body"]?.string == "--\(boundary)\r\nContent-Disposition: form-data; name=\"note\"\r\n"
        + "\r\nnew\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; "
        + "filename=\"odd %22name%22.csv\"\r\nContent-Type: text/csv\r\n\r\nline\n\r\n"
        + "--\(boundary)--\r\n")
  }

  @Test(arguments: [true, false]) func aBodyIsSentByteForByte(_ isPipe: Bool) throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(fileURLWithPath: directory.file("in.bin")))
    let redirect = isPipe ? "< <(cat in.bin)" : "< in.bin"
    let result = try NB.run(
      [
        "-c",
        "'\(NB.path)' api put \(server)/echo --body - Content-Type:application/x-odd \(redirect)",
      ], executable: "/bin/bash", in: directory)
    #expect(result.errors == "")
    let request = try JSONParser.parse(result.output)
    #expect(request["size"] == 300_000)
    #expect(field("content-type", of: request) == "application/x-odd")
    #expect(field("transfer-encoding", of: request) == (isPipe ? "chunked" : nil))
  }

  @Test(arguments: [
    (["a"], "no part of a request"), (["X-A:b\nX-B:c"], "no header field"),
    (["a:={"], "no JSON"), (["a[=1"], "brackets"), (["a=1", "a[b]=2"], "does not fit"),
    (["a=1", "--form", "--json"], "both given"), (["f@nofile"], "cannot read nofile"),
    (["a=1", "--body", "-"], "both given"), (["a[99999]=1"], "beyond"),
  ])
  func refusesItemsThatAreNone(_ items: [String], _ message: String) throws {
    let result = try NB.run(
      ["api", "post", "\(server)/count?key=none"] + items,
      in: directory)
    #expect([2, 65, 66].contains(result.status))
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(arguments: [
    ("http://a b/", 2), ("ftp://host/", 2), ("http://host\r\nX: y/", 2), ("host/path", 2),
    ("http://", 2), ("http://h:99999/", 2), ("http://nohost.invalid/", 69), ("@nothing/x", 66),
  ])
  func refusesPlacesThatAreNone(_ place: String, _ status: Int32) throws {
    let result = try api("get", place)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains("hint: "))
  }

  // MARK: How it ends

  @Test(arguments: [
    (400, 1), (401, 77), (403, 77), (404, 66), (409, 73), (410, 66), (412, 73), (418, 1), (429, 75),
    (500, 1), (503, 75), (204, 0),
  ])
  func theStatusDecides(_ code: Int, _ status: Int32) throws {
    let result = try api("get", "\(server)/status?code=\(code)", "--retries", "0")
    #expect(result.status == status)
    if code != 204 { #expect(result.output == "the content of a status\n") }
    if status != 0 { #expect(result.errors.hasPrefix("nb: GET \(server)/status?code=\(code) ")) }
    let allowed = try api(
      "get", "\(server)/status?code=\(code)", "--retries", "0", "--allow-status", "4xx,5xx")
    #expect(allowed.status == 0)
  }

  @Test(arguments: [
    ("truncated?bytes=10", 75, "990 bytes"), ("stall?bytes=5", 75, "sends nothing more"),
    ("bad-chunk", 76, "does not keep to HTTP"), ("cut-chunk", 75, "broke"),
    ("reset?bytes=10", 75, "broke"), ("close", 75, "without an answer"),
    ("garbage", 76, "does not keep to HTTP"), ("loop", 1, "redirects more than 10 times"),
    ("redirect?to=ftp://host/", 76, "no http or https URL"),
  ])
  func everyFaultHasItsStatus(_ route: String, _ status: Int32, _ message: String) throws {
    let result = try api("get", "\(server)/\(route)", "--retries", "0", "--idle-timeout", "1s")
    #expect(result.status == status)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count <= 2)
  }

  @Test func whatComesBehindTheContentIsNoneOfIt() throws {
    let long = try api("get", "\(server)/overlong")
    #expect(long.status == 0)
    #expect(long.output == "0123456789")
    try directory.write(
      (0..<6).map { #"{"path":"/\#($0 % 2 == 0 ? "overlong" : "content?text=next")"}"# }
        .joined(separator: "\n"), to: "in")
    let batch = try NB.run(
      ["api", "batch", server, "in", "--jobs", "1", "--ordered"], in: directory)
    let bodies = try batch.output.split(separator: "\n").map {
      try JSONParser.parse(String($0))["body"]?.string ?? ""
    }
    #expect(batch.status == 0, "\(batch.output)")
    #expect(bodies == ["0123456789", "next", "0123456789", "next", "0123456789", "next"])
  }

  @Test func anOddHeadIsReadAsItIsMeant() throws {
    func raw(_ text: String) throws -> NB.Result {
      let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return try api("get", "\(server)/raw?text=\(encoded)", "-i", "--retries", "0")
    }
    let odd = try raw(
      "HTTP/1.1 200 Fine\r\nX-Folded: one\r\n  two\r\n\tthree\r\nX-Spaced : v\r\nX-Empty:\r\n"
        + "Content-Length: 2\r\n\r\nok")
    #expect(odd.status == 0, "\(odd.errors)")
    #expect(
      odd.output
        == "HTTP/1.1 200 Fine\nX-Folded: one two three\nX-Spaced: v\nX-Empty: \n"
        + "Content-Length: 2\n\nok")
    for line in ["HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1 OK"] {
      let wrong = try raw("\(line)\r\nContent-Length: 2\r\n\r\nok")
      #expect(wrong.status == 76, "\(line): \(wrong.output)")
    }
  }

  @Test func digestAuthenticationFromTheFlagAndTheProfile() throws {
    let url = "\(try TestServers.httpbin.origin)/digest-auth/auth/ada/secret"
    let good = try api("get", url, "--user", "ada:secret", "--digest", "-v")
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("true"))
    #expect(!good.errors.contains("secret\""))
    #expect(try api("get", url, "--user", "ada:wrong", "--digest").status == 77)
    #expect(try api("get", url, "--user", "ada:secret").status == 77)
    try directory.write(
      "[profile.api]\nbase_url = \"\(url)\"\nauth.type = \"digest\"\nauth.user = \"ada\"\n"
        + "auth.password = \"secret\"\n", to: "nb.toml")
    #expect(try api("get", "@api").status == 0)
  }

  @Test func aContentThatGrowsIsStopped() throws {
    let result = try api("get", "\(server)/bomb?size=200000000", "--max-size", "1M")
    #expect(result.status == 65)
    #expect(result.output.utf8.count <= 1 << 20)
    #expect(result.errors.contains("larger than 1048576 bytes"))
  }

  @Test func aRefusedConnectionAndANameThatIsNotTheServers() throws {
    let refused = try api("get", "http://127.0.0.1:1/")
    #expect(refused.status == 69)
    let nginx = try TestServers.nginx
    let stranger = try api("get", "\(nginx.origin)/1k.txt")
    #expect(stranger.status == 77)
    #expect(stranger.errors.contains("nobody who is trusted has signed it"))
    let wrongName = try api(
      "get", "https://127.0.0.2:\(nginx.port)/1k.txt", "--cacert", TestServers.authority)
    #expect(wrongName.status == 77)
    #expect(wrongName.errors.contains("not made out to this host"))
    let good = try api("get", "\(nginx.origin)/1k.txt", "--cacert", TestServers.authority)
    #expect(good.output == String(repeating: "a", count: 1024))
    let insecure = try api("get", "\(nginx.origin)/1k.txt", "-k")
    #expect(insecure.status == 0)
    #expect(insecure.errors.contains("not checked"))
  }

  @Test func aClientCertificateIsShown() throws {
    let nginx = try TestServers.nginx
    let result = try api(
      "get", "\(nginx.origin)/client", "--cacert", TestServers.authority, "--cert",
      TestServers.clientCertificate, "--key", TestServers.clientKey)
    #expect(result.output == "SUCCESS CN=nb_cert")
  }

  // MARK: Trying again

  @Test func triesAgainWhatDoesNoHarmTwice() throws {
    for code in ["503", "429", "cut"] {
      let key = UUID().uuidString
      let result = try api(
        "get", "\(server)/flaky?key=\(key)&fail=2&code=\(code)", "--retry-backoff", "1ms")
      #expect(result.output == "answered request 3\n", "\(code): \(result.errors)")
    }
    let key = UUID().uuidString
    let post = try api(
      "post", "\(server)/flaky?key=\(key)&fail=1", "a=1", "--retry-backoff", "1ms")
    #expect(post.status == 75)
    let keyed = try api(
      "post", "\(server)/flaky?key=\(key)2&fail=1", "a=1", "Idempotency-Key:x", "--retry-backoff",
      "1ms")
    #expect(keyed.output == "answered request 2\n")
  }

  @Test func obeysRetryAfter() throws {
    let key = UUID().uuidString
    let start = Date()
    let result = try api(
      "get", "\(server)/flaky?key=\(key)&fail=1&after=1", "--retry-backoff", "1ms")
    #expect(result.status == 0)
    #expect(Date().timeIntervalSince(start) >= 1)
    let late = try api(
      "get", "\(server)/status?code=503&after=3600&key=\(key)x", "--retry-backoff", "1ms")
    #expect(late.status == 75)
    let count = try api("get", "\(server)/count?key=\(key)x")
    #expect(count.output == "1")
  }

  @Test func countsAttemptsAndNothingIsPrintedTwice() throws {
    let key = UUID().uuidString
    let result = try api(
      "get", "\(server)/status?code=503&key=\(key)", "--retries", "2", "--retry-backoff", "1ms")
    #expect(result.output == "the content of a status\n")
    #expect(result.errors.contains("gave up after 3 attempts"))
    #expect(try api("get", "\(server)/count?key=\(key)").output == "3")
  }

  // MARK: Redirects and credentials

  @Test func credentialsDoNotFollowToAnotherOrigin() throws {
    let other = try TestServers.nginxWithoutTLS.origin + "/to/echo"
    let words = [
      "get", "\(server)/redirect?to=\(other)", "--bearer", "secret-token", "X-Api-Key:k1",
      "Cookie:a=b", "X-Kept:1",
    ]
    let elsewhere = try echo(words)
    for name in ["authorization", "x-api-key", "cookie"] {
      #expect(field(name, of: elsewhere) == nil, "\(name)")
    }
    #expect(field("x-kept", of: elsewhere) == "1")
    let same = try echo(["get", "\(server)/redirect?to=/echo", "--bearer", "secret-token"])
    #expect(field("authorization", of: same) == "Bearer secret-token")
  }

  @Test(arguments: [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
  func theMethodAfterARedirect(_ code: Int, _ method: String) throws {
    let request = try echo(["post", "\(server)/redirect?to=/echo&code=\(code)", "a=1"])
    #expect(request["method"]?.string == method)
    #expect(request["body"]?.string == (method == "POST" ? #"{"a":"1"}"# : ""))
    let kept = try api("post", "\(server)/redirect?to=/echo&code=\(code)", "--max-redirects", "0")
    #expect(kept.output == "elsewhere\n")
  }

  @Test func secretsAreShownNowhere() throws {
    let words = ["get", "\(server)/echo", "token==t0psecret", "--user", "ada:pa55word"]
    for flag in ["-v", "--dry-run", "--curl"] {
      let result = try NB.run(
        ["api"] + words + [flag], in: directory)
      #expect(result.status == 0)
      let shown = flag == "-v" ? result.errors : result.output
      #expect(shown.contains("Basic ***"))
      for secret in ["t0psecret", "pa55word", "YWRhOnBhNTV3b3Jk"] {
        #expect(!shown.contains(secret), "\(flag)")
      }
    }
    let open = try NB.run(
      ["api"] + words + ["--curl", "--show-secrets"], environment: NB.environment(home: directory),
      in: directory)
    #expect(open.output.contains("Basic YWRhOnBhNTV3b3Jk"))
  }

  @Test func aVerboseRequestHasTheFieldsThatTheServerGets() throws {
    for words in [[], ["Accept:"], ["Accept:text/plain", "User-Agent:"], ["--no-compression"]] {
      let result = try NB.run(["api", "get", "\(server)/echo", "-v"] + words, in: directory)
      let shown = result.errors.split(separator: "\n").filter { $0.hasPrefix("> ") }.dropFirst()
        .map { $0.dropFirst(2).lowercased() }
      let request = try JSONParser.parse(result.output)
      let got = (request["headers"]?.array ?? []).map { field in
        (field.array ?? []).map { $0.string ?? "" }.joined(separator: ": ").lowercased()
      }
      #expect(Set(shown) == Set(got), "\(words)")
    }
  }

  @Test func fieldsOfTheClientsOwnCanBeLeftOut() throws {
    let words = ["Accept:", "user-agent:", "Accept-Encoding:"]
    let request = try echo(["get", "\(server)/echo"] + words)
    #expect(request["headers"]?.array?.count == 1, "\(request)")
    let post = try echo(["post", "\(server)/echo", "a=1", "Content-Type:", "Accept:"])
    #expect(field("content-type", of: post) == nil)
    #expect(field("accept", of: post) == nil)
    #expect(field("user-agent", of: post) != nil)
    let framing = try api("post", "\(server)/echo", "a=1", "Content-Length:")
    #expect(framing.status == 2)
    try directory.write(
      #"{"url":"\#(server)/echo","headers":{"Accept":null,"User-Agent":null}}"#, to: "in")
    let batch = try NB.run(["api", "batch", "in", "--no-compression"], in: directory)
    let seen = try JSONParser.parse(batch.output)["body"]?["headers"]
    #expect(seen?.array?.count == 1, "\(batch.output)")
  }

  /// What the line for curl sends of a request, and what nb does.
  private func both(
    _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> (own: JSONValue, theirs: JSONValue) {
    let own = try echo(words)
    let line = try NB.run(["api"] + words + ["--curl", "--show-secrets"], in: directory)
    let curl = try NB.run(
      ["-c", "\(line.output.dropLast()) -s"], executable: "/bin/sh", in: directory)
    #expect(curl.status == 0, "\(line.output)", sourceLocation: sourceLocation)
    return (own, try JSONParser.parse(curl.output))
  }

  @Test func theCurlLineOfOddRequests() throws {
    try directory.write("it's\n", to: #"odd; "name", 1.txt"#)
    let upload = try both([
      "put", "\(server)/echo", #"f@odd; "name", 1.txt"#, #"a:="@x;y""#, "Accept:", "--user-agent",
      "me too",
    ])
    func content(_ request: JSONValue) throws -> String {
      let type = try #require(field("content-type", of: request))
      let boundary = try #require(type.components(separatedBy: "boundary=").last)
      let body = try #require(request["body"]?.string)
      return body.replacingOccurrences(of: boundary, with: "B")
    }
    #expect(upload.own["method"] == upload.theirs["method"])
    #expect(
      try content(upload.own).replacingOccurrences(of: "%22", with: "\"")
        == content(upload.theirs).replacingOccurrences(of: "%22", with: "\"")
        .replacingOccurrences(of: "\\\"", with: "\""))
    for name in ["accept", "user-agent"] {
      #expect(field(name, of: upload.own) == field(name, of: upload.theirs))
    }
    for words in [
      ["get", "\(server)/redirect?to=/echo"], ["post", "\(server)/redirect?to=/echo", "a=1"],
      ["get", "\(server)/echo?q=[1]{2}"], ["delete", "\(server)/echo", "a=1"],
      ["post", "\(server)/redirect?to=/echo&code=307", "a=1"], ["post", "\(server)/echo"],
    ] {
      let (own, theirs) = try both(words)
      for member in ["method", "target", "body"] {
        #expect(own[member] == theirs[member], "\(words)")
      }
    }
  }

  @Test func theCurlLineHasCredentialsAndTheConnection() throws {
    func line(_ words: String...) throws -> String {
      try NB.run(["api", "get", "\(server)/x"] + words + ["--curl"], in: directory).output
    }
    #expect(try line("--user", "ada:pw", "--digest").contains(" --digest --user 'ada:***' "))
    #expect(try line("--netrc").contains(" --netrc-optional "))
    #expect(try line("--cookies", "jar").contains(" --cookie jar --cookie-jar jar "))
    #expect(try line("--no-http2", "--no-compression").contains(" --http1.1 http"))
    #expect(try line("--pinned-key", "sha256//x").contains(" --pinnedpubkey sha256//x "))
    #expect(try !line("--max-redirects", "0").contains("--location"))
    let dots = try api("get", "\(server)/a/../x", "--curl").output
    #expect(dots.hasSuffix(" --path-as-is \(server)/a/../x\n"))
  }

  @Test func theCurlLineSendsTheSame() throws {
    let words = ["post", "\(server)/echo", "name=O'Hara", "q==a b", "X-A:1 2"]
    let own = try echo(words)
    let line = try NB.run(
      ["api"] + words + ["--curl"], in: directory)
    let curl = try NB.run(["-c", "\(line.output.dropLast()) -s"], executable: "/bin/sh")
    let theirs = try JSONParser.parse(curl.output)
    #expect(own["body"] == theirs["body"])
    #expect(own["target"] == theirs["target"])
    #expect(field("x-a", of: own) == field("x-a", of: theirs))
  }

  // MARK: Profiles

  @Test func aProfileGivesTheRestOfIt() throws {
    _ = try directory.write(
      """
      [profile.api]
      base_url = "\(server)/echo?base=1"
      retries = 0
      user_agent = "mine/1"
      auth.token = "env:API_TOKEN"
      [profile.api.headers]
      X-Team = "core"
      """, to: "nb.toml")
    let environment = ["API_TOKEN": "from-env"]
    let result = try NB.run(
      ["api", "get", "@api", "q==1", "X-Team:other"], environment: environment, in: directory)
    let request = try JSONParser.parse(result.output)
    #expect(request["target"]?.string == "/echo?base=1&q=1")
    #expect(field("authorization", of: request) == "Bearer from-env")
    #expect(field("user-agent", of: request) == "mine/1")
    #expect(field("x-team", of: request) == "other")
    _ = try directory.write("[profile.api]\nbase_url = \"\(server)/\"\n", to: "nb.toml")
    for words in [["@api/echo"], ["@api", "/echo"]] {
      let result = try NB.run(
        ["api", "get"] + words, environment: environment, in: directory)
      #expect(try JSONParser.parse(result.output)["target"]?.string == "/echo")
    }
  }

  @Test func theProfilesTimeoutEndsTheCommandUnlessTheFlagIsGiven() throws {
    _ = try directory.write(
      "[profile.api]\nbase_url = \"\(server)\"\ntimeout = \"300ms\"\n", to: "nb.toml")
    let stalled = try api("get", "@api/stall?bytes=5")
    #expect(stalled.status == 124, "\(stalled.errors)")
    #expect(stalled.output == "xxxxx")
    let given = try api("get", "@api/slow-head?ms=600", "--timeout", "30s")
    #expect(given.output == "late\n", "\(given.errors)")
  }

  @Test(arguments: [
    ("cookie = 'jar'", "did you mean 'cookies'?"),
    ("base_url = 'ftp://x'", "no http or https URL"), ("retrys = 1", "did you mean 'retries'?"),
    ("retries = 'x'", "retries takes a number"), ("timeout = 'x'", "timeout takes a duration"),
    ("http2 = 3", "http2 takes true or false"),
    ("auth.type = 'magic'", "no kind of authentication"),
    ("auth.type = 'bearer'", "needs auth.token"), ("headers.'a b' = 'c'", "no header field"),
  ])
  func aWrongProfileIsNamedWithItsPlace(_ line: String, _ message: String) throws {
    let base = line.hasPrefix("base_url") ? "" : "base_url = \"\(server)\"\n"
    _ = try directory.write("[profile.api]\n\(base)\(line)\n", to: "nb.toml")
    let result = try api("get", "@api/echo")
    #expect(result.status == 78)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("nb.toml:"))
  }

  @Test func aVerboseExchangeIsColouredOnATerminalAndCannotPaintIt() throws {
    let url = "\(server)/cached?key=\(UUID())&field=X-Odd:%20%1B[31mred"
    let terminal = try PtyProcess(
      [NB.path, "api", "get", url, "-v"], environment: NB.environment(home: directory),
      columns: 200)
    #expect(try terminal.finish() == .exited(0))
    #expect(terminal.output.contains("\u{1B}[36m> GET /cached"))
    #expect(terminal.output.contains("\u{1B}[32m< HTTP/1.1 200"))
    #expect(terminal.output.contains(#"< X-Odd: \x1b[31mred"#), "\(terminal.output)")
  }
}
