/// An absolute http or https URL (RFC 3986), kept as it was written: no path is normalised and
/// nothing that is encoded is encoded again, since signatures and caches go by the bytes.
public struct HTTPURL: Equatable, Sendable {
  /// "http" or "https".
  public let scheme: String
  /// The host as written; an IPv6 address has its brackets.
  public let host: String
  /// nil: the scheme's default.
  public let port: Int?
  /// Percent-encoded; begins with "/".
  public var path: String
  /// Percent-encoded, without "?"; nil: none.
  public var query: String?

  /// A URL with what its authority holds besides the host.
  public struct WithCredentials: Equatable, Sendable {
    public var url: HTTPURL
    public var user: String?
    public var password: Secret?

    public init(url: HTTPURL, user: String? = nil, password: Secret? = nil) {
      self.url = url
      self.user = user
      self.password = password
    }
  }

  /// Reads a URL as typed. The fragment is dropped; characters that no URL may hold are
  /// percent-encoded, apart from control characters.
  ///
  /// Throws `usage`; no part of a password ever stands in the message.
  public static func parse(_ text: String) throws(AdapterError) -> WithCredentials {
    try HTTPURLParser.parse(text)
  }

  public init(scheme: String, host: String, port: Int?, path: String, query: String? = nil) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.path = path.isEmpty ? "/" : path
    self.query = query
  }

  public var isSecure: Bool { scheme == "https" }
  public var defaultPort: Int { isSecure ? 443 : 80 }

  /// Scheme, host and port: what credentials are bound to (RFC 6454, section 4).
  public var origin: String { "\(scheme)://\(host.lowercased()):\(port ?? defaultPort)" }

  /// Whether credentials for the one may go to the other.
  public func isSameOrigin(_ other: HTTPURL) -> Bool {
    scheme == other.scheme && (port ?? defaultPort) == (other.port ?? defaultPort)
      && HTTPHeaders.isSameName(host, other.host)
  }

  /// Host and port as the Host field has them (RFC 9110, section 7.2).
  public var authority: String {
    guard let port, port != defaultPort else { return host }
    return "\(host):\(port)"
  }

  /// Path and query, as a request line has them.
  public var target: String { query.map { "\(path)?\($0)" } ?? path }

  public var text: String { "\(scheme)://\(authority)\(target)" }

  /// For messages: values in the query that name a secret are `***`.
  public var redacted: String {
    guard let query else { return text }
    let pairs = query.split(separator: "&", omittingEmptySubsequences: false).map { pair in
      let name = pair.prefix { $0 != "=" }
      let isSecret = Secret.isSecretName(String(name)) || Self.signatureNames.contains(String(name))
      return isSecret && pair.contains("=") ? "\(name)=***" : String(pair)
    }
    return "\(scheme)://\(authority)\(path)?\(pairs.joined(separator: "&"))"
  }

  /// Parameters that sign a URL, so that whoever has them has the object.
  private static let signatureNames: Set<String> = [
    "X-Amz-Signature", "X-Amz-Security-Token", "X-Goog-Signature", "sig", "signature",
    "access_token",
  ]

  /// The URL with one more pair in its query, both percent-encoded.
  public func appending(queryName name: String, value: String) -> HTTPURL {
    let pair =
      PercentEncoding.encode(name, allowed: "") + "=" + PercentEncoding.encode(value, allowed: "")
    var url = self
    url.query = query.map { $0.isEmpty ? pair : $0 + "&" + pair } ?? pair
    return url
  }

  /// The decoded value of the first pair of that name in the query; nil without one.
  public func queryValue(_ name: String) -> String? {
    for pair in pairs where Self.name(of: pair) == name {
      return Self.decoded(pair.dropFirst(pair.prefix { $0 != "=" }.count + 1))
    }
    return nil
  }

  /// The URL with one pair of that name in its query, at the end, both percent-encoded.
  public func replacing(queryName name: String, value: String) -> HTTPURL {
    var url = self
    let others = pairs.filter { Self.name(of: $0) != name }
    url.query = others.isEmpty ? nil : others.joined(separator: "&")
    return url.appending(queryName: name, value: value)
  }

  private var pairs: [Substring] { query?.split(separator: "&") ?? [] }

  private static func name(of pair: Substring) -> String { decoded(pair.prefix { $0 != "=" }) }

  /// What is no percent-encoding stays as it is.
  private static func decoded(_ text: Substring) -> String {
    PercentEncoding.decode(Array(text.utf8)[...]) ?? String(text)
  }

  /// The URL with a path, perhaps with a query, behind its path; its own query stays first.
  ///
  /// Throws `usage` for a path with a control character.
  public func appending(_ suffix: String) throws(AdapterError) -> HTTPURL {
    guard !suffix.isEmpty else { return self }
    let isSlashed = path.utf8.last == UInt8(ascii: "/") && suffix.utf8.first == UInt8(ascii: "/")
    let folder = isSlashed ? String(path.dropLast()) : path
    var url = try HTTPURL.parse("\(scheme)://\(authority)\(folder)\(suffix)").url
    if let query { url.query = url.query.map { "\(query)&\($0)" } ?? query }
    return url
  }

  /// Text as the type application/x-www-form-urlencoded has it: a space is `+`.
  public static func formEncoded(_ text: String) -> String {
    PercentEncoding.encode(text, allowed: " ").split(
      separator: " ", omittingEmptySubsequences: false
    )
    .joined(separator: "+")
  }

  /// The URL that a reference in this one's document names (RFC 3986, section 5.2); nil when it is
  /// malformed or of another scheme.
  public func resolving(_ reference: String) -> HTTPURL? {
    let reference = reference.prefix { $0 != "#" }
    if let colon = reference.firstIndex(of: ":"),
      !reference[..<colon].contains(where: { "/?".contains($0) })
    {
      return try? HTTPURL.parse(String(reference)).url
    }
    if reference.hasPrefix("//") { return try? HTTPURL.parse("\(scheme):\(reference)").url }
    let mark = reference.firstIndex(of: "?")
    let relativePath = reference[..<(mark ?? reference.endIndex)]
    let newQuery = mark.map { String(reference[reference.index(after: $0)...]) }
    var resolved = self
    if relativePath.isEmpty {
      resolved.query = newQuery ?? query
    } else {
      let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
      let joined =
        relativePath.hasPrefix("/") ? String(relativePath) : String(folder + relativePath)
      resolved.path = Self.removingDotSegments(joined)
      resolved.query = newQuery
    }
    return try? HTTPURL.parse(resolved.text).url
  }

  /// RFC 3986, section 5.2.4.
  static func removingDotSegments(_ path: String) -> String {
    var segments: [Substring] = []
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      switch part {
      case ".": if isLast { segments.append("") }
      case "..":
        if !segments.isEmpty { segments.removeLast() }
        if isLast { segments.append("") }
      default: segments.append(part)
      }
    }
    return "/" + segments.joined(separator: "/")
  }
}

extension HTTPURL: CustomStringConvertible {
  public var description: String { redacted }
}
