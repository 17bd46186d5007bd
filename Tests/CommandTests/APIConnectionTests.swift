import Foundation
import JSON
import TestSupport
import Testing

/// The ways to a server: proxies, sockets, addresses, certificates; by flag and by profile.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APIConnectionTests {
  let directory: TemporaryDirectory
  let server: String
  let nginx: TestServer

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
    nginx = try TestServers.nginx
  }

  private func get(
    _ words: String..., environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(
      ["api", "get"] + words,
      environment: NB.environment(home: directory).merging(environment) { $1 }, in: directory)
  }

  /// A GET by a profile with these lines.
  private func get(_ path: String, base: String, _ lines: String) throws -> NB.Result {
    _ = try directory.write("[profile.api]\nbase_url = \"\(base)\"\n\(lines)\n", to: "nb.toml")
    return try get("@api", path)
  }

  // MARK: Proxies

  @Test func aProxyIsTakenFromTheUsualVariables() throws {
    let target = "http://nowhere.invalid/echo"
    for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
      let result = try get(target, environment: [name: server])
      #expect(result.output.contains(#""target": "http://nowhere.invalid/echo""#), "\(name)")
    }
    for name in ["NO_PROXY", "no_proxy"] {
      for value in ["nowhere.invalid", ".invalid", "*"] {
        let result = try get(target, environment: ["http_proxy": server, name: value])
        #expect(result.status == 69, "\(name)=\(value)")
      }
    }
    #expect(try get(target, "--proxy", server).status == 0)
    #expect(try get(target, "--proxy", "", environment: ["http_proxy": server]).status == 69)
    #expect(try get("/echo", base: "http://nowhere.invalid", "proxy = \"\(server)\"").status == 0)
    let gone = try get(target, "--proxy", "http://127.0.0.1:1")
    #expect(gone.status == 69)
  }

  @Test func aProxyForTLSIsTakenFromItsVariables() throws {
    let proxy = try TestServers.proxy
    let target = "https://localhost:\(nginx.port)/protocol"
    // The log has a line for each tunnel, and the port of this server is its own.
    func tunnels() throws -> Int {
      try proxy.log().components(separatedBy: "CONNECT localhost:\(nginx.port) -").count
    }
    func get(_ environment: [String: String]) throws -> NB.Result {
      try self.get(target, "--cacert", TestServers.authority, environment: environment)
    }
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
      let before = try tunnels()
      #expect(try get([name: proxy.origin]).output == "HTTP/2.0", "\(name)")
      #expect(try tunnels() > before, "\(name)")
      #expect(try get([name: "http://127.0.0.1:1"]).status == 69, "\(name)")
      let direct = try get([name: "http://127.0.0.1:1", "NO_PROXY": "other.test,localhost"])
      #expect(direct.output == "HTTP/2.0", "\(name)")
    }
    // What stands in a request's Proxy field reaches CGI programs as HTTP_PROXY, so it counts for
    // nothing; and the one for http is not the one for https.
    #expect(try get(["HTTP_PROXY": "http://127.0.0.1:1"]).output == "HTTP/2.0")
    #expect(try get(["http_proxy": "http://127.0.0.1:1"]).output == "HTTP/2.0")
    let plain = "\(server)/content?text=here"
    #expect(try self.get(plain, environment: ["HTTP_PROXY": "http://127.0.0.1:1"]).output == "here")
    #expect(
      try self.get(plain, environment: ["HTTPS_PROXY": "http://127.0.0.1:1"]).output == "here")
    // The specific one comes before the general one, and small letters before capitals.
    let both = ["https_proxy": proxy.origin, "ALL_PROXY": "http://127.0.0.1:1"]
    #expect(try get(both).output == "HTTP/2.0")
    let cases = ["https_proxy": proxy.origin, "HTTPS_PROXY": "http://127.0.0.1:1"]
    #expect(try get(cases).output == "HTTP/2.0")
  }

  // MARK: Sockets and addresses

  @Test func aUnixSocketTakesThePlaceOfTheHost() throws {
    let socket = TestServers.path("servers/nginx/socket")
    let url = "http://any.invalid/a.json"
    #expect(try get(url, "--unix-socket", socket).output.hasPrefix("{"))
    #expect(
      try get("/a.json", base: "http://any.invalid", "unix_socket = \"\(socket)\"").output
        .hasPrefix("{"))
    #expect(try get(url, "--unix-socket", directory.file("none")).status == 69)
  }

  @Test func anAddressTakesThePlaceOfANameServer() throws {
    let port = nginx.port
    let result = try get(
      "http://some.invalid:\(try TestServers.misbehaving.port)/echo", "--resolve",
      "some.invalid:\(try TestServers.misbehaving.port):127.0.0.1")
    #expect(result.output.contains("some.invalid"))
    let wrongName = try get(
      "https://some.invalid:\(port)/1k.txt", "--resolve", "some.invalid:\(port):127.0.0.1",
      "--cacert", TestServers.authority)
    #expect(wrongName.status == 77)
  }

  // MARK: TLS

  private func pin() throws -> String {
    let certificate = TestServers.path("tls/server.crt")
    let result = try NB.run(
      [
        "-c",
        "openssl x509 -in '\(certificate)' -pubkey -noout | openssl pkey -pubin -outform der"
          + " | openssl dgst -sha256 -binary | base64",
      ], executable: "/bin/bash")
    return "sha256//" + result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func onlyThePinnedKeyIsTaken() throws {
    let url = "\(nginx.origin)/1k.txt"
    let pin = try pin()
    let other = "sha256//" + String(repeating: "A", count: 43) + "="
    let good = try get(url, "--cacert", TestServers.authority, "--pinned-key", pin)
    #expect(good.status == 0, "\(good.errors)")
    let bad = try get(url, "--cacert", TestServers.authority, "--pinned-key", other)
    #expect(bad.status == 77)
    #expect(bad.errors.contains("its key is not the pinned one"))
    // Not even where nothing else is checked.
    #expect(try get(url, "-k", "--pinned-key", other).status == 77)
    #expect(try get(url, "-k", "--pinned-key", "\(other);\(pin)").status == 0)
    let profile = "tls.ca = \"\(TestServers.authority)\"\ntls.pinned_key = "
    #expect(try get("/1k.txt", base: nginx.origin, profile + "\"\(pin)\"").status == 0)
    #expect(try get("/1k.txt", base: nginx.origin, profile + "\"\(other)\"").status == 77)
  }

  @Test func aCertificateOfAProfileIsShown() throws {
    let authority = "tls.ca = \"\(TestServers.authority)\"\n"
    let certificate =
      "tls.cert = \"\(TestServers.clientCertificate)\"\ntls.key = \"\(TestServers.clientKey)\""
    let shown = try get("/client", base: nginx.origin, authority + certificate)
    #expect(shown.output == "SUCCESS CN=nb_cert")
    let stranger = try get(
      "\(nginx.origin)/client", "--cacert", TestServers.authority, "--cert",
      TestServers.strangerCertificate, "--key", TestServers.strangerKey)
    #expect(stranger.output != "SUCCESS CN=nb_cert")
    let mismatch = try get(
      "\(nginx.origin)/client", "--cacert", TestServers.authority, "--cert",
      TestServers.clientCertificate, "--key", TestServers.strangerKey)
    #expect(mismatch.status == 78)
    #expect(mismatch.errors.contains("a certificate's file cannot be used"))
    #expect(try get("/1k.txt", base: nginx.origin, "tls.verify = false").status == 0)
    #expect(try get("/1k.txt", base: nginx.origin, "tls.verify = true").status == 77)
  }

  @Test func aKeyMayHaveAPassword() throws {
    let key = directory.file("client.key")
    let made = try NB.run(
      [
        "pkey", "-aes256", "-passout", "pass:op3n", "-in", TestServers.clientKey, "-out", key,
      ], executable: "/usr/bin/openssl")
    try #require(made.status == 0, "\(made.errors)")
    let lines =
      "tls.ca = \"\(TestServers.authority)\"\ntls.cert = \"\(TestServers.clientCertificate)\"\n"
      + "tls.key = \"\(key)\"\n"
    for password in ["op3n", "file:pw"] {
      _ = try directory.write("op3n\n", to: "pw")
      let result = try get(
        "/client", base: nginx.origin, lines + "tls.key_password = \"\(password)\"")
      #expect(result.output == "SUCCESS CN=nb_cert", "\(result.errors)")
    }
    let wrong = try get("/client", base: nginx.origin, lines + "tls.key_password = \"clo5ed\"")
    #expect(wrong.status == 78)
    #expect(!wrong.errors.contains("clo5ed"))
    // Nobody is asked for it.
    #expect(try get("/client", base: nginx.origin, lines).status == 78)
  }

  // MARK: Settings of a profile

  @Test func noMoreConnectionsAreMadeThanAProfileAllows() throws {
    let key = UUID().uuidString
    _ = try directory.write(
      (0..<12).map { "{\"path\":\"/held?ms=150&key=\(key)&n=\($0)\"}\n" }.joined(), to: "in")
    for (limit, expected) in [("max_connections = 3", 3), ("max_connections = 1", 1)] {
      _ = try directory.write(
        "[profile.api]\nbase_url = \"\(server)\"\n\(limit)\n", to: "nb.toml")
      let result = try NB.run(["api", "batch", "@api", "in", "--jobs", "12"], in: directory)
      #expect(result.status == 0, "\(result.errors)")
      let peak = result.output.split(separator: "\n").compactMap { line in
        (try? JSONParser.parse(String(line)))?["body"]?["at once"]?.int64
      }.max()
      #expect(peak == Int64(expected))
    }
  }

  @Test(arguments: [
    ("user_agent = 'mine/1'", #"["User-Agent", "mine/1"]"#),
    ("headers.X-A = 'b'", #"["X-A", "b"]"#),
    ("auth.token = 't'", #"["Authorization", "Bearer t"]"#),
    ("auth.user = 'ada'\nauth.password = 'pw'", #"["Authorization", "Basic YWRhOnB3"]"#),
    ("auth.type = 'bearer'\nauth.token = 'env:HOME'", #""Bearer /"#),
    ("auth.type = 'bearer'\nauth.token = 'file:nb.toml'", #""Bearer [profile.api]"#),
    ("compression = true", #"["Accept-Encoding", "#),
  ])
  func aSettingIsSent(_ lines: String, _ expected: String) throws {
    let result = try get("/echo", base: server, lines)
    #expect(result.output.contains(expected), "\(result.output)\(result.errors)")
    let without = try get("/echo", base: server, "compression = false")
    #expect(!without.output.contains(expected))
  }

  @Test func aCommandGivesASecretOnlyToTheUsersOwnFile() throws {
    let profile = "[profile.api]\nbase_url = \"\(server)\"\nauth.token = \"cmd:echo t7\"\n"
    _ = try directory.write(profile, to: "nb.toml")
    #expect(try get("@api", "/echo").status == 78)
    try FileManager.default.removeItem(atPath: directory.file("nb.toml"))
    try FileManager.default.createDirectory(
      atPath: directory.file(".config/nb"), withIntermediateDirectories: true)
    _ = try directory.write(profile, to: ".config/nb/config.toml")
    #expect(try get("@api", "/echo").output.contains("Bearer t7"))
  }

  @Test func settingsOfTriesAndTimes() throws {
    let key = UUID().uuidString
    #expect(try get("/flaky?fail=1&key=\(key)", base: server, "retries = 0").status == 75)
    let again = try get("/flaky?fail=2&key=\(key)", base: server, "retry_backoff = '1ms'")
    #expect(again.output == "answered request 3\n")
    let moved = try get("/redirect?to=/echo", base: server, "max_redirects = 0")
    #expect(moved.output == "elsewhere\n")
    let idle = try get("/stall?bytes=5", base: server, "idle_timeout = '1s'\nretries = 0")
    #expect(idle.status == 75)
    let authority = "tls.ca = \"\(TestServers.authority)\"\n"
    #expect(try get("/protocol", base: nginx.origin, authority).output == "HTTP/2.0")
    #expect(
      try get("/protocol", base: nginx.origin, authority + "http2 = false").output == "HTTP/1.1")
    #expect(try get("/echo", base: server, "max_connections = 0").status == 78)
  }

  /// A server whose kernel takes connections and that never answers.
  @Test func aConnectionThatIsNotMadeInTime() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(listener, raw, length) == 0 && listen(listener, 5) == 0
          && getsockname(listener, raw, &length) == 0
      } ? UInt16(bigEndian: pointer.pointee.sin_port) : nil
    }
    let base = "https://127.0.0.1:\(try #require(port))"
    let result = try get("/", base: base, "connect_timeout = '300ms'\nretries = 0")
    #expect(result.status == 69, "\(result.errors)")
    #expect(result.errors.contains("in time"))
  }

  // MARK: Figures

  @Test func statsShowThePhases() throws {
    let text = try get("\(nginx.origin)/1k.txt", "--cacert", TestServers.authority, "--stats")
    let line = try #require(text.errors.split(separator: "\n").last)
    for part in ["stats: dns ", "connect ", "tls ", "first byte ", "response ", "HTTP/2,"] {
      #expect(line.contains(part), "\(line)")
    }
    let json = try get("\(server)/echo", "--stats=json")
    let figures = try #require(try JSONParser.parse(json.errors)["http"])
    #expect(figures["tls_ms"]?.isNull == true)
    #expect(figures["requests"] == 1)
    #expect(figures["connections"] == 1)
    #expect(figures["cache"]?.isNull == true)
    let times = ["dns_ms", "connect_ms", "first_byte_ms", "response_ms"].map {
      figures[$0]?.double ?? -1
    }
    #expect(times[0] >= 0 && times == times.sorted())
    #expect(
      try !NB.run(["db", "query", ":memory:", "select 1", "--stats"]).errors.contains("HTTP"))
  }
}
