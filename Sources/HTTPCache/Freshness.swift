import AdapterCore

/// How long a stored response may be used without asking (RFC 9111, section 4.2). Times are seconds.
public struct Freshness: Equatable, Sendable {
  /// How old the response is now, at its server's and on the way included.
  public let age: Int64
  /// Until this age it is fresh.
  public let lifetime: Int64
  private let directives: CacheControl
  /// Whether the user has said how long content is fresh.
  private let isOverridden: Bool

  /// - Parameters:
  ///   - requestTime: when the request was sent, by this machine's clock, as `responseTime` and `now`.
  ///   - override: takes the place of what the server says, for successes and permanent redirects.
  public init(
    _ head: HTTPResponseHead, requestTime: Int64, responseTime: Int64, now: Int64,
    override: Int64? = nil
  ) {
    directives = CacheControl(head.headers)
    isOverridden = override != nil && StoragePolicy.mayBeOverridden(head)
    let date = head.headers["Date"].flatMap(HTTPDate.parse) ?? responseTime
    let stated = CacheControl.seconds(head.headers["Age"].map { HTTPHeaders.trimmed($0) }) ?? 0
    let onArrival = max(
      0, responseTime - date, stated + max(0, responseTime - requestTime))
    // A clock that was set back says nothing about the age.
    age = now < responseTime ? .max : onArrival + (now - responseTime)
    if isOverridden, let override {
      lifetime = override
    } else if let maxAge = directives.maxAge {
      lifetime = maxAge
    } else if let expires = head.headers["Expires"] {
      lifetime = HTTPDate.parse(expires).map { max(0, $0 - date) } ?? 0
    } else {
      // No guess from Last-Modified: a script that reads old content must have been told so.
      lifetime = 0
    }
  }

  /// Whether it may be used for a request with these directives, without asking the server.
  public func mayBeUsed(for request: CacheControl) -> Bool {
    guard !request.noCache, !directives.noCache || isOverridden else { return false }
    if let maxAge = request.maxAge, age > maxAge { return false }
    if age < lifetime { return lifetime - age >= request.minFresh ?? 0 }
    guard let maxStale = request.maxStale, !directives.mustRevalidate, age != .max else {
      return false
    }
    return age - lifetime <= maxStale
  }

  /// Whether it may be used when the server cannot be asked (RFC 5861, section 4).
  public var mayBeUsedAfterError: Bool {
    guard let limit = directives.staleIfError, !directives.mustRevalidate, !directives.noCache,
      age != .max
    else { return false }
    return age - lifetime <= limit
  }
}
