import Foundation
import TestSupport
import Testing

/// Cookies between commands: who gets them, where they are kept, and by whom at once.
@Suite(.needsServers) struct APICookieTests {
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

  private func set(_ text: String, _ words: String...) throws {
    let value = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let result = try NB.run(
      ["api", "get", "\(server)/cookies?set=\(value)"] + words,
      environment: NB.environment(home: directory), in: directory)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func sent(_ words: String...) throws -> String {
    try NB.run(
      ["api", "get", "\(server)/cookies"] + words, environment: NB.environment(home: directory),
      in: directory
    ).output
  }

  @Test func aSessionKeepsThem() throws {
    try set("a=1", "--session", "ada")
    try set("b=2; Path=/cookies; HttpOnly; Max-Age=100", "--session", "ada")
    #expect(try sent("--session", "ada") == "b=2; a=1")
    #expect(try sent("--session", "bob") == "")
    #expect(try sent() == "")
    #expect(try sent("--session", "ada", "Cookie:own=0") == "own=0; b=2; a=1")
    try set("a=; Max-Age=0", "--session", "ada")
    #expect(try sent("--session", "ada") == "b=2")
    let file = directory.file(".state/nb/cookies/ada.txt")
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let shown = try get("\(server)/cookies?set=token%3Dsecret7", "--session", "ada", "-v")
    #expect(shown.errors.contains("> Cookie: b=***"))
    #expect(shown.errors.contains("< Set-Cookie: token=***"))
    #expect(!shown.errors.contains("token=secret7"))
  }

  /// Of public suffixes that no short list has, and of exceptions to them.
  @Test(arguments: [
    ("shop.x.kobe.jp", "x.kobe.jp", false), ("shop.city.kobe.jp", "city.kobe.jp", true),
    ("x.us-east-1.compute.amazonaws.com", "us-east-1.compute.amazonaws.com", false),
    ("shop.example.com", "example.com", true), ("a.b.shop.github.io", "shop.github.io", true),
    ("shop.github.io", "github.io", false),
  ])
  func noOneSetsCookiesForAPublicSuffix(_ host: String, _ domain: String, _ isKept: Bool) throws {
    let port = try TestServers.misbehaving.port
    let url = "http://\(host):\(port)/cookies?set=a%3D1%3B%20Domain%3D\(domain)"
    let result = try get(url, "--resolve", "\(host):\(port):127.0.0.1", "--cookies", "jar.txt")
    #expect(result.status == 0, "\(result.errors)")
    let jar = (try? String(contentsOfFile: directory.file("jar.txt"), encoding: .utf8)) ?? ""
    #expect(jar.contains("\n.\(domain)\tTRUE") == isKept)
    #expect(!jar.contains("\n\(domain)\t"))
  }

  @Test func strangersCookiesAreRefused() throws {
    for text in [
      "x=1; Domain=example.com", "x=1; Domain=com", "x=1; Domain=.localhost.evil", "=1", "x",
      "__Host-x=1", "__Secure-x=1",
    ] { try set(text, "--cookies", "jar.txt") }
    #expect(try sent("--cookies", "jar.txt") == "")
  }

  @Test func aLoginByRedirectHoldsOnItsWay() throws {
    let there = "/redirect-cookie?set=s%3D1&to=/cookies"
    #expect(try get("\(server)\(there)", "--cookies", "jar.txt").output == "s=1")
    let nginx = try TestServers.nginxWithoutTLS
    // Another port is another origin, but the same host: cookies know no ports (RFC 6265, 8.5).
    #expect(try get("\(nginx.origin)/to/cookies", "--cookies", "jar.txt").output == "s=1")
    let away = "/redirect?to=http://127.0.0.1:\(nginx.port)/to/cookies"
    #expect(try get("\(server)\(away)", "--cookies", "jar.txt", "Cookie:own=1").output == "")
  }

  @Test func curlReadsTheFileAndWritesIt() throws {
    try set("a=1; Max-Age=1000; HttpOnly", "--cookies", "jar.txt")
    try set("b=2; Path=/cookies", "--cookies", "jar.txt")
    let read = try NB.run(
      ["-s", "-b", "jar.txt", "\(server)/cookies"], executable: "/usr/bin/curl", in: directory)
    #expect(read.output == "b=2; a=1")
    let written = try NB.run(
      ["-s", "-c", "curl.txt", "\(server)/cookies?set=c%3D3;%20HttpOnly"],
      executable: "/usr/bin/curl", in: directory)
    #expect(written.status == 0)
    #expect(try sent("--cookies", "curl.txt") == "c=3")
  }

  @Test func aProfileHasItsOwnJar() throws {
    for (name, value) in [("one", "true"), ("two", "\"two.jar\""), ("three", "false")] {
      _ = try directory.write(
        "[profile.\(name)]\nbase_url = \"\(server)\"\ncookies = \(value)\n", to: "nb.toml")
      #expect(try get("@\(name)", "/cookies?set=a%3D\(name)").status == 0)
      let sent = try get("@\(name)", "/cookies").output
      #expect(sent == (name == "three" ? "" : "a=\(name)"))
    }
    #expect(FileManager.default.fileExists(atPath: directory.file("two.jar")))
    #expect(FileManager.default.fileExists(atPath: directory.file(".state/nb/cookies/one.txt")))
  }

  @Test func aFileOfSomethingElseIsLeftAlone() throws {
    let file = try directory.write("export PATH=/bin\n", to: "profile")
    let result = try get("\(server)/cookies?set=a%3D1", "--cookies", file)
    #expect(result.status == 65)
    #expect(result.errors.contains("is no file of cookies"))
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "export PATH=/bin\n")
    #expect(try get("\(server)/cookies", "--session", "../x").status == 2)
    #expect(try get("\(server)/cookies", "--session", "x", "--cookies", "y").status == 2)
  }

  @Test func processesKeepEachOthersCookies() throws {
    let result = try NB.shell(
      """
      for i in $(seq 12); do
        nb api get "\(server)/cookies?set=c$i%3D$i" --session all & 
      done
      wait
      """, in: directory)
    #expect(result.errors == "")
    let sent = try sent("--session", "all")
    #expect(Set(sent.split(separator: ";").map { $0.filter { $0 != " " } }).count == 12, "\(sent)")
  }
}
