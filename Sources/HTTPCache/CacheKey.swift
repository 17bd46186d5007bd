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
    asker = SHA256.name(of: [method] + identity)
  }

  static func hash(of url: HTTPURL) -> String {
    SHA256.name(of: [url.origin, url.target])
  }

  var name: String { "\(url)-\(asker)" }

  /// For a response that differs by request fields: their values are a part of its key.
  func name(varyingBy values: [String]) -> String { "\(name)-\(SHA256.name(of: values))" }
}
