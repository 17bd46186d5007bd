/// What a redirect asks for (RFC 9110, section 15.4).
public enum HTTPRedirect {
  /// The request that a response asks for; nil when it is no redirect.
  ///
  /// To another origin nothing goes along that proves who asks. Throws `protocolViolation` for a place
  /// that is no URL, `failed` when there are too many, or when content would have to be read twice that
  /// cannot be.
  ///
  /// - Parameters:
  ///   - first: where the redirects have begun, for messages.
  ///   - count: how many were followed already.
  ///   - limit: how many may be; with 0 none is a redirect.
  public static func next(
    after request: HTTPRequest, _ head: HTTPResponseHead, from first: HTTPURL, count: Int,
    limit: Int
  ) throws(AdapterError) -> HTTPRequest? {
    guard [301, 302, 303, 307, 308].contains(head.status), limit > 0,
      let location = head.headers["Location"]
    else { return nil }
    let code = "HTTP \(head.status)"
    guard count < limit else {
      throw AdapterError(
        .failed, "\(first) redirects more than \(limit) times", code: code,
        hint: "the last one goes to \(request.url)")
    }
    guard let url = request.url.resolving(location) else {
      throw AdapterError(
        .protocolViolation, "\(request.url) redirects to a place that is no http or https URL",
        code: code)
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
        code: code, hint: "send it to \(url)")
    }
    if url.origin != request.url.origin { next.headers.removeCredentials() }
    return next
  }
}
