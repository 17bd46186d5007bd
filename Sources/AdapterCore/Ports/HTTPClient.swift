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
  /// Called before the client waits for the network: time to hand on what has come of exchanges.
  func clientWaits() throws(AdapterError)
}

public enum HTTPNextExchange {
  case exchange(HTTPExchange)
  /// Ask again then, or when an exchange has ended.
  case later(MonotonicInstant)
  /// Ask again when this descriptor can be read or has ended, or when an exchange has ended.
  case whenReadable(Int32)
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

/// What a cache has had to do with a response.
public enum HTTPCacheUse: String, Equatable, Sendable {
  /// The server gave it, and the cache might have had it.
  case missed
  /// The cache gave it, and nobody was asked.
  case fresh
  /// The cache gave it, after the server had said that it is still so.
  case revalidated
  /// The cache gave it because the server has failed.
  case stale
}

/// Cookies as a client keeps them between requests (RFC 6265).
public protocol HTTPCookies: AnyObject {
  /// The Cookie field of a request to this URL; nil: none.
  func field(for url: HTTPURL) -> String?
  /// Takes what the head of a response from this URL sets.
  func take(from head: HTTPResponseHead, of url: HTTPURL)
}

/// Decides when requests leave: a rate limit.
public protocol HTTPPacer: AnyObject {
  /// Takes a turn; the moment from which on the request may leave.
  ///
  /// Throws `temporary` when there is none before the deadline.
  func takeTurn(for url: HTTPURL) throws(AdapterError) -> MonotonicInstant
  /// Nothing is to leave before then, whatever turns were given; nil: there is no such moment.
  ///
  /// Throws `temporary` when it comes only after the deadline; without one, when it is too far away.
  ///
  /// - Parameter patience: how long the request may be waited for; nil: without end.
  func pause(
    for url: HTTPURL, patience: Duration?
  ) throws(AdapterError) -> MonotonicInstant?
  /// Takes what a response says of the server's own limit.
  func learn(from head: HTTPResponseHead, of url: HTTPURL)
}

/// Hears of each request that leaves and each head that arrives, for `-v` and HAR.
public protocol HTTPObserver: AnyObject {
  func sends(_ request: HTTPRequest, attempt: Int)
  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo)
  /// The wait before the retry of this number, from 1, begins.
  func triesAgain(after error: AdapterError, in delay: Duration, retry number: Int, of limit: Int)
  /// The cache answers in place of the server.
  func takesFromCache(_ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse)
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

private final class SingleExchange: HTTPExchangeSource {
  private var exchange: HTTPExchange?
  private(set) var result: Result<HTTPResult, AdapterError>?

  init(_ exchange: HTTPExchange) { self.exchange = exchange }

  func next() -> HTTPNextExchange { exchange.take().map { .exchange($0) } ?? .end }
  func clientWaits() {}

  func completed(_ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>) {
    self.result = result
  }
}
