import AdapterCore
import Platform

/// What decides, beside the request itself, what a server gives: the way to it, how it is checked, and
/// who asks. Responses are never shared between two of them.
enum CacheIdentity {
  static func parts(_ settings: APISettings) -> [String] {
    let http = settings.http
    var parts = [
      "agent", http.userAgent, "socket", http.unixSocket ?? "", "proxy", http.proxy ?? "-",
      "verified", http.tls.verifiesServer ? "yes" : "no", "pinned", http.tls.pinnedKey ?? "",
    ]
    for entry in http.resolve { parts += ["resolve", entry] }
    for file in [http.tls.authorityFile, http.tls.certificateFile, http.tls.keyFile] {
      parts += ["file", file.map(content) ?? ""]
    }
    if http.usesNetrc {
      let home = Environment.nonEmptyValue("HOME").map { $0 + "/.netrc" }
      parts += ["netrc", (Environment.nonEmptyValue("NETRC") ?? home).map(content) ?? ""]
    }
    // Of the other kinds of credentials all is in the request.
    switch settings.authentication {
    case .oauth2, .aws: return parts + settings.authentication.identity
    default: return parts
    }
  }

  /// A path with what is in the file, since the next certificate may have the same name.
  private static func content(of path: String) -> String {
    let bytes = (try? SmallFile(reading: path, limit: 1 << 20))?.bytes ?? []
    return path + "\n" + String(decoding: bytes, as: UTF8.self)
  }
}
