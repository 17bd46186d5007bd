import AdapterCore
import Platform

/// One request of an exchange on its way through the cache: passes the response on and stores it, or
/// answers from what is stored. Each hop of redirects is a request of its own, so that each is kept as
/// its response allows.
final class CacheRelay: HTTPResponseSink {
  /// What ends with the last hop.
  let exchange: HTTPExchange
  /// The exchange, or what a redirect has made of it.
  private let hop: HTTPExchange
  private let redirectCount: Int
  private let client: CachingClient
  private let key: CacheKey
  private let stored: (name: String, response: StoredResponse, body: CachedBody)?
  private let start = MonotonicInstant.now
  private var requestTime = secondsSince1970()
  private var writer: CacheWriter?
  private var outcome = Outcome.undecided
  /// Of what is stored, when it was looked up.
  private let present: Freshness?

  /// A redirect's content, which nobody sees.
  private static let redirectBytes = 1 << 20
  private var skippedBytes = 0

  private enum Outcome {
    case undecided, passedOn
    case redirected(HTTPRequest)
    /// A 304: what is stored is still so.
    case confirmed(HTTPResponseHead)
    /// The server has failed, and what is stored may stand in.
    case substituted(status: Int)
  }

  /// What has come of a request.
  enum Conclusion {
    case ended(Result<HTTPResult, AdapterError>)
    case redirected(CacheRelay)
  }

  convenience init(_ exchange: HTTPExchange, _ client: CachingClient) {
    self.init(exchange, hop: exchange, redirectCount: 0, client)
  }

  private init(
    _ exchange: HTTPExchange, hop: HTTPExchange, redirectCount: Int, _ client: CachingClient
  ) {
    self.exchange = exchange
    self.hop = hop
    self.redirectCount = redirectCount
    self.client = client
    key = client.key(for: hop)
    stored = client.store.find(key) { hop.request.varyValue($0) }
    present = (stored?.response).map { Self.freshness(of: $0, client.options) }
  }

  /// The next hop; what proves who asks stays at its origin.
  private func following(_ next: HTTPRequest) -> CacheRelay {
    let hop = exchange.relayed(next, into: exchange.sink)
    if next.url.origin != exchange.request.url.origin {
      hop.authorize = nil
      hop.renewAuthorization = nil
      hop.digest = nil
    }
    return CacheRelay(exchange, hop: hop, redirectCount: redirectCount + 1, client)
  }

  private func redirect(by head: HTTPResponseHead) throws(AdapterError) -> HTTPRequest? {
    try HTTPRedirect.next(
      after: hop.request, head, from: exchange.request.url, count: redirectCount,
      limit: exchange.maximumRedirects)
  }

  private static func freshness(
    of response: StoredResponse, _ options: CacheOptions
  ) -> Freshness {
    Freshness(
      response.head, requestTime: response.requestTime, responseTime: response.responseTime,
      now: secondsSince1970(), override: options.timeToLive)
  }

  /// Whether what is stored may be used without asking.
  var isFresh: Bool {
    guard let present else { return false }
    return present.mayBeUsed(for: CacheControl(request: hop.request.headers))
  }

  private var mayStandIn: Bool {
    (stored?.response).map { Self.freshness(of: $0, client.options).mayBeUsedAfterError } ?? false
  }

  /// The exchange to send: it asks whether what is stored is still so.
  func makeExchange() -> HTTPExchange {
    var request = hop.request
    if let headers = stored?.response.head.headers {
      if let tag = headers["ETag"] { request.headers["If-None-Match"] = tag }
      if let date = headers["Last-Modified"] { request.headers["If-Modified-Since"] = date }
    }
    let sent = hop.relayed(request, into: self)
    sent.maximumRedirects = 0
    return sent
  }

  // MARK: The response

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    if head.status == 304, stored != nil {
      outcome = .confirmed(head)
    } else if head.status >= 500, mayStandIn {
      outcome = .substituted(status: head.status)
    } else {
      if let next = try redirect(by: head) {
        outcome = .redirected(next)
      } else {
        outcome = .passedOn
        try exchange.sink.begin(head, of: request)
      }
      if StoragePolicy.keeps(head, override: client.options.timeToLive) {
        writing { () throws(Errno) in writer = try client.store.makeWriter(for: key) }
      }
    }
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    switch outcome {
    case .passedOn: try exchange.sink.write(bytes)
    case .redirected: try skip(bytes)
    case .undecided, .confirmed, .substituted: return
    }
    guard let writer else { return }
    writing { () throws(Errno) in if try !writer.append(bytes) { self.writer = nil } }
  }

  private func skip(_ bytes: BorrowedBytes) throws(AdapterError) {
    skippedBytes += bytes.count
    guard skippedBytes > Self.redirectBytes else { return }
    throw AdapterError(
      .protocolViolation, "\(hop.request.url) redirects with more than 1 MiB of content")
  }

  private func writing(_ body: () throws(Errno) -> Void) {
    do throws(Errno) {
      try body()
    } catch {
      writer = nil
      client.complain(error)
    }
  }

  // MARK: The end

  /// - Parameter result: of what `makeExchange` has made.
  func finish(_ result: Result<HTTPResult, AdapterError>) -> Conclusion {
    switch (result, outcome) {
    case (.success(let success), .confirmed(let head)):
      guard let response = confirm(head) else { return .ended(result) }
      return answer(.revalidated, response, success)
    case (.success, .substituted(let status)): return standIn("the server answers \(status)")
    case (.failure(let error), .undecided) where mayStandIn && error.kind != .cancelled:
      return standIn(error.message)
    case (.success(let success), .redirected(let next)):
      save(success.head)
      return .redirected(following(next))
    case (.success(let success), .passedOn):
      save(success.head)
      var success = success
      success.cacheUse = .missed
      return .ended(.success(success))
    default: return .ended(result)
    }
  }

  private func standIn(_ reason: String) -> Conclusion {
    client.operation.note("\(reason); what was stored earlier stands in (stale-if-error)")
    return answer(.stale)
  }

  private func save(_ head: HTTPResponseHead) {
    guard let writer else { return }
    let request = hop.request
    var kept = head
    kept.headers = StoragePolicy.storedFields(head.headers)
    writing { () throws(Errno) in
      try client.store.save(
        kept, of: writer, key: key, requestTime: requestTime, host: request.url.authority,
        varyingBy: head.headers.list("Vary").map { $0.lowercased() }.sorted(),
        varyValue: { request.varyValue($0) })
    }
  }

  /// The stored response with what a 304 says anew.
  private func confirm(_ head: HTTPResponseHead) -> StoredResponse? {
    guard let stored else { return nil }
    var response = stored.response
    response.head.headers = StoragePolicy.updated(response.head.headers, by: head)
    response.requestTime = requestTime
    response.responseTime = secondsSince1970()
    writing { () throws(Errno) in try client.store.update(response, stored.name) }
    return response
  }

  /// Answers from what is stored, or from what a 304 has made of it.
  ///
  /// - Parameter answer: what the server's 304 came to.
  func answer(
    _ use: HTTPCacheUse, _ confirmed: StoredResponse? = nil, _ answer: HTTPResult? = nil
  ) -> Conclusion {
    guard let stored else {
      return .ended(.failure(AdapterError(.bug, "nothing is stored to answer with")))
    }
    let response = confirmed ?? stored.response
    var head = response.head
    let age = use == .fresh ? present?.age : Self.freshness(of: response, client.options).age
    head.headers["Age"] = String(max(0, age ?? 0))
    client.store.markUsed(stored.name)
    do throws(AdapterError) {
      hop.observer?.takesFromCache(head, for: hop.request, use)
      if let next = try redirect(by: head) { return .redirected(following(next)) }
      try serve(head, response.byteCount, stored.body)
    } catch {
      if error.kind == .io { client.store.remove(stored.name) }
      return .ended(.failure(error))
    }
    var result = answer ?? unasked
    result.head = head
    result.decodedBytes = response.byteCount
    result.cacheUse = use
    return .ended(.success(result))
  }

  private func serve(
    _ head: HTTPResponseHead, _ byteCount: Int, _ body: CachedBody
  ) throws(AdapterError) {
    try exchange.checkSize(byteCount)
    try exchange.sink.begin(head, of: hop.request)
    guard hop.request.method != "HEAD" else { return }
    try body.send { (bytes) throws(AdapterError) in try exchange.sink.write(bytes) }
  }

  /// What it comes to when nobody was asked.
  private var unasked: HTTPResult {
    let timings = HTTPTimings(total: MonotonicInstant.now.since(start))
    return HTTPResult(
      head: HTTPResponseHead(status: 0, headers: HTTPHeaders()), url: hop.request.url,
      connection: HTTPConnectionInfo(timings: timings), receivedBytes: 0, decodedBytes: 0,
      attempts: 0)
  }
}

extension HTTPRequest {
  /// The value of a field that a response depends on (RFC 9111, section 4.1).
  fileprivate func varyValue(_ name: String) -> String {
    headers.values(name).map { HTTPHeaders.trimmed($0) }.joined(separator: ", ")
  }
}
