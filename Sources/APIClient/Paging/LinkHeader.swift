import AdapterCore

/// The `Link` header field (RFC 8288, section 3).
public enum LinkHeader {
  public struct Link: Equatable, Sendable {
    /// As written between the angle brackets.
    public var target: String
    /// In lower case.
    public var relations: [String]
    /// What the link is of, where that is not the response itself.
    public var anchor: String?
  }

  /// The target of the first link of the response itself with this relation; nil without one.
  public static func target(_ relation: String, in headers: HTTPHeaders) -> String? {
    for value in headers.values("Link") {
      let link = parse(value).first { $0.anchor == nil && $0.relations.contains(relation) }
      if let link { return link.target }
    }
    return nil
  }

  /// The links of one field. What is malformed ends with the next comma, and is left out.
  public static func parse(_ value: String) -> [Link] {
    var cursor = TextCursor(value)
    var links: [Link] = []
    while !cursor.isAtEnd {
      skipSeparators(&cursor)
      if let link = takeLink(&cursor) { links.append(link) }
      skipToComma(&cursor)
    }
    return links
  }

  private static func skipSeparators(_ cursor: inout TextCursor) {
    while cursor.current == UInt8(ascii: ",") || cursor.current == 0x20 || cursor.current == 0x09 {
      cursor.position += 1
    }
  }

  /// A comma within quotes separates nothing.
  private static func skipToComma(_ cursor: inout TextCursor) {
    while !cursor.isAtEnd, cursor.current != UInt8(ascii: ",") {
      if cursor.current == UInt8(ascii: "\"") {
        _ = takeQuotedString(&cursor)
      } else {
        cursor.position += 1
      }
    }
  }

  private static func takeLink(_ cursor: inout TextCursor) -> Link? {
    guard cursor.take("<") else { return nil }
    let start = cursor.position
    while !cursor.isAtEnd, cursor.current != UInt8(ascii: ">") { cursor.position += 1 }
    guard !cursor.isAtEnd else { return nil }
    var link = Link(target: HTTPHeaders.trimmed(cursor.text(from: start)), relations: [])
    cursor.position += 1
    while let (name, value) = takeParameter(&cursor) {
      switch name {
      // Of several, the first one counts (section 3.3).
      case "rel" where link.relations.isEmpty:
        link.relations = value.lowercased().split { $0 == " " || $0 == "\t" }.map(String.init)
      case "anchor": link.anchor = value
      default: break
      }
    }
    return link
  }

  /// `; name=value`, `; name="value"`, `; name`.
  private static func takeParameter(
    _ cursor: inout TextCursor
  ) -> (name: String, value: String)? {
    cursor.skipSpaces()
    guard cursor.take(";") else { return nil }
    cursor.skipSpaces()
    let name = takeToken(&cursor).lowercased()
    cursor.skipSpaces()
    guard cursor.take("=") else { return (name, "") }
    cursor.skipSpaces()
    guard cursor.current == UInt8(ascii: "\"") else { return (name, takeToken(&cursor)) }
    return (name, takeQuotedString(&cursor))
  }

  private static func takeToken(_ cursor: inout TextCursor) -> String {
    let start = cursor.position
    while !cursor.isAtEnd, !" \t;,=\"<>".utf8.contains(cursor.current) { cursor.position += 1 }
    return cursor.text(from: start)
  }

  /// RFC 9110, section 5.6.4; one that is not closed goes to the end.
  private static func takeQuotedString(_ cursor: inout TextCursor) -> String {
    cursor.position += 1
    var content: [UInt8] = []
    while !cursor.isAtEnd, cursor.current != UInt8(ascii: "\"") {
      if cursor.current == UInt8(ascii: "\\") { cursor.position += 1 }
      if !cursor.isAtEnd { content.append(cursor.current) }
      cursor.position += 1
    }
    if !cursor.isAtEnd { cursor.position += 1 }
    return String(decoding: content, as: UTF8.self)
  }
}
