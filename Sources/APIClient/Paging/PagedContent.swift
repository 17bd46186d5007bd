import AdapterCore
import JSON

/// The JSON content of a request that asks for page after page: a field of it says for which.
public struct PagedContent {
  private static let limit = 16 << 20

  private let document: JSONValue?
  private let field: FieldPath

  /// nil for a scheme that leaves the content alone.
  ///
  /// Throws `usage` for content that is no JSON, and what reading it throws.
  ///
  /// - Parameter body: nil: the field is all there is.
  public init?(_ scheme: PagingScheme, _ body: (any HTTPBody)?) throws(AdapterError) {
    guard case .body(let field, _) = scheme else { return nil }
    self.field = field
    guard let body else {
      document = nil
      return
    }
    let bytes = try Self.read(body)
    do throws(JSONError) {
      document = try JSONParser.parse(bytes)
    } catch {
      throw AdapterError(
        .usage,
        "the request's content is no JSON, so that no cursor goes into it: \(error.message)",
        hint: "--paginate=cursor:NAME=PATH puts it into the query")
    }
  }

  private static func read(_ body: any HTTPBody) throws(AdapterError) -> [UInt8] {
    if let body = body as? HTTPBytesBody { return body.bytes }
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
    defer { buffer.deallocate() }
    while case let count = try body.read(into: buffer), count > 0 {
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw AdapterError(
          .usage, "the content is larger than \(limit >> 20) MiB, and a cursor goes into it")
      }
    }
    return bytes
  }

  /// The content for a page.
  ///
  /// Throws `usage` where the field does not fit what is there.
  ///
  /// - Parameter cursor: JSON; nil for the first page.
  public func body(_ cursor: String?) throws(AdapterError) -> any HTTPBody {
    var result = document
    if let cursor {
      let value = (try? JSONParser.parse(cursor)) ?? .string(cursor)
      try field.set(value, in: &result, replaces: true)
    }
    return HTTPBytesBody(Array((result ?? [:]).text().utf8))
  }
}
