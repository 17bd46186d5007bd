import AdapterCore
import Platform

/// Where a response is kept: by its URL, its method, and who asked. No secret can be read from it.
struct CacheKey: Equatable {
  /// The hash of the URL, which begins the name of every file about it.
  let url: String
  /// The hash of method and identity.
  private let asker: String

  /// - Parameter identity: all that decides what the server gives, but for the URL and the fields that
  ///   Vary names: credentials before all.
  init(_ url: HTTPURL, method: String, identity: [String]) {
    self.url = Self.hash(of: url)
    asker = Self.hash([method] + identity)
  }

  static func hash(of url: HTTPURL) -> String { hash([url.origin, url.target]) }

  var name: String { "\(url)-\(asker)" }

  /// For a response that differs by request fields: their values are a part of its key.
  func name(varyingBy values: [String]) -> String { "\(name)-\(Self.hash(values))" }

  /// Each part with its length, so that no two lists have one text; 128 bits are plenty.
  private static func hash(_ parts: [String]) -> String {
    var hash = SHA256()
    for part in parts { hash.update(Array("\(part.utf8.count):\(part)".utf8)) }
    return String(hash.hexDigest().prefix(32))
  }
}
