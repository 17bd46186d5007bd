import AdapterCore

/// The directives of Cache-Control (RFC 9111, section 5.2) that matter to a private cache; those of
/// shared caches (`public`, `s-maxage`, `proxy-revalidate`) and `private` change nothing for it.
public struct CacheControl: Equatable, Sendable {
  /// In seconds, as all durations here; 0 also for a value that is no number (section 4.2.1).
  public var maxAge: Int64?
  public var staleIfError: Int64?
  /// Of a request: how much staleness it takes; `Int64.max` without a number.
  public var maxStale: Int64?
  public var minFresh: Int64?
  public var noStore = false
  /// Also for `no-cache="Field"`, which a cache may take for the whole (section 5.2.2.4).
  public var noCache = false
  public var mustRevalidate = false

  /// The largest number of seconds that is told apart from a larger one (section 1.2.2).
  static let longest: Int64 = 1 << 31

  public init() {}

  /// Reads all Cache-Control fields. Of a directive that is given twice the stricter one counts.
  public init(_ headers: HTTPHeaders) {
    for element in headers.list("Cache-Control") { take(element) }
  }

  /// A request's; `Pragma: no-cache` stands for the directive where there is none (section 5.4).
  public init(request headers: HTTPHeaders) {
    self.init(headers)
    if !headers.contains("Cache-Control"),
      headers.list("Pragma").contains(where: { $0.lowercased() == "no-cache" })
    {
      noCache = true
    }
  }

  private mutating func take(_ element: String) {
    let equals = element.utf8.firstIndex(of: UInt8(ascii: "="))
    let name = HTTPHeaders.trimmed(element[..<(equals ?? element.endIndex)]).lowercased()
    let value = equals.map { Self.unquoted(element[element.utf8.index(after: $0)...]) }
    switch name {
    case "no-store": noStore = true
    case "no-cache": noCache = true
    case "must-revalidate": mustRevalidate = true
    case "max-age": maxAge = Self.stricter(maxAge, Self.seconds(value) ?? 0)
    case "stale-if-error": staleIfError = Self.stricter(staleIfError, Self.seconds(value) ?? 0)
    case "max-stale":
      maxStale = Self.stricter(maxStale, value == nil ? .max : Self.seconds(value) ?? 0)
    case "min-fresh": minFresh = max(minFresh ?? 0, Self.seconds(value) ?? Self.longest)
    default: break
    }
  }

  private static func stricter(_ present: Int64?, _ new: Int64) -> Int64 {
    present.map { min($0, new) } ?? new
  }

  private static func unquoted(_ text: Substring) -> String {
    let text = HTTPHeaders.trimmed(text)
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// delta-seconds: digits alone; more than fit are the longest time there is.
  static func seconds(_ text: String?) -> Int64? {
    guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return min(Int64(text) ?? longest, longest)
  }
}
