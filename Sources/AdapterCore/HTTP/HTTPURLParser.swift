/// The grammar of http and https URLs. No part of what may be a password stands in its errors.
struct HTTPURLParser {
  static func parse(_ text: String) throws(AdapterError) -> HTTPURL.WithCredentials {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw AdapterError(
        .usage, "the URL holds a control character", hint: "write a line break as %0D%0A")
    }
    let lowercased = text.prefix(8).lowercased()
    let scheme = lowercased.hasPrefix("https:") ? "https" : "http"
    guard lowercased.hasPrefix(scheme + "://") else {
      throw AdapterError(
        .usage,
        text.contains { "@?".contains($0) }
          ? "what is given is no http or https URL" : "'\(text)' is no http or https URL",
        hint: "write http://HOST/PATH, https://HOST/PATH or @PROFILE/PATH")
    }
    let rest = text.dropFirst(scheme.count + 3)
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    var result = try parse(authority: rest[..<end], scheme: scheme)
    let tail = rest[end...].prefix { $0 != "#" }
    let mark = tail.firstIndex(of: "?")
    let path = tail[..<(mark ?? tail.endIndex)]
    result.url.path = path.isEmpty ? "/" : encoded(path)
    result.url.query = mark.map { encoded(tail[tail.index(after: $0)...]) }
    return result
  }

  private static func parse(
    authority: Substring, scheme: String
  ) throws(AdapterError) -> HTTPURL.WithCredentials {
    var host = authority
    var user: String?
    var password: Secret?
    if let at = authority.lastIndex(of: "@") {
      host = authority[authority.index(after: at)...]
      let userInfo = authority[..<at]
      let colon = userInfo.firstIndex(of: ":")
      user = try decoded(userInfo[..<(colon ?? userInfo.endIndex)])
      if let colon { password = Secret(try decoded(userInfo[userInfo.index(after: colon)...])) }
    }
    var port: Int?
    let afterBrackets = host.lastIndex(of: "]").map { host.index(after: $0) } ?? host.startIndex
    if let colon = host[afterBrackets...].firstIndex(of: ":") {
      let digits = host[host.index(after: colon)...]
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 5,
        digits.isEmpty || (1...65535).contains(Int(digits) ?? 0)
      else { throw malformedHost }
      port = Int(digits)
      host = host[..<colon]
    }
    guard isHost(host) else { throw malformedHost }
    return HTTPURL.WithCredentials(
      url: HTTPURL(scheme: scheme, host: String(host), port: port, path: "/"),
      user: user.flatMap { $0.isEmpty ? nil : $0 }, password: password)
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      let address = host.dropFirst().dropLast()
      return host.hasSuffix("]") && address.contains(":")
        && address.utf8.allSatisfy { $0 > 0x20 && !"[]/\\@<>".utf8.contains($0) }
    }
    return !host.isEmpty && !host.utf8.contains { " \"<>[]\\^`{|}:@%".utf8.contains($0) }
  }

  private static func decoded(_ text: Substring) throws(AdapterError) -> String {
    if let decoded = PercentEncoding.decode(Array(text.utf8)[...]) { return decoded }
    throw AdapterError(
      .usage, "the URL's user or password is not valid percent-encoding",
      hint: "write % as %25, @ as %40, / as %2F, : as %3A")
  }

  private static var malformedHost: AdapterError {
    AdapterError(
      .usage, "the URL's host is malformed",
      hint: "write HOST, HOST:PORT or [IPV6]:PORT; a port is a number from 1 to 65535")
  }

  /// What no URL may hold, percent-encoded; a lone `%` stays, since servers see it as it is.
  private static func encoded(_ text: Substring) -> String {
    guard text.utf8.contains(where: mustBeEncoded) else { return String(text) }
    var result = ""
    for byte in text.utf8 {
      if mustBeEncoded(byte) {
        result += "%" + PercentEncoding.hexadecimalPair(byte)
      } else {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return result
  }

  private static func mustBeEncoded(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || "\"<>\\^`{|}".utf8.contains(byte)
  }
}
