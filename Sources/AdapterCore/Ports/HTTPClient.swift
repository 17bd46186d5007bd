import Platform

/// The port of HTTP: sends requests over connections that it keeps, many at a time, and tries again
/// what may be tried again. Used by one thread.
public protocol HTTPClient: AnyObject {
  /// Runs exchanges until the source has no more, at most `concurrency` at a time.
  ///
  /// What becomes of each goes to the source. Throws `cancelled`, `timeout`, and what the source
  /// throws; exchanges under way are then dropped.
  func run(_ source: any HTTPExchangeSource, concurrency: Int) throws(AdapterError)
}

extension HTTPClient {
  /// Runs one exchange to its end.
  ///
  /// Throws `unavailable` when the server cannot be reached, `denied` for a certificate that is not
  /// good, `temporary` for a connection that breaks, `protocolViolation` for a response that is none;
  /// a response of any status is a success here.
  @discardableResult
  public func send(_ exchange: HTTPExchange) throws(AdapterError) -> HTTPResult {
    let single = SingleExchange(exchange)
    try run(single, concurrency: 1)
    guard let result = single.result else {
      throw AdapterError(.bug, "an exchange ended without a result")
    }
    return try result.get()
  }
}

/// Where a client takes its exchanges from.
public protocol HTTPExchangeSource: AnyObject {
  /// Called whenever one more exchange could run.
  func next() throws(AdapterError) -> HTTPNextExchange
  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError)
}

public enum HTTPNextExchange {
  case exchange(HTTPExchange)
  /// Ask again then, or when an exchange has ended.
  case later(MonotonicInstant)
  /// Ask again when an exchange has ended.
  case whenOneEnds
  case end
}

/// Takes the response of an exchange.
public protocol HTTPResponseSink: AnyObject {
  /// The head of the response that counts: not of a redirect that is followed or of an attempt that is
  /// made again.
  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError)
  /// A piece of the decoded content.
  func write(_ bytes: BorrowedBytes) throws(AdapterError)
}

/// Hears of each request that leaves and each head that arrives, for `-v` and HAR.
public protocol HTTPObserver: AnyObject {
  func sends(_ request: HTTPRequest, attempt: Int)
  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo)
  func triesAgain(after error: AdapterError, in delay: Duration)
}

/// What a response came over.
public struct HTTPConnectionInfo: Equatable, Sendable {
  /// The server's address and port; nil when it is not known.
  public var remoteAddress: String?
  /// Whether a connection that was there already served it.
  public var isReused: Bool
  public var timings: HTTPTimings

  public init(remoteAddress: String? = nil, isReused: Bool = false, timings: HTTPTimings) {
    self.remoteAddress = remoteAddress
    self.isReused = isReused
    self.timings = timings
  }
}

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
  public weak var observer: (any HTTPObserver)?

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

private final class SingleExchange: HTTPExchangeSource {
  private var exchange: HTTPExchange?
  private(set) var result: Result<HTTPResult, AdapterError>?

  init(_ exchange: HTTPExchange) { self.exchange = exchange }

  func next() -> HTTPNextExchange { exchange.take().map { .exchange($0) } ?? .end }

  func completed(_ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>) {
    self.result = result
  }
}
