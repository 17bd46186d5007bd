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
  private var hasTurn = false
  private var hasRenewedAuthorization = false
  private(set) var decodedBytes = 0

  init(_ exchange: HTTPExchange, _ operation: OperationContext) {
    self.exchange = exchange
    request = exchange.request
    self.operation = operation
    schedule = RetrySchedule(exchange.retry, start: .now)
  }

  var attempt: Int { schedule.attempt }

  /// Whether credentials may go with the request.
  var isOnOwnOrigin: Bool {
    redirectCount == 0 || request.url.origin == exchange.request.url.origin
  }

  /// The moment before which the next attempt is not to leave, by the rate limit; nil: it may.
  ///
  /// Throws `temporary` when there is no such moment before the deadline.
  func takeTurn() throws(AdapterError) -> MonotonicInstant? {
    guard let pacer = exchange.pacer else { return nil }
    let turn = hasTurn ? .now : try pacer.takeTurn(for: request.url)
    hasTurn = true
    let pause = try pacer.pause(for: request.url, patience: exchange.retry.budget)
    let instant = max(turn, pause ?? turn)
    return instant > .now ? instant : nil
  }

  /// Makes the request ready for one more attempt.
  func prepare(_ setup: CurlSetup) throws(AdapterError) {
    hasTurn = false
    completeCookies()
    if attempt > 1 || redirectCount > 0 || hasRenewedAuthorization { try request.body?.rewind() }
    if isOnOwnOrigin, let authorize = exchange.authorize { try authorize(&request) }
    exchange.attempts = attempt
    exchange.observer?.sends(setup.completed(request), attempt: attempt)
  }

  /// The cookies of this hop, behind those that the request itself has for its own origin.
  private func completeCookies() {
    guard let cookies = exchange.cookies else { return }
    let own = isOnOwnOrigin ? exchange.request.headers["Cookie"] : nil
    let fields = [own, cookies.field(for: request.url)].compactMap { $0 }
    request.headers["Cookie"] = fields.isEmpty ? nil : fields.joined(separator: "; ")
  }

  // MARK: The response

  func disposition(of head: HTTPResponseHead) throws(AdapterError) -> CurlTransfer.Disposition {
    exchange.cookies?.take(from: head, of: request.url)
    exchange.pacer?.learn(from: head, of: request.url)
    if try renewsAuthorization(head) { return .retry(after: .zero) }
    let next = try HTTPRedirect.next(
      after: request, head, from: exchange.request.url, count: redirectCount,
      limit: exchange.maximumRedirects)
    if let next {
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
    try exchange.checkSize(decodedBytes)
    try exchange.sink.write(bytes)
  }

  // MARK: Redirects

  func follow(_ next: HTTPRequest) { request = next }

  // MARK: Trying again

  /// Whether a refusal of the credentials is answered with new ones, once.
  private func renewsAuthorization(_ head: HTTPResponseHead) throws(AdapterError) -> Bool {
    guard [400, 401, 403].contains(head.status), isOnOwnOrigin, !hasRenewedAuthorization,
      let renew = exchange.renewAuthorization, request.body?.isRepeatable ?? true
    else { return false }
    hasRenewedAuthorization = true
    return try renew(head)
  }

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
    exchange.observer?.triesAgain(
      after: error, in: delay, retry: attempt - 1, of: exchange.retry.attempts - 1)
    return delay
  }
}
