import APIClient
import AdapterCore
import CLI

/// `--paginate` and `--max-pages`.
struct PagingOptions {
  var scheme: PagingScheme
  var maximumPages: Int?

  /// nil when no pages are to be followed.
  ///
  /// - Parameter standard: the profile's scheme.
  init?(_ invocation: Invocation, standard: PagingScheme?) throws(AdapterError) {
    maximumPages = try invocation.int(APIFlags.maxPages, in: 1...Int.max)
    guard let text = invocation.string(APIFlags.paginate) else {
      if maximumPages != nil { throw AdapterError(.usage, "--max-pages goes with --paginate") }
      return nil
    }
    scheme =
      text == "auto"
      ? standard ?? .link
      : try PagingScheme.parse(text, of: "--\(APIFlags.paginate.name)")
  }
}
