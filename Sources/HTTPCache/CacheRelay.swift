import AdapterCore
import Platform

/// One exchange on its way through the cache: passes the response on and stores it, or answers from
/// what is stored.
final class CacheRelay: HTTPResponseSink {
  let exchange: HTTPExchange
  private let client: CachingClient
  private let key: CacheKey
  private let stored: (name: String, response: StoredResponse, body: CachedBody)?
  private let start = MonotonicInstant.now
  private var requestTime = secondsSince1970()
  private var writer: CacheWriter?
  private var outcome = Outcome.undecided
  /// Of what is stored, when it was looked up.
  private let present: Freshness?

  private enum Outcome {
    case undecided, passedOn
    /// A 304: what is stored is still so.
    case confirmed(HTTPResponseHead)
    /// The server has failed, and what is stored may stand in.
    case substituted(status: Int)
  }

  init(_ exchange: HTTPExchange, _ client: CachingClient) {
    self.exchange = exchange
    self.client = client
    key = client.key(for: exchange)
    stored = client.store.find(key) { exchange.request.varyValue($0) }
    present = (stored?.response).map { Self.freshness(of: $0, client.options) }
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
    return present.mayBeUsed(for: CacheControl(request: exchange.request.headers))
  }

  private var mayStandIn: Bool {
    (stored?.response).map { Self.freshness(of: $0, client.options).mayBeUsedAfterError } ?? false
  }

  /// The exchange to send: it asks whether what is stored is still so.
  func makeExchange() -> HTTPExchange {
    var request = exchange.request
    if let headers = stored?.response.head.headers {
      if let tag = headers["ETag"] { request.headers["If-None-Match"] = tag }
      if let date = headers["Last-Modified"] { request.headers["If-Modified-Since"] = date }
    }
    return exchange.relayed(request, into: self)
  }

  // MARK: The response

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    if head.status == 304, stored != nil {
      outcome = .confirmed(head)
    } else if head.status >= 500, mayStandIn {
      outcome = .substituted(status: head.status)
    } else {
      outcome = .passedOn
      try exchange.sink.begin(head, of: request)
      // After a redirect it is the response of another URL.
      if request.url == exchange.request.url,
        StoragePolicy.keeps(head, override: client.options.timeToLive)
      {
        writing { () throws(Errno) in writer = try client.store.makeWriter(for: key) }
      }
    }
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    guard case .passedOn = outcome else { return }
    try exchange.sink.write(bytes)
    guard let writer else { return }
    writing { () throws(Errno) in if try !writer.append(bytes) { self.writer = nil } }
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

  func finish(_ result: Result<HTTPResult, AdapterError>) -> Result<HTTPResult, AdapterError> {
    switch (result, outcome) {
    case (.success(let success), .confirmed(let head)):
      guard let response = confirm(head) else { return result }
      return serve(.revalidated, response, success)
    case (.success, .substituted(let status)): return standIn("the server answers \(status)")
    case (.failure(let error), .undecided) where mayStandIn && error.kind != .cancelled:
      return standIn(error.message)
    case (.success(let success), .passedOn):
      save(success.head)
      var success = success
      success.cacheUse = .missed
      return .success(success)
    default: return result
    }
  }

  private func standIn(_ reason: String) -> Result<HTTPResult, AdapterError> {
    client.operation.note("\(reason); what was stored earlier stands in (stale-if-error)")
    return serve(.stale)
  }

  private func save(_ head: HTTPResponseHead) {
    guard let writer else { return }
    let request = exchange.request
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
  func serve(
    _ use: HTTPCacheUse, _ confirmed: StoredResponse? = nil, _ answer: HTTPResult? = nil
  ) -> Result<HTTPResult, AdapterError> {
    guard let stored else {
      return .failure(AdapterError(.bug, "nothing is stored to answer with"))
    }
    let response = confirmed ?? stored.response
    do throws(AdapterError) {
      try exchange.checkSize(response.byteCount)
      var head = response.head
      let age =
        use == .fresh ? present?.age : Self.freshness(of: response, client.options).age
      head.headers["Age"] = String(max(0, age ?? 0))
      exchange.observer?.takesFromCache(head, for: exchange.request, use)
      try exchange.sink.begin(head, of: exchange.request)
      if exchange.request.method != "HEAD" {
        try stored.body.send { (bytes) throws(AdapterError) in try exchange.sink.write(bytes) }
      }
      client.store.markUsed(stored.name)
      var result = answer ?? unasked
      result.head = head
      result.decodedBytes = response.byteCount
      result.cacheUse = use
      return .success(result)
    } catch {
      if error.kind == .io { client.store.remove(stored.name) }
      return .failure(error)
    }
  }

  /// What it comes to when nobody was asked.
  private var unasked: HTTPResult {
    let timings = HTTPTimings(total: MonotonicInstant.now.since(start))
    return HTTPResult(
      head: HTTPResponseHead(status: 0, headers: HTTPHeaders()), url: exchange.request.url,
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
