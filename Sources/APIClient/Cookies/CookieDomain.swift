import AdapterCore

/// Whose cookies a host may set and get (RFC 6265, sections 5.1.2, 5.1.3 and 5.3).
enum CookieDomain {
  static func canonical(_ host: String) -> String {
    let lower = host.lowercased()
    return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
  }

  /// Whether `host` is `domain` or below it.
  static func matches(_ host: String, _ domain: String) -> Bool {
    host == domain || host.hasSuffix("." + domain) && !isAddress(host)
  }

  static func isAddress(_ host: String) -> Bool {
    host.hasPrefix("[") || host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
  }

  /// Connections to this machine need no TLS to be safe.
  static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
      || isAddress(host) && host.hasPrefix("127.")
  }

  /// Whether strangers share a domain, so that no one may set cookies for all of it: a top level, and
  /// what is registered below like `co.uk`. These are the obvious ones, for where there is no list.
  static func isPublicSuffix(_ domain: String) -> Bool {
    let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
    if labels.count < 2 { return true }
    guard labels.count == 2 else { return shared.contains(domain) }
    let isCountry = labels[1].utf8.count == 2
    return isCountry && secondLevels.contains(String(labels[0])) || shared.contains(domain)
  }

  /// Below the top levels of countries.
  private static let secondLevels = [
    "ac", "co", "com", "edu", "go", "gob", "gov", "gv", "ltd", "me", "mil", "ne", "net", "nom",
    "or", "org", "plc", "sch",
  ]

  /// Where everybody can have a host.
  private static let shared = [
    "appspot.com", "azurewebsites.net", "blogspot.com", "cloudfront.net", "firebaseapp.com",
    "fly.dev", "github.io", "gitlab.io", "herokuapp.com", "netlify.app", "ngrok.io", "onrender.com",
    "pages.dev", "readthedocs.io", "run.app", "s3.amazonaws.com", "vercel.app", "web.app",
    "workers.dev",
  ]
}
