import AdapterCore
import Platform

/// An exchange under way: where its redirects have led, what was tried, what has arrived.
final class HTTPJob {
  let exchange: HTTPExchange
  /// The request of this hop.
  private(set) var request: HTTPRequest
  private let operation: OperationContext
  private var schedule: RetrySchedule
  private var redirectCount = 0
  private var hasBegun = false
  private(set) var decodedBytes = 0

  init(_ exchange: HTTPExchange, _ operation: OperationContext) {
    self.exchange = exchange
    request = exchange.request
    self.operation = operation
    schedule = RetrySchedule(exchange.retry, start: .now)
  }

  var attempt: Int { schedule.attempt }

  /// Whether credentials may go with the request.
  var isOnOwnOrigin: Bool { request.url.origin == exchange.request.url.origin }

  /// Makes the request ready for one more attempt.
  func prepare() throws(AdapterError) {
    if attempt > 1 || redirectCount > 0 { try request.body?.rewind() }
    if isOnOwnOrigin, let authorize = exchange.authorize { try authorize(&request) }
    exchange.observer?.sends(request, attempt: attempt)
  }

  // MARK: The response

  func disposition(of head: HTTPResponseHead) throws(AdapterError) -> CurlTransfer.Disposition {
    if let next = try redirected(by: head) {
      redirectCount += 1
      return .redirect(next)
    }
    guard mayTryAgain, let error = refusal(head),
      let delay = try? nextDelay(after: error)
    else { return .deliver }
    return .retry(after: delay)
  }

  func begin(_ head: HTTPResponseHead) throws(AdapterError) {
    hasBegun = true
    try exchange.sink.begin(head, of: request)
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    decodedBytes += bytes.count
    if let limit = exchange.maximumBytes, decodedBytes > limit {
      throw AdapterError(
        .data, "the content of \(request.url) is larger than \(limit) bytes",
        hint: "raise --max-size if it is to be taken")
    }
    try exchange.sink.write(bytes)
  }

  // MARK: Redirects

  func follow(_ next: HTTPRequest) { request = next }

  /// The request that a redirect asks for (RFC 9110, section 15.4); nil when the response is none, or
  /// none that is followed.
  private func redirected(by head: HTTPResponseHead) throws(AdapterError) -> HTTPRequest? {
    guard [301, 302, 303, 307, 308].contains(head.status), exchange.maximumRedirects > 0,
      let location = head.headers["Location"]
    else { return nil }
    guard redirectCount < exchange.maximumRedirects else {
      throw AdapterError(
        .failed, "\(exchange.request.url) redirects more than \(exchange.maximumRedirects) times",
        code: "HTTP \(head.status)", hint: "the last one goes to \(request.url)")
    }
    guard let url = request.url.resolving(location) else {
      throw AdapterError(
        .protocolViolation, "\(request.url) redirects to a place that is no http or https URL",
        code: "HTTP \(head.status)")
    }
    var next = request
    next.url = url
    if head.status == 303 && next.method != "HEAD"
      || [301, 302].contains(head.status) && next.method == "POST"
    {
      next.method = "GET"
      next.body = nil
      for name in ["Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding"] {
        next.headers.remove(name)
      }
    }
    if let body = next.body, !body.isRepeatable {
      throw AdapterError(
        .failed, "\(request.url) redirects, and the request's content cannot be read again",
        code: "HTTP \(head.status)", hint: "send it to \(url)")
    }
    if url.origin != request.url.origin { removeCredentials(from: &next.headers) }
    return next
  }

  /// Nothing that proves who asks goes to another origin.
  private func removeCredentials(from headers: inout HTTPHeaders) {
    let names = headers.fields.map(\.name).filter { name in
      ["authorization", "cookie", "proxy-authorization"].contains(name.lowercased())
        || Secret.isSecretName(name)
    }
    for name in names { headers.remove(name) }
  }

  // MARK: Trying again

  /// Whether sending the request once more can do no harm, and nothing of a response has been passed
  /// on.
  private var mayTryAgain: Bool {
    !hasBegun && request.isIdempotent && request.body?.isRepeatable ?? true
  }

  /// What a response says that asks for another attempt; nil for any other.
  private func refusal(_ head: HTTPResponseHead) -> AdapterError? {
    guard [408, 425, 429, 500, 502, 503, 504].contains(head.status) else { return nil }
    if head.status == 500, !["GET", "HEAD"].contains(request.method) { return nil }
    var error = AdapterError(
      .temporary, "\(request.url) answers \(head.status)", code: "HTTP \(head.status)",
      isRetryable: true)
    error.retryAfter = head.headers["Retry-After"].flatMap(HTTPJob.retryAfter)
    return error
  }

  /// Seconds, or a date (RFC 9110, section 10.2.3); nil when it is neither.
  static func retryAfter(_ text: String) -> Duration? {
    if let seconds = Int(text) { return seconds >= 0 ? .seconds(min(seconds, 1 << 30)) : nil }
    return HTTPDate.parse(text).map { .seconds(max(0, $0 - secondsSince1970())) }
  }

  /// The wait before another attempt after a failed one, or the error when there is none.
  ///
  /// - Parameter wasSent: whether any of the request may have reached the server.
  func delay(after error: AdapterError, wasSent: Bool) throws(AdapterError) -> Duration {
    guard error.isRetryable,
      mayTryAgain || !wasSent && !hasBegun && request.body?.isRepeatable ?? true
    else {
      throw error
    }
    return try nextDelay(after: error)
  }

  private func nextDelay(after error: AdapterError) throws(AdapterError) -> Duration {
    let delay = try schedule.delay(
      after: error, now: .now, deadline: operation.deadline, chance: Double.random(in: 0...1))
    operation.metrics.recordRetry()
    exchange.observer?.triesAgain(after: error, in: delay)
    return delay
  }
}
