import AdapterCore
import Platform

/// One cookie of a jar (RFC 6265, section 5.3).
struct Cookie: Equatable, Sendable {
  var name: String
  var value: String
  /// In lower case, without a dot before it.
  var domain: String
  /// Whether it is for that host alone, and not for those below it.
  var isHostOnly: Bool
  var path: String
  var isSecure: Bool
  var isHTTPOnly: Bool
  /// Seconds since 1970; nil: until the session ends, which is when its file is removed.
  var expires: Int64?

  /// Whether it takes the place of another one.
  func replaces(_ other: Cookie) -> Bool {
    name == other.name && domain == other.domain && path == other.path
  }

  func isExpired(now: Int64) -> Bool { expires.map { $0 <= now } ?? false }

  /// Whether it goes along with a request to this URL (section 5.4).
  func belongs(to url: HTTPURL) -> Bool {
    let host = CookieDomain.canonical(url.host)
    return (isHostOnly ? host == domain : CookieDomain.matches(host, domain))
      && Self.pathMatches(url.path, path)
      && (!isSecure || url.isSecure || CookieDomain.isLoopback(host))
  }

  /// Section 5.1.4.
  static func pathMatches(_ path: String, _ cookiePath: String) -> Bool {
    guard path.hasPrefix(cookiePath) else { return false }
    return path.utf8.count == cookiePath.utf8.count || cookiePath.hasSuffix("/")
      || path.utf8.dropFirst(cookiePath.utf8.count).first == UInt8(ascii: "/")
  }

  /// The folder of a URL's path (section 5.1.4).
  static func defaultPath(of url: HTTPURL) -> String {
    guard let slash = url.path.lastIndex(of: "/"), slash != url.path.startIndex else { return "/" }
    return String(url.path[..<slash])
  }
}
