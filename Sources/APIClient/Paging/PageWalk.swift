import AdapterCore

/// Walks from page to page of an API: tells the next one's URL, and notices when it goes in circles.
public struct PageWalk {
  /// What is known of a page when it has come to its end.
  public struct Page {
    public var head: HTTPResponseHead
    /// Where it came from, after redirects.
    public var url: HTTPURL
    /// What the scheme's path leads to in its content, as JSON where it goes into content; nil for
    /// null and for nothing.
    public var pointer: String?
    /// Elements of the array that holds its records; nil when there is none.
    public var elementCount: Int?
    /// Of its content; the same for the same content.
    public var contentHash: Int

    public init(
      head: HTTPResponseHead, url: HTTPURL, pointer: String?, elementCount: Int?, contentHash: Int
    ) {
      self.head = head
      self.url = url
      self.pointer = pointer
      self.elementCount = elementCount
      self.contentHash = contentHash
    }
  }

  private let scheme: PagingScheme
  /// The URL of the present page, as it was asked for.
  public private(set) var url: HTTPURL
  /// What goes into the request's content for the present page, as JSON; nil: nothing.
  public private(set) var cursor: String?
  /// From 1.
  public private(set) var number = 1
  /// Hashes, so that it stays small: a collision of 64 bits does not happen.
  private var visited: Set<Int>
  private var lastContentHash: Int?
  /// What the scheme's parameter is in the present page's URL.
  private var position: Int

  public init(_ scheme: PagingScheme, from url: HTTPURL) throws(AdapterError) {
    self.scheme = scheme
    self.url = url
    visited = [url.text.hashValue]
    position = 0
    switch scheme {
    case .page(let parameter): position = try Self.number(parameter, in: url) ?? 1
    case .offset(let parameter): position = try Self.number(parameter, in: url) ?? 0
    case .link, .next, .cursor, .body: break
    }
  }

  private static func number(_ name: String, in url: HTTPURL) throws(AdapterError) -> Int? {
    guard let text = url.queryValue(name) else { return nil }
    guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
      throw AdapterError(.usage, "the parameter \(name) is counted up, and '\(text)' is no number")
    }
    return number
  }

  /// Goes on to the page behind this one; false when there is none.
  ///
  /// Throws `protocolViolation` for a page that was there already, and for a place that is no URL.
  public mutating func advance(behind page: Page) throws(AdapterError) -> Bool {
    if case .body = scheme { return try advance(toCursor: page.pointer, behind: page) }
    guard let next = try nextURL(behind: page) else { return false }
    if scheme.endsWithEmptyPage, page.contentHash == lastContentHash {
      throw AdapterError(
        .protocolViolation, "page \(number) is the same as the one before it: \(url)",
        hint: "does the server know the parameter? See nb help paging")
    }
    lastContentHash = page.contentHash
    guard visited.insert(next.text.hashValue).inserted else {
      // Feeds that may grow name their end as the place to go on.
      if page.elementCount == 0 { return false }
      throw circles("\(next)")
    }
    url = next
    number += 1
    return true
  }

  private mutating func advance(
    toCursor next: String?, behind page: Page
  ) throws(AdapterError) -> Bool {
    guard let next else { return false }
    guard visited.insert(next.hashValue).inserted else {
      if page.elementCount == 0 { return false }
      throw circles(next)
    }
    cursor = next
    number += 1
    return true
  }

  private func circles(_ place: String) -> AdapterError {
    AdapterError(
      .protocolViolation, "the pages go in circles: page \(number) leads to \(place) again",
      hint: "the records up to here are printed")
  }

  /// Where the present page is, for a person.
  public var place: String { cursor.map { "\(url) with \($0)" } ?? "\(url)" }

  private mutating func nextURL(behind page: Page) throws(AdapterError) -> HTTPURL? {
    switch scheme {
    case .link:
      return try LinkHeader.target("next", in: page.head.headers).map {
        target throws(AdapterError) in
        try resolve(target, page)
      }
    case .next:
      return try page.pointer.map { target throws(AdapterError) in try resolve(target, page) }
    case .cursor(let parameter, _):
      return page.pointer.map { url.replacing(queryName: parameter, value: $0) }
    case .page(let parameter):
      guard page.elementCount ?? 0 > 0 else { return nil }
      position += 1
      return url.replacing(queryName: parameter, value: String(position))
    case .body: return nil
    case .offset(let parameter):
      guard let count = page.elementCount, count > 0 else { return nil }
      position += count
      return url.replacing(queryName: parameter, value: String(position))
    }
  }

  private func resolve(_ target: String, _ page: Page) throws(AdapterError) -> HTTPURL {
    if let url = page.url.resolving(target) { return url }
    throw AdapterError(
      .protocolViolation, "page \(number) names a next one that is no http or https URL",
      details: ["  \(target.prefix(200))"])
  }
}
