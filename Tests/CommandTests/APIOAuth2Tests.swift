import Foundation
import TestSupport
import Testing

/// Tokens by OAuth 2 client credentials: got once, kept, renewed, and refused clearly.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APIOAuth2Tests {
  let directory: TemporaryDirectory
  let server: String
  let key = UUID().uuidString

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
    _ = try directory.write("s3:cret\n", to: "secret")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: directory.file("secret"))
  }

  private func configure(_ query: String = "", _ more: String = "") throws {
    _ = try directory.write(
      """
      [profile.api]
      base_url = "\(server)"
      [profile.api.auth]
      type = "oauth2"
      token_url = "\(server)/token?key=\(key)\(query)"
      client_id = "ada"
      client_secret = "file:secret"
      \(more)
      """, to: "nb.toml")
  }

  private func get(_ path: String = "/resource", _ more: String...) throws -> NB.Result {
    try NB.run(
      ["api", "get", "@api", path] + more, environment: NB.environment(home: directory),
      in: directory)
  }

  private func tokensGiven() throws -> String {
    try NB.run(["api", "get", "\(server)/count?key=\(key)"], in: directory).output
  }

  private var tokenFiles: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: directory.file(".state/nb/tokens"))
        .filter { !$0.hasSuffix(".lock") }
    }
  }

  @Test(arguments: ["", "client_auth = \"body\""]) func aTokenIsGotOnceAndKept(
    _ style: String
  ) throws {
    try configure("", "scope = \"read write\"\naudience = \"https://x/?a=b&c\"\n\(style)")
    let first = try get("/resource", "-v")
    #expect(first.output == "token-1-read write-https://x/?a=b&c\n", "\(first.errors)")
    #expect(first.errors.contains("> Authorization: Bearer ***"))
    #expect(!first.errors.contains("token-1"))
    #expect(try get().output == first.output)
    #expect(try tokensGiven() == "1")
    let file = directory.file(".state/nb/tokens/" + (try #require(try tokenFiles.first)))
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    // Another scope is another token.
    try configure("", "scope = \"admin\"")
    #expect(try get().output == "token-2-admin-None\n")
    #expect(try tokenFiles.count == 2)
  }

  @Test func aTokenNearItsEndIsRenewed() throws {
    try configure("&life=1")
    #expect(try get().output == "token-1-None-None\n")
    let end = Date().addingTimeInterval(30)
    while Date() < end, try get().output == "token-1-None-None\n" { usleep(50_000) }
    #expect(try get().output != "token-1-None-None\n")
  }

  @Test func aRefusedTokenIsRenewedOnce() throws {
    try configure()
    #expect(try get().output == "token-1-None-None\n")
    #expect(try get("/resource?revoked=1").output == "token-2-None-None\n")
    #expect(try get("/resource?revoked=1").output == "token-2-None-None\n")
    #expect(try tokensGiven() == "2")
    let refused = try get("/resource?revoked=99&key=\(key)x")
    #expect(refused.status == 77)
    #expect(try tokensGiven() == "3")
    let asked = try NB.run(["api", "get", "\(server)/count?key=\(key)x"], in: directory)
    #expect(asked.output == "2")
  }

  @Test func processesThatNeedATokenAtOnceGetOneTogether() throws {
    try configure("&wait=300")
    let result = try NB.shell(
      "for i in $(seq 6); do nb api get @api /resource & done; wait", in: directory)
    #expect(result.output == String(repeating: "token-1-None-None\n", count: 6))
    #expect(try tokensGiven() == "1")
  }

  @Test(arguments: [
    ("&error=invalid_scope&description=No%20such%20scope", 77, "invalid_scope: No such scope"),
    ("&error=invalid_client&code=401", 77, "invalid_client"),
    ("&error=temporarily&code=400&description=%1B[31mred", 77, #"\x1b[31mred"#),
    ("&raw=%7B%7D", 76, "without an access_token"), ("&raw=html", 76, "without an access_token"),
    (
      "&raw=%7B%22access_token%22:%22x%22,%22token_type%22:%22mac%22%7D", 76,
      "only Bearer is known"
    ),
    ("&raw=%7B%22access_token%22:%22x%5Cr%5CnY:z%22%7D", 76, "control characters"),
  ])
  func theEndpointsRefusalIsClear(_ query: String, _ status: Int32, _ message: String) throws {
    try configure(query)
    let result = try get()
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(!result.errors.contains("s3:cret"))
  }

  @Test func whatIsMissingIsSaid() throws {
    _ = try directory.write(
      "[profile.api]\nbase_url = \"\(server)\"\nauth.type = \"oauth2\"\nauth.client_id = \"a\"\n",
      to: "nb.toml")
    let result = try get()
    #expect(result.status == 78)
    #expect(result.errors.contains("needs auth.token_url"))
  }

  @Test func aTokenThatIsDamagedIsGotAnew() throws {
    try configure()
    #expect(try get().output == "token-1-None-None\n")
    let file = directory.file(".state/nb/tokens/" + (try #require(try tokenFiles.first)))
    try Data("{\"token\":".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try get().output == "token-2-None-None\n")
  }

  @Test func theCacheOutlivesATokenAndIsNotSharedWithAnotherClient() throws {
    try configure("&life=0")
    let path = "/cached?key=\(key)c&field=Cache-Control:%20max-age=1000"
    for _ in 0..<2 { #expect(try get(path, "--cache").output == "1 */*\n") }
    try configure("&life=0", "scope = \"other\"")
    #expect(try get(path, "--cache").output == "2 */*\n")
  }
}
