import Platform

/// What a response says of its server's own limit.
enum ServerRateLimit {
  /// Longer waits are not believed.
  private static let longestPause: Int64 = 3600

  /// How long nothing more is to be sent; nil: more may be sent, or nothing is said.
  ///
  /// Read are RateLimit and RateLimit-Remaining/-Reset (draft-ietf-httpapi-ratelimit-headers in its
  /// forms), X-RateLimit-Remaining/-Reset, and Retry-After of a 429.
  static func pause(after head: HTTPResponseHead) -> Duration? {
    let headers = head.headers
    var seconds = headers.values("RateLimit").compactMap(fieldReset).max()
    for prefix in ["RateLimit", "X-RateLimit", "X-Rate-Limit"] {
      guard headers["\(prefix)-Remaining"].flatMap({ Double($0) }).map({ $0 <= 0 }) ?? false,
        let reset = headers["\(prefix)-Reset"].flatMap({ Double($0) })
      else { continue }
      seconds = max(seconds ?? 0, wait(until: reset, headers))
    }
    if head.status == 429, let after = headers["Retry-After"].flatMap(retryAfter) {
      seconds = max(seconds ?? 0, after)
    }
    return seconds.flatMap { $0 > 0 ? .seconds(min($0, longestPause)) : nil }
  }

  /// `"default";r=0;t=30`, or `limit=100, remaining=0, reset=30` of older drafts.
  private static func fieldReset(_ text: String) -> Int64? {
    var longest: Int64?
    let isOld = text.contains("=") && !text.contains(";")
    for policy in isOld ? [text[...]] : text.split(separator: ",") {
      var remaining: Int64?
      var reset: Int64?
      for parameter in policy.split(whereSeparator: { $0 == ";" || $0 == "," }) {
        let pair = parameter.split(separator: "=", maxSplits: 1).map { HTTPHeaders.trimmed($0) }
        guard pair.count == 2 else { continue }
        switch pair[0].lowercased() {
        case "r", "remaining": remaining = Int64(pair[1])
        case "t", "reset": reset = Int64(pair[1])
        default: break
        }
      }
      guard let remaining, remaining <= 0, let reset else { continue }
      longest = max(longest ?? 0, reset)
    }
    return longest
  }

  /// A number of seconds, or the seconds (or milliseconds) since 1970; the server's clock counts where
  /// it shows it. Rounded up, since a moment too early is refused again.
  private static func wait(until reset: Double, _ headers: HTTPHeaders) -> Int64 {
    guard reset.isFinite, reset > 0 else { return 0 }
    guard reset > 1e9 else { return Int64(reset.rounded(.up)) }
    let seconds = Int64((min(reset, 1e15) / (reset > 1e11 ? 1000 : 1)).rounded(.up))
    return seconds - (headers["Date"].flatMap(HTTPDate.parse) ?? secondsSince1970())
  }

  private static func retryAfter(_ text: String) -> Int64? {
    Int64(text) ?? HTTPDate.parse(text).map { $0 - secondsSince1970() }
  }
}
