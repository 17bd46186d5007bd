import Foundation
import JSON
import TestSupport
import Testing

/// AWS Signature Version 4 as `nb api` sends it.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct APISignatureTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func api(
    _ words: [String], environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(["api"] + words, environment: environment, in: directory)
  }

  private func fields(_ result: NB.Result) throws -> [String: String] {
    #expect(result.status == 0, "\(result.errors)")
    var fields: [String: String] = [:]
    for field in try JSONParser.parse(result.output)["headers"]?.array ?? [] {
      fields[field[0]?.string?.lowercased() ?? ""] = field[1]?.string
    }
    return fields
  }

  private static let keys = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t"]

  @Test func theFlagSignsWithTheKeysOfTheUserOrTheEnvironment() throws {
    let own = try fields(
      api(
        [
          "post", "\(server)/echo", "a=1", "--aws-sigv4", "eu-west-1/execute-api", "--user",
          "AK:SK",
        ]))
    let authorization = try #require(own["authorization"])
    #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AK/"))
    #expect(authorization.contains("/eu-west-1/execute-api/aws4_request, "))
    #expect(authorization.contains("SignedHeaders=accept;content-type;host;x-amz-date, "))
    #expect(own["x-amz-content-sha256"] == nil)
    let environment = Self.keys.merging(["AWS_SESSION_TOKEN": "token"]) { $1 }
    let other = try fields(
      api(["get", "\(server)/echo", "--aws-sigv4", "r/s3"], environment: environment))
    #expect(other["authorization"]?.contains("Credential=AKENV/") == true)
    #expect(other["x-amz-security-token"] == "token")
    #expect(
      other["x-amz-content-sha256"]
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test(arguments: [1020, -7200]) func theServersClockIsTakenAfterARefusal(_ lead: Int) throws {
    let route = "\(server)/skewed?by=\(lead)&key=\(UUID())"
    let words = ["--aws-sigv4", "r/s3", "--user", "AK:SK"]
    let result = try api(["get", route] + words)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "signed\n")
    let text = lead > 0 ? "17 min behind the server's" : "120 min ahead of the server's"
    #expect(
      result.errors.contains("this machine's clock is \(text); signing by the server's clock"))
    // What cannot be sent again is refused with the reason.
    let again = "\(server)/skewed?by=\(lead)&key=\(UUID())"
    let refused = try api(["get", again, "--user", "AK:SK"])
    #expect(refused.status == 77)
    #expect(refused.errors.contains("this machine's clock is \(text)"))
    let right = try api(["get", "\(server)/skewed?by=0&key=\(UUID())"] + words)
    #expect(right.status == 77)
    #expect(!right.errors.contains("clock"))
  }

  @Test func aProfileSignsAndItsKeysAreNotMixedWithOthers() throws {
    _ = try directory.write(
      """
      [profile.aws]
      base_url = "\(server)"
      auth.type = "aws"
      auth.service = "sqs"
      auth.access_key_id = "AKPROFILE"
      auth.secret_access_key = "env:KEY"
      """, to: "nb.toml")
    let environment = Self.keys.merging([
      "KEY": "k", "AWS_REGION": "eu-north-1", "AWS_SESSION_TOKEN": "of other keys",
    ]) { $1 }
    let sent = try fields(api(["get", "@aws/echo"], environment: environment))
    #expect(sent["authorization"]?.contains("Credential=AKPROFILE/") == true)
    #expect(sent["authorization"]?.contains("/eu-north-1/sqs/") == true)
    #expect(sent["x-amz-security-token"] == nil)
    let missing = try api(["get", "@aws/echo"], environment: ["KEY": "k"])
    #expect(missing.status == 78)
    #expect(missing.errors.contains("no AWS region is known"))
  }

  @Test func eachAttemptIsSignedAndNoOtherOriginGetsASignature() throws {
    let other = try TestServers.nginxWithoutTLS.origin
    let words = ["--aws-sigv4", "r/s3"]
    let elsewhere = try fields(
      api(["get", "\(server)/redirect?to=\(other)/to/echo"] + words, environment: Self.keys))
    #expect(elsewhere["authorization"] == nil)
    let same = try fields(
      api(["get", "\(server)/redirect?to=/echo%3Fb%3D1+2"] + words, environment: Self.keys))
    #expect(same["authorization"]?.hasPrefix("AWS4-HMAC-SHA256") == true)
    let key = UUID().uuidString
    let again = try api(
      ["get", "\(server)/flaky?key=\(key)&fail=1", "--retry-backoff", "1ms", "-v"] + words,
      environment: Self.keys)
    #expect(again.status == 0)
    #expect(
      again.errors.components(separatedBy: "> Authorization: AWS4-HMAC-SHA256 ***").count == 3)
    #expect(!again.errors.contains("s3cr3t"))
  }

  @Test(arguments: [
    (["--aws-sigv4", "eu-west-1"], 2, "REGION/SERVICE"),
    (["--aws-sigv4", "r/s"], 78, "no AWS keys are known"),
    (["--aws-sigv4", "r/sqs", "--user", "a:b", "--body", "-"], 2, "cannot be signed for sqs"),
  ])
  func saysWhatIsMissing(_ flags: [String], _ status: Int32, _ message: String) throws {
    let result = try api(["put", "\(server)/echo"] + flags)
    #expect(result.status == status, "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.errors.contains("hint: ") || status == 2)
  }
}
