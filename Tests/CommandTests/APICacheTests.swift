import Foundation
import TestSupport
import Testing

/// The cache of `nb api` as a script meets it: what is answered without asking, and what is not.
@Suite(.needsServers) struct APICacheTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  /// A URL whose responses have these fields; each response differs.
  private func url(_ fields: String..., more: String = "") -> String {
    let query = fields.map { field in
      "&field=" + (field.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }
    return "\(server)/cached?key=\(UUID())\(more)\(query.joined())"
  }

  private func run(
    _ words: [String], environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(
      ["api"] + words,
      environment: NB.environment(home: directory).merging(environment) { $1 }, in: directory)
  }

  /// The number of the request that the content is from.
  private func get(_ url: String, _ more: String...) throws -> Int {
    let result = try run(["get", url, "--cache"] + more)
    #expect(result.status == 0, "\(result.errors)")
    return try #require(result.output.split(separator: " ").first.flatMap { Int($0) })
  }

  private func config(_ text: String) throws {
    _ = try directory.write(text, to: "nb.toml")
  }

  private var cacheFolder: URL {
    URL(fileURLWithPath: directory.file(".cache/nb/http"))
  }

  private func files(_ suffix: String) -> [URL] {
    let all = FileManager.default.enumerator(at: cacheFolder, includingPropertiesForKeys: nil)
    return (all?.allObjects as? [URL] ?? []).filter { $0.path.hasSuffix(suffix) }
  }

  // MARK: What is answered

  @Test func freshContentIsNotAskedForAgain() throws {
    let url = url("Cache-Control: max-age=1000")
    #expect(try get(url) == 1)
    #expect(try get(url) == 1)
    let second = try run(["get", url, "--cache", "-i", "-v", "--stats"])
    #expect(second.output.contains("\nAge: "))
    #expect(second.errors.contains("from the cache (fresh, "))
    #expect(second.errors.contains("cache fresh, requests 1, connections 0, cached 1"))
    let without = try run(["get", url, "--stats"])
    #expect(without.output.hasPrefix("2 "))
    #expect(!without.errors.contains("cache"))
  }

  @Test func whatIsFreshNeedsNoClientLibrary() throws {
    let url = url("Cache-Control: max-age=1000")
    let debug = ["LD_DEBUG": "files"]
    #expect(try run(["get", url, "--cache"], environment: debug).errors.contains("libcurl.so"))
    let second = try run(["get", url, "--cache"], environment: debug)
    #expect(second.output.hasPrefix("1 "))
    #expect(second.errors.contains("libc.so"))
    #expect(!second.errors.contains("libcurl.so"))
  }

  @Test(arguments: [
    ["Cache-Control: no-store, max-age=1000"], ["X-None: 1"], ["Cache-Control: max-age=0"],
    ["Cache-Control: s-maxage=1000"], ["Cache-Control: max-age=1000", "Vary: *"], ["Expires: 0"],
    ["Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "X: heuristic"],
  ])
  func whatIsNotFreshIsAskedFor(_ fields: [String]) throws {
    var url = url()
    for field in fields {
      url += "&field=" + (field.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }
    // With a date the server says that nothing has changed, which it must have been asked.
    let isConfirmed = fields[0].hasPrefix("Last")
    #expect(try get(url) == 1)
    let second = try run(["get", url, "--cache", "-v"])
    #expect(second.errors.contains("over 127.0.0.1"))
    #expect(second.output.hasPrefix(isConfirmed ? "1 " : "2 "))
  }

  @Test(arguments: [
    "ETag: \"a\"", "ETag: W/\"a\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
  ])
  func aConfirmationRenewsTheFields(_ validator: String) throws {
    let url = url("Cache-Control: no-cache", validator)
    #expect(try get(url) == 1)
    let second = try run(["get", url, "--cache", "-i", "--stats"])
    #expect(second.output.contains("X-Count: 2"))
    #expect(second.output.hasSuffix("\n1 */*\n"))
    #expect(second.errors.contains("cache revalidated, requests 1, connections 1, revalidated 1"))
    #expect(try run(["get", url, "--cache", "-i"]).output.contains("X-Count: 3"))
  }

  @Test func theUsersTimeComesFirst() throws {
    let url = url("Cache-Control: no-cache")
    #expect(try get(url, "--cache-ttl", "1h") == 1)
    #expect(try get(url, "--cache-ttl", "1h") == 1)
    #expect(try get(url) == 2)
    #expect(try get(url, "--cache-ttl", "1h", "Cache-Control:no-cache") == 3)
    let forbidden = self.url("Cache-Control: no-store")
    #expect(try get(forbidden, "--cache-ttl", "1h") == 1)
    #expect(try get(forbidden, "--cache-ttl", "1h") == 2)
  }

  @Test func whatVariesIsKeptForEachValue() throws {
    let url = url("Cache-Control: max-age=1000", "Vary: Accept, X-Lang")
    #expect(try get(url, "Accept:a") == 1)
    #expect(try get(url, "Accept:b") == 2)
    #expect(try get(url, "Accept:b", "X-Lang:de") == 3)
    #expect(try get(url, "Accept:a") == 1)
    #expect(try get(url, "Accept:b") == 2)
    #expect(try get(url, "Accept:b", "X-Lang:de") == 3)
  }

  @Test func nothingIsSharedBetweenCredentials() throws {
    let url = url("Cache-Control: max-age=1000, public")
    let askers = [
      [], ["--bearer", "bearer-one-of-two"], ["--bearer", "bearer-two-of-two"],
      ["--user", "ada:secret"],
      ["--user", "ada:other"], ["--user", "ada:secret", "--digest"], ["Cookie:session=1"],
      ["X-Api-Key:key-number-1"], ["X-Api-Key:key-number-2"],
    ]
    for (index, asker) in askers.enumerated() {
      let result = try run(["get", url, "--cache"] + asker)
      #expect(result.output.hasPrefix("\(index + 1) "), "\(asker)")
    }
    for (index, asker) in askers.enumerated() {
      let result = try run(["get", url, "--cache"] + asker)
      #expect(result.output.hasPrefix("\(index + 1) "), "\(asker)")
    }
    let stored = try files("").filter { !$0.hasDirectoryPath }.map { try Data(contentsOf: $0) }
    // So long that chance writes none of them.
    for secret in [
      "bearer-one-of-two", "bearer-two-of-two", "secret", "session=1", "key-number-1",
    ] {
      #expect(!stored.contains { $0.range(of: Data(secret.utf8)) != nil }, "\(secret)")
    }
  }

  @Test func anotherWayToTheServerIsAnotherServer() throws {
    let nginx = try TestServers.nginx
    let url = "\(nginx.origin)/to" + url("Cache-Control: max-age=1000").dropFirst(server.count)
    let insecure = try run(["get", url, "--cache", "-k"])
    #expect(insecure.output.hasPrefix("1 "))
    let secure = try run(["get", url, "--cache", "--cacert", TestServers.authority])
    #expect(secure.output.hasPrefix("2 "))
    let certified = try run([
      "get", url, "--cache", "--cacert", TestServers.authority, "--cert",
      TestServers.clientCertificate, "--key", TestServers.clientKey,
    ])
    #expect(certified.output.hasPrefix("3 "))
  }

  @Test func aChangeForgetsWhatWasStored() throws {
    let url = url("Cache-Control: max-age=1000")
    for method in ["post", "put", "patch", "delete"] {
      let before = try get(url, "--bearer", "one")
      #expect(try get(url, "--bearer", "one") == before)
      #expect(try run([method, url, "--cache"]).status == 0)
      #expect(try get(url, "--bearer", "one") == before + 2)
    }
    let failing = self.url("Cache-Control: max-age=1000", more: "&works=1")
    #expect(try get(failing) == 1)
    #expect(try run(["post", failing, "--cache"]).status == 75)
    #expect(try get(failing) == 1)
  }

  @Test(arguments: ["503", "cut"]) func staleContentStandsInForAFailingServer(
    _ failure: String
  ) throws {
    let url = url("Cache-Control: max-age=0, stale-if-error=1000", more: "&works=1&code=\(failure)")
    #expect(try get(url) == 1)
    let second = try run(["get", url, "--cache", "--retries", "0", "--stats"])
    #expect(second.status == 0)
    #expect(second.output == "1 */*\n")
    #expect(second.errors.contains("what was stored earlier stands in"))
    #expect(second.errors.contains("cache stale"))
    let strict = self.url("Cache-Control: max-age=0", more: "&works=1&code=\(failure)")
    #expect(try get(strict) == 1)
    #expect(try run(["get", strict, "--cache", "--retries", "0"]).status == 75)
  }

  // MARK: What is not kept

  @Test func onlyWholeContentIsKept() throws {
    let cut = "\(server)/truncated?bytes=10&of=1000&key=\(UUID())"
    for _ in 0..<2 {
      #expect(try run(["get", cut, "--cache-ttl", "1h", "--retries", "0"]).status == 75)
    }
    let part = "\(server)/file?size=100&key=\(UUID())"
    let first = try run(["get", part, "--cache-ttl", "1h", "Range:bytes=90-", "-i"])
    #expect(first.output.hasPrefix("HTTP/1.1 206"))
    #expect(files(".head").isEmpty)
    #expect(files(".body").isEmpty)
  }

  private func redirect(to target: String, _ more: String = "") -> String {
    let to = target.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    return "\(server)/redirect?to=\(to)\(more)"
  }

  private func count(_ key: String) throws -> String {
    try NB.run(["api", "get", "\(server)/count?key=\(key)"], in: directory).output
  }

  @Test func eachHopOfARedirectIsKeptAsItAllows() throws {
    let target = url("Cache-Control: max-age=1000")
    let (temporary, kept) = ("\(UUID())", "\(UUID())")
    for _ in 1...3 {
      #expect(try get(redirect(to: target, "&key=\(temporary)")) == 1)
      let fields = "&field=Cache-Control:%20max-age=1000&key=\(kept)"
      #expect(try get(redirect(to: target, fields)) == 1)
    }
    #expect(try count(temporary) == "3")
    #expect(try count(kept) == "1")
    #expect(try get(target) == 1)
    let shown = try run([
      "get", redirect(to: target, "&field=Cache-Control:%20max-age=1000&key=\(kept)"), "--cache",
      "-v",
    ])
    #expect(shown.errors.components(separatedBy: "from the cache (fresh").count == 3)
  }

  @Test func aLifetimeOfOnesOwnHoldsForPermanentRedirectsAlone() throws {
    let target = url()
    for (code, requests) in [(301, "1"), (308, "1"), (302, "2"), (307, "2")] {
      let key = "\(UUID())"
      let from = redirect(to: target, "&code=\(code)&key=\(key)")
      for _ in 1...2 { #expect(try get(from, "--cache-ttl", "1h") == 1) }
      #expect(try count(key) == requests, "\(code)")
    }
  }

  @Test func storedRedirectsThatGoInCirclesEnd() throws {
    let key = "\(UUID())"
    let fields = "field=Cache-Control:%20max-age=9&key=\(key)"
    let path = "/redirect?to=%2Fredirect%3Fto%3D%252Floop&" + fields
    for _ in 1...2 {
      let result = try run(["get", server + path, "--cache", "--max-redirects", "3"])
      #expect(result.status == 1)
      #expect(result.errors.contains("redirects more than 3 times"))
    }
    #expect(try count(key) == "1")
  }

  @Test func aStoredRedirectGivesNoCredentialsAway() throws {
    let other = server.replacingOccurrences(of: "localhost", with: "127.0.0.1")
    let from = redirect(to: "\(other)/echo", "&field=Cache-Control:%20max-age=1000")
    for _ in 1...2 {
      let result = try run([
        "get", from, "--cache", "--bearer", "s3cret", "Cookie:a=s3cret", "X-Api-Key:s3cret",
        "X-Y:1",
      ])
      #expect(result.status == 0)
      #expect(result.output.contains("X-Y"))
      #expect(!result.output.contains("s3cret"))
    }
  }

  @Test func whatIsDamagedCountsAsNotStored() throws {
    let url = url("Cache-Control: max-age=1000", more: "&times=1000")
    #expect(try get(url) == 1)
    let body = try #require(files(".body").first)
    var bytes = try Data(contentsOf: body)
    bytes[3000] ^= 1
    try bytes.write(to: body)
    #expect(try get(url) == 2)
    let head = try #require(files(".head").first)
    try Data("{".utf8).write(to: head)
    #expect(try get(url) == 3)
    #expect(try get(url) == 3)
    try FileManager.default.removeItem(at: try #require(files(".body").last))
    for body in files(".body") { try FileManager.default.removeItem(at: body) }
    #expect(try get(url) == 4)
  }

  @Test func aCacheThatCannotBeWrittenIsDoneWithout() throws {
    _ = try directory.write("", to: "file")
    let url = url("Cache-Control: max-age=1000")
    for count in 1...2 {
      let result = try run(
        ["get", url, "--cache"], environment: ["XDG_CACHE_HOME": directory.file("file")])
      #expect(result.status == 0)
      #expect(result.output == "\(count) */*\n")
      #expect(result.errors.contains("nothing is kept in the cache"))
      #expect(result.errors.contains("not a directory"))
    }
  }

  @Test func filesAreForTheUserAlone() throws {
    _ = try get(url("Cache-Control: max-age=1000"))
    let all = files("")
    #expect(all.count >= 4)
    for file in all + [cacheFolder] {
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
      #expect((mode as? Int).map { $0 & 0o077 } == 0, "\(file.path)")
    }
  }

  // MARK: Room

  @Test func theSizeIsHeldAndTheOldestGoes() throws {
    try config(
      """
      [profile.api]
      base_url = "\(server)"
      cache = true
      cache_max_size = "400k"
      """)
    func get(_ key: String) throws -> String {
      try run([
        "get", "@api", "/cached?key=\(key)&times=10000&field=Cache-Control:%20max-age=1000",
      ]).output
    }
    let name = UUID().uuidString
    for number in 0..<20 { _ = try get("\(name)-\(number)") }
    let bytes = (files(".head") + files(".body")).reduce(0) { sum, file in
      sum + ((try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0)
    }
    #expect(bytes < 400 * 1024)
    #expect(bytes > 200 * 1024)
    #expect(try get("\(name)-19").hasPrefix("1 "))
    #expect(try get("\(name)-0").hasPrefix("2 "))
    // What would fill a quarter of it alone is not kept.
    let large = "/cached?key=\(UUID())&times=30000&field=Cache-Control:%20max-age=1000"
    for count in 1...2 {
      #expect(try self.run(["get", "@api", large]).output.hasPrefix("\(count) "))
    }
  }

  @Test func manyProcessesShareIt() throws {
    let base = "\(server)/cached?field=Cache-Control:%20max-age=0&times=20000&key=\(UUID())"
    let script = """
      for i in $(seq 12); do
        ( for n in 1 2 3 4; do
            nb api get "\(base)$((n % 2))" --cache > out.$i || echo failed
            [ "$(sort -u out.$i | wc -l) $(wc -l < out.$i)" = "1 20000" ] || echo torn
          done ) &
      done
      wait
      """
    let result = try NB.shell(script, in: directory)
    #expect(result.output == "")
    #expect(result.errors == "")
  }

  // MARK: Commands

  @Test func statsAndClear() throws {
    try config("[profile.api]\nbase_url = \"\(server)\"\ncache = true\n")
    _ = try get(url("Cache-Control: max-age=1000"))
    _ = try get(url("Cache-Control: max-age=1000"))
    let host = String(server.dropFirst("http://".count))
    let stats = try run(["cache", "stats", "-o", "json"])
    #expect(stats.output.contains(#""host":"\#(host)","responses":2,"#), "\(stats.output)")
    #expect(try run(["cache", "stats", "http://other.example/"]).output == "")
    #expect(try run(["cache", "clear", "http://other.example/"]).status == 0)
    #expect(try run(["cache", "stats", "@api"]).output.hasPrefix(host))
    // The name that stats shows.
    #expect(try run(["cache", "stats", host]).output.hasPrefix(host))
    #expect(try run(["cache", "clear", "other.example", "--yes"]).errors.contains("removed 0"))
    let cleared = try run(["cache", "clear", host, "--yes"])
    #expect(cleared.errors.contains("removed 2 responses"), "\(cleared.errors)")
    _ = try get(url("Cache-Control: max-age=1000"))
    #expect(try run(["cache", "clear", "@api", "--yes"]).errors.contains("removed 1 response,"))
    #expect(try run(["cache", "clear", "no host", "--yes"]).status == 2)
    #expect(try run(["cache", "stats"]).output == "")
    #expect(files(".body").isEmpty)
  }

  @Test func aProfileSaysSoAndAFlagOtherwise() throws {
    try config(
      "[profile.api]\nbase_url = \"\(server)\"\ncache = true\ncache_ttl = \"1h\"\n")
    let path = "/cached?key=\(UUID())"
    #expect(try run(["get", "@api", path]).output == "1 */*\n")
    #expect(try run(["get", "@api", path]).output == "1 */*\n")
    #expect(try run(["get", "@api", path, "--no-cache"]).output == "2 */*\n")
    try config("[profile.api]\nbase_url = \"\(server)\"\ncache_max_size = \"much\"\n")
    let wrong = try run(["get", "@api", path])
    #expect(wrong.status == 78)
    #expect(wrong.errors.contains("nb.toml:3"))
  }
}
