/// The grammar of http and https URLs. No part of what may be a password stands in its errors.
struct HTTPURLParser {
  static func parse(_ text: String) throws(AdapterError) -> HTTPURL.WithCredentials {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw AdapterError(
        .usage, "the URL holds a control character", hint: "write a line break as %0D%0A")
    }
    guard let scheme = ["https", "http"].first(where: { begins(text, with: $0) }) else {
      throw AdapterError(
        .usage,
        text.contains { "@?".contains($0) }
          ? "what is given is no http or https URL" : "'\(text)' is no http or https URL",
        hint: "write http://HOST/PATH, https://HOST/PATH or @PROFILE/PATH")
    }
    // Bytes, not characters: a batch reads a URL for each of its requests.
    let rest = text.utf8.dropFirst(scheme.utf8.count + 3)
    let end = rest.firstIndex { $0 == slash || $0 == mark || $0 == hash } ?? rest.endIndex
    var result = try parse(authority: Substring(rest[..<end]), scheme: scheme)
    let tail = rest[end...].prefix { $0 != hash }
    let query = tail.firstIndex(of: mark)
    let path = tail[..<(query ?? tail.endIndex)]
    result.url.path = path.isEmpty ? "/" : encoded(Substring(path))
    result.url.query = query.map { encoded(Substring(tail[tail.index(after: $0)...])) }
    return result
  }

  private static let slash = UInt8(ascii: "/")
  private static let mark = UInt8(ascii: "?")
  private static let hash = UInt8(ascii: "#")
  private static let colon = UInt8(ascii: ":")

  private static func begins(_ text: String, with scheme: String) -> Bool {
    let bytes = text.utf8
    let letters = bytes.prefix(scheme.utf8.count).map { $0 | 0x20 }
    return letters.elementsEqual(scheme.utf8)
      && bytes.dropFirst(scheme.utf8.count).starts(with: "://".utf8)
  }

  private static func parse(
    authority: Substring, scheme: String
  ) throws(AdapterError) -> HTTPURL.WithCredentials {
    var host = authority.utf8
    var user: String?
    var password: Secret?
    if let at = host.lastIndex(of: UInt8(ascii: "@")) {
      let userInfo = host[..<at]
      host = host[host.index(after: at)...]
      let end = userInfo.firstIndex(of: colon)
      user = try decoded(userInfo[..<(end ?? userInfo.endIndex)])
      if let end { password = Secret(try decoded(userInfo[userInfo.index(after: end)...])) }
    }
    var port: Int?
    let afterBrackets =
      host.lastIndex(of: UInt8(ascii: "]")).map { host.index(after: $0) } ?? host.startIndex
    if let end = host[afterBrackets...].firstIndex(of: colon) {
      let digits = host[host.index(after: end)...]
      guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 5,
        digits.isEmpty || (1...65535).contains(Int(Substring(digits)) ?? 0)
      else { throw malformedHost }
      port = Int(Substring(digits))
      host = host[..<end]
    }
    guard isHost(Substring(host)) else { throw malformedHost }
    return HTTPURL.WithCredentials(
      url: HTTPURL(scheme: scheme, host: String(Substring(host)), port: port, path: "/"),
      user: user.flatMap { $0.isEmpty ? nil : $0 }, password: password)
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      let address = host.dropFirst().dropLast()
      return host.hasSuffix("]") && address.contains(":")
        && address.utf8.allSatisfy { $0 > 0x20 && !"[]/\\@<>".utf8.contains($0) }
    }
    return !host.isEmpty && host.utf8.allSatisfy(isHostByte)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-")...UInt8(ascii: "."),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: !" \"<>[]\\^`{|}:@%".utf8.contains(byte)
    }
  }

  private static func decoded(_ text: Substring.UTF8View) throws(AdapterError) -> String {
    if let decoded = PercentEncoding.decode(Array(text)[...]) { return decoded }
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
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "="), UInt8(ascii: "&"),
      UInt8(ascii: "_"), UInt8(ascii: "%"):
      false
    case ...0x20, 0x7F...: true
    default: "\"<>\\^`{|}".utf8.contains(byte)
    }
  }
}
