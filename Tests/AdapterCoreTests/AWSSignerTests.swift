import Foundation
import Platform
import TestSupport
import Testing

@testable import AdapterCore

@Suite struct AWSSignerTests {
  static let credentials = AWSCredentials(
    accessKeyID: "AKIDEXAMPLE",
    secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

  private func signer(_ service: String = "service") -> AWSSigner {
    AWSSigner(credentials: Self.credentials, region: "us-east-1", service: service)
  }

  /// 2015-08-30T12:36:00Z, the time of AWS's vectors.
  private static let time: Int64 = 1_440_938_160

  private func signed(_ request: HTTPRequest, _ service: String = "service") throws -> HTTPRequest {
    var request = request
    try signer(service).sign(&request, at: Self.time)
    return request
  }

  private func request(
    _ url: String, method: String = "GET", _ headers: [String: String] = [:],
    body: (any HTTPBody)? = nil
  ) throws -> HTTPRequest {
    HTTPRequest(
      method: method, url: try HTTPURL.parse(url).url,
      headers: HTTPHeaders(headers.map { HTTPHeaders.Field($0.key, $0.value) }), body: body)
  }

  // MARK: AWS's own vectors

  static let suite = Conformance.directory("aws-sigv4")

  /// The folders that hold a request.
  static let vectors: [URL] = {
    guard let suite, let files = FileManager.default.enumerator(atPath: suite.path) else {
      return []
    }
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".req") }.sorted()
      .map { suite.appendingPathComponent($0).deletingPathExtension() }
  }()

  @Test(.enabled(if: !vectors.isEmpty, "AWS's vectors stand beside the repository"))
  func thereAreVectors() { #expect(Self.vectors.count >= 30) }

  @Test(arguments: vectors) func signsAsPublished(_ vector: URL) throws {
    func text(_ kind: String) throws -> String {
      try String(contentsOf: vector.appendingPathExtension(kind), encoding: .utf8)
        .replacingOccurrences(of: "\r\n", with: "\n")
    }
    var request = try parse(try text("req"))
    var credentials = Self.credentials
    // A token that the vector adds behind the signature stands in no canonical request.
    let tokenLine = try text("creq").split(separator: "\n").first {
      $0.hasPrefix("x-amz-security-token:")
    }
    if let token = tokenLine?.split(separator: ":").last.map(String.init) {
      credentials.sessionToken = Secret(token)
      request.headers["X-Amz-Security-Token"] = token
    }
    let signer = AWSSigner(credentials: credentials, region: "us-east-1", service: "service")
    let payload = SHA256.hexDigest(of: (request.body as? HTTPBytesBody)?.bytes ?? [])
    let canonical = AWSCanonicalRequest(request, payloadHash: payload, keepsPath: false)
    #expect(try canonical.text == text("creq"))
    #expect(
      try AWSSigner.stringToSign(
        canonical.text, time: "20150830T123600Z",
        scope: "20150830/us-east-1/service/aws4_request") == text("sts"))
    try signer.sign(&request, at: Self.time)
    #expect(try request.headers["Authorization"] == text("authz"))
  }

  /// A request as the vectors write it; the path is not encoded yet.
  private func parse(_ text: String) throws -> HTTPRequest {
    let parts = text.components(separatedBy: "\n\n")
    var lines = parts[0].split(separator: "\n").map(String.init)
    let words = lines.removeFirst().components(separatedBy: " ")
    let target = words.dropFirst().dropLast().joined(separator: " ")
    let mark = target.firstIndex(of: "?")
    var headers = HTTPHeaders()
    for line in lines {
      if line.hasPrefix(" "), let last = headers.fields.last {
        // RFC 9112 calls it obs-fold.
        headers.remove(last.name)
        headers.append(last.name, last.value + " " + line)
        continue
      }
      let colon = try #require(line.firstIndex(of: ":"))
      headers.append(String(line[..<colon]), String(line[line.index(after: colon)...]))
    }
    let body = parts.dropFirst().joined(separator: "\n\n")
    return HTTPRequest(
      method: words[0],
      url: HTTPURL(
        scheme: "https", host: "example.amazonaws.com", port: nil,
        path: String(target[..<(mark ?? target.endIndex)]),
        query: mark.map { String(target[target.index(after: $0)...]) }),
      headers: headers, body: body.isEmpty ? nil : HTTPBytesBody(Array(body.utf8)))
  }

  // MARK: Vectors of our own, by the published algorithm

  @Test func theKeyIsDerivedAsRFC2104Says() {
    // RFC 4231, test cases 1, 2 and 6.
    for (key, data, expected) in [
      (
        [UInt8](repeating: 0x0B, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xAA, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ] {
      let digest = HMACSHA256.digest(of: Array(data.utf8), key: key)
      #expect(digest.map { String(format: "%02x", $0) }.joined() == expected)
    }
  }

  @Test func signsTheEmptyRequestAsAWSPublishedIt() throws {
    let signed = try signed(try request("https://example.amazonaws.com/"))
    #expect(signed.headers["X-Amz-Date"] == "20150830T123600Z")
    #expect(
      signed.headers["Authorization"] == "AWS4-HMAC-SHA256 "
        + "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        + "SignedHeaders=host;x-amz-date, "
        + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
  }

  @Test(arguments: [
    ("b=2&a=1&a=0", "a=0&a=1&b=2"), ("versioning", "versioning="), ("a=b=c", "a=b%3Dc"),
    ("a=1+2", "a=1%2B2"), ("a=%20&a-b=1&a.c=2", "a=%20&a-b=1&a.c=2"), ("x=%7e*", "x=~%2A"),
    ("prefix=a%2Fb", "prefix=a%2Fb"), ("%zz=1", "%25zz=1"),
  ])
  func theQueryIsEncodedOnceAndThenSorted(_ query: String, _ canonical: String) throws {
    let request = try request("https://b.example/k?\(query)")
    let lines = AWSCanonicalRequest(request, payloadHash: "", keepsPath: true).text
      .components(separatedBy: "\n")
    #expect(lines[2] == canonical)
    // What leaves is what was signed, in the caller's order.
    let sent = try #require(try signed(request).url.query)
    #expect(sent.split(separator: "&").sorted() == canonical.split(separator: "&").sorted())
  }

  @Test(arguments: [
    ("/a b", "/a%20b", "/a%2520b"), ("/a%2Fb//c/../d", "/a%2Fb//c/../d", "/a%252Fb/d"),
    ("/k=*+~", "/k%3D%2A%2B~", "/k%3D%2A%2B~"), ("/", "/", "/"), ("/./", "/./", "/"),
  ])
  func onlyObjectStoresTakeThePathAsItIs(_ path: String, _ store: String, _ other: String) throws {
    let request = try request("https://b.example\(path)")
    for (keepsPath, expected) in [(true, store), (false, other)] {
      let text = AWSCanonicalRequest(request, payloadHash: "", keepsPath: keepsPath).text
      // A slash that was encoded is a part of a name for neither.
      #expect(
        text.components(separatedBy: "\n")[1]
          == expected.replacingOccurrences(of: "a%2Fb", with: "a/b"))
    }
    #expect(try signed(request, "s3").url.path == request.url.path)
  }

  @Test func thePortAndTheTokenAreSigned() throws {
    var credentials = Self.credentials
    credentials.sessionToken = Secret("token")
    var request = try request(
      "http://localhost:9000/bucket", ["User-Agent": "x", "Range": "bytes=0-"])
    try AWSSigner(credentials: credentials, region: "r", service: "s3").sign(
      &request, at: Self.time)
    let authorization = try #require(request.headers["Authorization"])
    #expect(
      authorization.contains(
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-security-token,"))
    let text = AWSCanonicalRequest(request, payloadHash: "", keepsPath: true).text
    #expect(text.contains("\nhost:localhost:9000\n"))
    #expect(text.contains("\nx-amz-security-token:token\n"))
  }

  @Test func contentIsSignedUnlessTLSProtectsWhatGoesToAnObjectStore() throws {
    let pipe = OnePassBody()
    let unsigned = try signed(try request("https://b.example/k", method: "PUT", body: pipe), "s3")
    #expect(unsigned.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD")
    #expect(throws: AdapterError.self) {
      _ = try signed(try request("http://b.example/k", method: "PUT", body: pipe), "s3")
    }
    #expect(throws: AdapterError.self) {
      _ = try signed(try request("https://b.example/k", method: "PUT", body: pipe), "sqs")
    }
    let known = try signed(
      try request("http://b.example/k", method: "PUT", body: HTTPBytesBody(Array("abc".utf8))), "s3"
    )
    #expect(
      known.headers["X-Amz-Content-Sha256"]
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func signingAgainReplacesTheSignature() throws {
    var request = try request("https://example.amazonaws.com/?b=%41&a")
    try signer().sign(&request, at: Self.time)
    let first = request.headers
    try signer().sign(&request, at: Self.time)
    #expect(request.headers == first)
    try signer().sign(&request, at: Self.time + 1)
    #expect(request.headers["Authorization"] != first["Authorization"])
    #expect(request.headers.values("Authorization").count == 1)
  }
}

/// Content of a pipe.
private final class OnePassBody: HTTPBody {
  var byteCount: Int? { nil }
  var isRepeatable: Bool { false }
  func rewind() {}
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}
