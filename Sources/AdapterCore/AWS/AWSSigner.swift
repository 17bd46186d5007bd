import Platform

/// Signs requests by AWS Signature Version 4, in a header field.
///
/// What is signed is what is sent: the query goes out in the encoding that the signature has, and the
/// path is the request's own. Signing a request again replaces its signature.
public struct AWSSigner: Sendable {
  public let credentials: AWSCredentials
  public let region: String
  /// As in the credential's scope: "s3", "sqs", "execute-api".
  public let service: String
  public let clock = AWSClock()

  private static let algorithm = "AWS4-HMAC-SHA256"

  public init(credentials: AWSCredentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// Signs for the present time.
  ///
  /// Throws `usage` for content that would have to be read twice and cannot; what reading it throws.
  public func sign(_ request: inout HTTPRequest) throws(AdapterError) {
    try sign(&request, at: clock.now)
  }

  /// - Parameter seconds: since 1970, UTC.
  func sign(_ request: inout HTTPRequest, at seconds: Int64) throws(AdapterError) {
    let payload = try payloadHash(of: request)
    let date = UTCTime(secondsSince1970: seconds).compact
    let time = "\(date.prefix(8))T\(date.dropFirst(8))Z"
    request.headers.remove("Authorization")
    request.headers["X-Amz-Date"] = time
    if let token = credentials.sessionToken {
      request.headers["X-Amz-Security-Token"] = token.reveal()
    }
    if isObjectStore { request.headers["X-Amz-Content-Sha256"] = payload }
    request.url.query = request.url.query.map {
      AWSCanonicalRequest.queryPairs($0).joined(separator: "&")
    }
    let canonical = AWSCanonicalRequest(request, payloadHash: payload, keepsPath: isObjectStore)
    let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
    let text = Self.stringToSign(canonical.text, time: time, scope: scope)
    let signature = hexadecimal(
      HMACSHA256.digest(of: text.utf8, key: signingKey(day: String(time.prefix(8)))))
    request.headers["Authorization"] =
      "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
      + "SignedHeaders=\(canonical.signedNames), Signature=\(signature)"
  }

  static func stringToSign(_ canonical: String, time: String, scope: String) -> String {
    "\(algorithm)\n\(time)\n\(scope)\n\(SHA256.hexDigest(of: Array(canonical.utf8)))"
  }

  /// S3 takes paths as they are, and content that is not signed when TLS protects it.
  private var isObjectStore: Bool { service == "s3" || service.hasPrefix("s3-") }

  private func signingKey(day: String) -> [UInt8] {
    var key = Array("AWS4\(credentials.secretAccessKey.reveal())".utf8)
    for part in [day, region, service, "aws4_request"] {
      key = HMACSHA256.digest(of: part.utf8, key: key)
    }
    return key
  }

  // MARK: Content

  /// The content's SHA-256, or that it is not signed.
  private func payloadHash(of request: HTTPRequest) throws(AdapterError) -> String {
    guard let body = request.body else { return SHA256().hexDigest() }
    if let bytes = body as? HTTPBytesBody { return SHA256.hexDigest(of: bytes.bytes) }
    if isObjectStore, request.url.isSecure { return "UNSIGNED-PAYLOAD" }
    guard body.isRepeatable else {
      throw AdapterError(
        .usage, "content that can be read only once cannot be signed for \(service)",
        hint: "write it to a file first")
    }
    var hash = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
    defer { buffer.deallocate() }
    try body.rewind()
    while case let count = try body.read(into: buffer), count > 0 {
      hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    try body.rewind()
    return hash.hexDigest()
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let output = OutputBuffer.inMemory()
    bytes.withUnsafeBufferPointer { output.append(hexDigitsOf: $0) }
    return output.takeString()
  }
}
