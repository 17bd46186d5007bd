import AdapterCore
import Platform

/// Cookies in the format of Netscape's, which curl and wget read and write: a line each, of seven
/// fields separated by tabs.
enum CookieFile {
  private static let head = """
    # Netscape HTTP Cookie File
    # https://curl.se/docs/http-cookies.html
    # Written by nb; it holds secrets.


    """
  private static let httpOnlyMark = "#HttpOnly_"

  /// nil for a file that is none: it holds a line that is neither a cookie nor a comment.
  static func parse(_ bytes: [UInt8]) -> [Cookie]? {
    var cookies: [Cookie] = []
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      let isHTTPOnly = line.hasPrefix(httpOnlyMark)
      if line.hasPrefix("#"), !isHTTPOnly { continue }
      let fields = (isHTTPOnly ? line.dropFirst(httpOnlyMark.count) : line).split(
        separator: "\t", omittingEmptySubsequences: false)
      if fields.count == 1, HTTPHeaders.trimmed(line).isEmpty { continue }
      guard fields.count == 7, let expires = Int64(fields[4]),
        HTTPHeaders.isValid(name: "Cookie", value: String(fields[5] + fields[6]))
      else { return nil }
      let domain = fields[0].hasPrefix(".") ? fields[0].dropFirst() : fields[0]
      cookies.append(
        Cookie(
          name: String(fields[5]), value: String(fields[6]),
          domain: CookieDomain.canonical(String(domain)), isHostOnly: fields[1] != "TRUE",
          path: String(fields[2]), isSecure: fields[3] == "TRUE", isHTTPOnly: isHTTPOnly,
          expires: expires > 0 ? expires : nil))
    }
    return cookies
  }

  static func text(_ cookies: [Cookie]) -> String {
    func flag(_ isSet: Bool) -> String { isSet ? "TRUE" : "FALSE" }
    return cookies.reduce(into: head) { text, cookie in
      let fields = [
        (cookie.isHTTPOnly ? httpOnlyMark : "") + (cookie.isHostOnly ? "" : ".") + cookie.domain,
        flag(!cookie.isHostOnly), cookie.path, flag(cookie.isSecure),
        String(cookie.expires ?? 0), cookie.name, cookie.value,
      ]
      text += fields.joined(separator: "\t") + "\n"
    }
  }
}
