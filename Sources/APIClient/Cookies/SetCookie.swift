import AdapterCore

/// The Set-Cookie field (RFC 6265, section 5.2, with what its revision adds: prefixes, and no cookie
/// marked Secure without TLS).
enum SetCookie {
  private static let longestCookie = 4096
  /// Later ends are told apart from none by nobody.
  private static let longestLifetime: Int64 = 400 * 86_400

  /// The cookie that a response from `url` sets; one that has expired already removes the one it
  /// replaces. nil for one that is malformed, or that the host may not set.
  ///
  /// - Parameter isPublicSuffix: whether strangers share a domain.
  static func parse(
    _ text: String, from url: HTTPURL, now: Int64,
    isPublicSuffix: (String) -> Bool = CookieDomain.isPublicSuffix
  ) -> Cookie? {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return nil }
    let name = HTTPHeaders.trimmed(pair[..<equals])
    let value = HTTPHeaders.trimmed(pair[pair.index(after: equals)...])
    guard !name.isEmpty, name.utf8.count + value.utf8.count <= longestCookie else { return nil }
    let host = CookieDomain.canonical(url.host)
    var cookie = Cookie(
      name: name, value: value, domain: host, isHostOnly: true,
      path: Cookie.defaultPath(of: url), isSecure: false, isHTTPOnly: false)
    guard take(parts.dropFirst(), into: &cookie, host: host, now: now, isPublicSuffix) else {
      return nil
    }
    return isAllowed(cookie, from: url) ? cookie : nil
  }

  /// false when the host may not set it.
  private static func take(
    _ attributes: ArraySlice<Substring>, into cookie: inout Cookie, host: String, now: Int64,
    _ isPublicSuffix: (String) -> Bool
  ) -> Bool {
    var date: Int64?
    var age: Int64?
    for attribute in attributes {
      let pair = attribute.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = pair.count > 1 ? HTTPHeaders.trimmed(pair[1]) : ""
      switch HTTPHeaders.trimmed(pair[0]).lowercased() {
      case "domain":
        guard take(domain: value, into: &cookie, host: host, isPublicSuffix) else { return false }
      case "path": if value.hasPrefix("/") { cookie.path = value }
      case "secure": cookie.isSecure = true
      case "httponly": cookie.isHTTPOnly = true
      case "expires": date = HTTPDate.parse(value) ?? date
      case "max-age": age = Int64(value) ?? age
      default: break
      }
    }
    // Max-Age comes before Expires, wherever it stands.
    if let age { date = age <= 0 ? 0 : now + min(age, longestLifetime) }
    cookie.expires = date.map { min($0, now + longestLifetime) }
    return true
  }

  private static func take(
    domain value: String, into cookie: inout Cookie, host: String,
    _ isPublicSuffix: (String) -> Bool
  ) -> Bool {
    let domain = CookieDomain.canonical(value.hasPrefix(".") ? String(value.dropFirst()) : value)
    if domain.isEmpty { return true }
    guard CookieDomain.matches(host, domain) else { return false }
    if isPublicSuffix(domain) || CookieDomain.isAddress(host) {
      // For the host itself, such a domain means nothing.
      return domain == host
    }
    cookie.domain = domain
    cookie.isHostOnly = false
    return true
  }

  private static func isAllowed(_ cookie: Cookie, from url: HTTPURL) -> Bool {
    let isTrusted = url.isSecure || CookieDomain.isLoopback(CookieDomain.canonical(url.host))
    if cookie.isSecure, !isTrusted { return false }
    let name = cookie.name.lowercased()
    if name.hasPrefix("__secure-") { return cookie.isSecure }
    if name.hasPrefix("__host-") {
      return cookie.isSecure && cookie.isHostOnly && cookie.path == "/"
    }
    return true
  }
}
