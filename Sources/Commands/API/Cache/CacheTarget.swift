import AdapterCore
import CLI

/// What `nb api cache` looks at: all of it, or what is stored of one host.
struct CacheTarget {
  static let argument = ArgumentSpec(
    "TARGET", .optional, completion: .target,
    summary: "Only what is stored of a host: as in stats, or a URL or profile")

  var folder: String
  /// Host and port; nil: all.
  var host: String?

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    guard let folder = CacheSettings.folder else {
      throw AdapterError(
        .notFound, "there is no place for a cache", hint: "set XDG_CACHE_HOME or HOME")
    }
    self.folder = folder
    host = try invocation.argument(0).map { (text) throws(AdapterError) in
      if text.hasPrefix("@") || text.contains("/") {
        return try APITarget(text, path: nil, context).url.authority
      }
      // The port that a scheme has by itself is not in the name.
      return try HTTPURL.parse((text.hasSuffix(":80") ? "http://" : "https://") + text).url
        .authority
    }
  }
}
