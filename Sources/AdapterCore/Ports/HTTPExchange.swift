/// A request with all that says how it is to be sent, and where its response goes.
public final class HTTPExchange {
  public var request: HTTPRequest
  public let sink: any HTTPResponseSink
  public var retry: Retry.Policy
  /// Redirects that are followed; 0: they are responses like any other.
  public var maximumRedirects: Int
  /// More bytes of decoded content are refused.
  public var maximumBytes: Int?
  /// HTTP/1.1 alone: libcurl pauses and uploads badly over HTTP/2.
  public var isBulk: Bool
  /// Signs or otherwise completes each attempt on the request's own origin.
  public var authorize: ((inout HTTPRequest) throws(AdapterError) -> Void)?
  /// User and password for digest authentication, which the client does by itself.
  public var digest: (user: String, password: Secret)?
  /// Asked once when an attempt was refused by 400, 401 or 403: whether another one may be accepted,
  /// since `authorize` will do otherwise.
  public var renewAuthorization: ((HTTPResponseHead) throws(AdapterError) -> Bool)?
  /// Completes the Cookie field of each hop, and takes what responses set.
  public var cookies: (any HTTPCookies)?
  /// Asked before each attempt and each hop.
  public var pacer: (any HTTPPacer)?
  public weak var observer: (any HTTPObserver)?
  /// How often it was sent so far; the client counts.
  public var attempts = 0 { didSet { original?.attempts = attempts } }
  /// What this one is sent in place of.
  private var original: HTTPExchange?

  public init(
    _ request: HTTPRequest, into sink: any HTTPResponseSink, retry: Retry.Policy = Retry.Policy(),
    maximumRedirects: Int = 0
  ) {
    self.request = request
    self.sink = sink
    self.retry = retry
    self.maximumRedirects = maximumRedirects
    isBulk = false
  }

  /// The same with another request and another taker of the response.
  public func relayed(
    _ request: HTTPRequest, into sink: any HTTPResponseSink
  ) -> HTTPExchange {
    let copy = HTTPExchange(
      request, into: sink, retry: retry, maximumRedirects: maximumRedirects)
    copy.maximumBytes = maximumBytes
    copy.isBulk = isBulk
    copy.authorize = authorize
    copy.renewAuthorization = renewAuthorization
    copy.digest = digest
    copy.cookies = cookies
    copy.pacer = pacer
    copy.observer = observer
    copy.original = self
    return copy
  }

  /// Throws `data` when so much decoded content is more than is taken.
  public func checkSize(_ byteCount: Int) throws(AdapterError) {
    guard let maximumBytes, byteCount > maximumBytes else { return }
    throw AdapterError(
      .data, "the content of \(request.url) is larger than \(maximumBytes) bytes",
      hint: "raise --max-size if it is to be taken")
  }
}

/// What became of an exchange.
public struct HTTPResult: Equatable, Sendable {
  public var head: HTTPResponseHead
  /// Where the response came from, after redirects.
  public var url: HTTPURL
  public var connection: HTTPConnectionInfo
  /// Bytes of content over the wire, and after decoding.
  public var receivedBytes: Int
  public var decodedBytes: Int
  public var attempts: Int
  /// nil: no cache had to do with it.
  public var cacheUse: HTTPCacheUse?

  public init(
    head: HTTPResponseHead, url: HTTPURL, connection: HTTPConnectionInfo, receivedBytes: Int,
    decodedBytes: Int, attempts: Int
  ) {
    self.head = head
    self.url = url
    self.connection = connection
    self.receivedBytes = receivedBytes
    self.decodedBytes = decodedBytes
    self.attempts = attempts
  }
}
