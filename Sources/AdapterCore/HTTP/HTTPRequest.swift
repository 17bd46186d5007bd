/// One request (RFC 9110).
public struct HTTPRequest {
  /// In capitals: "GET".
  public var method: String
  public var url: HTTPURL
  public var headers: HTTPHeaders
  public var body: (any HTTPBody)?
  /// Fields that the client adds by itself, and is to leave out here: "Accept", "User-Agent".
  public var omittedFields: [String] = []

  public init(
    method: String = "GET", url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(),
    body: (any HTTPBody)? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }

  /// Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2, and the
  /// Idempotency-Key field).
  public var isIdempotent: Bool {
    ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"].contains(method)
      || headers.contains("Idempotency-Key")
  }
}

/// The head of a response.
public struct HTTPResponseHead: Equatable, Sendable {
  public var status: Int
  public var reason: String
  /// As in the status line: "1.1", "2".
  public var version: String
  public var headers: HTTPHeaders

  public init(status: Int, reason: String = "", version: String = "1.1", headers: HTTPHeaders) {
    self.status = status
    self.reason = reason
    self.version = version
    self.headers = headers
  }

  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// When each phase of an exchange was over, from its beginning; nil for a phase that there was not.
public struct HTTPTimings: Equatable, Sendable {
  public var nameLookup: Duration?
  public var connect: Duration?
  public var tls: Duration?
  public var firstByte: Duration?
  public var total: Duration

  public init(
    nameLookup: Duration? = nil, connect: Duration? = nil, tls: Duration? = nil,
    firstByte: Duration? = nil, total: Duration = .zero
  ) {
    self.nameLookup = nameLookup
    self.connect = connect
    self.tls = tls
    self.firstByte = firstByte
    self.total = total
  }
}
