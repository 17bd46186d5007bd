import AdapterCore

/// What the status of a response means for the exit status.
public enum ResponseStatus {
  /// The error that a status is; nil for one that is none: below 400.
  public static func error(_ result: HTTPResult, method: String) -> AdapterError? {
    let head = result.head
    guard head.status >= 400 else { return nil }
    let reason = head.reason.isEmpty ? reasonPhrase(head.status) : head.reason
    var error = AdapterError(
      kind(head.status),
      "\(method) \(result.url) answers \(head.status)\(reason.isEmpty ? "" : " " + reason)",
      code: "HTTP \(head.status)", hint: hint(head))
    if result.attempts > 1 { error.details = ["gave up after \(result.attempts) attempts"] }
    return error
  }

  private static func kind(_ status: Int) -> ErrorKind {
    switch status {
    case 401, 403, 407: .denied
    case 404, 410: .notFound
    case 409, 412: .conflict
    case 408, 425, 429, 502, 503, 504: .temporary
    default: .failed
    }
  }

  private static func hint(_ head: HTTPResponseHead) -> String? {
    switch head.status {
    case 401:
      "--bearer, --user or the profile's auth says who asks"
        + (head.headers["WWW-Authenticate"].map { "; the server takes \($0)" } ?? "")
        + clockHint(head)
    case 403: "who asks may not do this" + clockHint(head)
    case 405: head.headers["Allow"].map { "the server allows \($0)" }
    case 407: "the proxy's URL can hold a user and a password"
    case 412: "somebody else has changed it meanwhile"
    case 415: "is the Content-Type right?"
    case 429: head.headers["Retry-After"].map { "the server asks to wait: Retry-After \($0)" }
    default: nil
    }
  }

  /// Signatures and tokens have a time, and clocks go wrong.
  private static func clockHint(_ head: HTTPResponseHead) -> String {
    guard let lead = head.clockLead, abs(lead) > 240 else { return "" }
    return "; " + clockText(lead)
  }

  /// How far this machine's clock is from a server's.
  ///
  /// - Parameter lead: seconds that the server's is ahead.
  public static func clockText(_ lead: Int64) -> String {
    let minutes = (abs(lead) + 30) / 60
    return "this machine's clock is \(minutes) min \(lead > 0 ? "behind" : "ahead of") the server's"
  }

  /// HTTP/2 has no reason phrases (RFC 9110, section 15).
  static func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    default: ""
    }
  }
}
