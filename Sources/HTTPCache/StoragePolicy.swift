import AdapterCore

/// What is kept (RFC 9111, section 3).
enum StoragePolicy {
  /// Statuses whose meaning does not depend on anything but the request (RFC 9110, section 15.1), but
  /// for 206: parts are never stored; and redirects for a while, where they say for how long.
  private static let statuses: Set<Int> = [
    200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501,
  ]

  /// Fields with which a request asks for something that depends on what it has already.
  private static let conditions = [
    "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
  ]

  /// Whether the cache has a part in the exchange at all.
  static func concerns(_ exchange: HTTPExchange) -> Bool {
    let request = exchange.request
    return ["GET", "HEAD"].contains(request.method) && request.body == nil && !exchange.isBulk
      && !conditions.contains { request.headers.contains($0) }
      && !CacheControl(request: request.headers).noStore
  }

  /// Whether a response is worth keeping: it may be, and can be of use to a later request.
  static func keeps(_ head: HTTPResponseHead, override: Int64?) -> Bool {
    let directives = CacheControl(head.headers)
    guard statuses.contains(head.status), !directives.noStore,
      !head.headers.list("Vary").contains("*"), !head.headers.contains("Content-Range")
    else { return false }
    if override != nil, mayBeOverridden(head) { return true }
    return (directives.maxAge ?? 0) > 0 || (directives.staleIfError ?? 0) > 0
      || head.headers.contains("Expires")
      || head.isSuccess && (head.headers.contains("ETag") || head.headers.contains("Last-Modified"))
  }

  /// Whether the user may say how long a response is fresh: successes and permanent redirects.
  static func mayBeOverridden(_ head: HTTPResponseHead) -> Bool {
    head.isSuccess || head.status == 301 || head.status == 308
  }

  /// Whether a response says that what is stored of its URL is no longer so (section 4.4).
  static func invalidates(_ method: String, _ head: HTTPResponseHead) -> Bool {
    !["GET", "HEAD", "OPTIONS", "TRACE"].contains(method) && (200..<400).contains(head.status)
  }

  /// The fields that are stored: not those of the connection (section 3.1), nor cookies, which are
  /// set once.
  static func storedFields(_ headers: HTTPHeaders) -> HTTPHeaders {
    let named = headers.list("Connection").map { $0.lowercased() }
    return HTTPHeaders(
      headers.fields.filter { field in
        let name = field.name.lowercased()
        return !connectionFields.contains(name) && !named.contains(name)
      })
  }

  private static let connectionFields: Set<String> = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info",
    "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    "set-cookie", "set-cookie2",
  ]

  /// The stored fields after a 304 (section 3.2): those that describe the content stay.
  static func updated(_ stored: HTTPHeaders, by head: HTTPResponseHead) -> HTTPHeaders {
    let new = storedFields(head.headers).fields.filter { field in
      !["content-encoding", "content-length", "content-range", "content-type"].contains(
        field.name.lowercased())
    }
    var result = stored
    // What has been on its way anew is as old as its way was long.
    result.remove("Age")
    for field in new { result.remove(field.name) }
    for field in new { result.append(field.name, field.value) }
    return result
  }
}
