import AdapterCore

/// How an API says where its next page is.
public enum PagingScheme: Sendable {
  /// By the header field `Link` with rel=next.
  case link
  /// By a URL in the content.
  case next(SelectPath)
  /// By a value in the content that goes into a parameter of the query.
  case cursor(parameter: String, SelectPath)
  /// By a value in the content that goes into a field of the request's content.
  case body(FieldPath, SelectPath)
  /// Pages are numbered by a parameter, and an empty one is the last.
  case page(parameter: String)
  /// A parameter says how many records to leave out, and an empty page is the last.
  case offset(parameter: String)

  private static let names = ["link", "next", "cursor", "body", "page", "offset"]

  /// Reads `link`, `next:PATH`, `cursor:[PARAMETER=]PATH`, `body:FIELD=PATH`, `page[:PARAMETER]`,
  /// `offset[:PARAMETER]`; throws `usage` with a marker below what is wrong.
  ///
  /// - Parameter name: where it was given: `--paginate`.
  public static func parse(_ text: String, of name: String) throws(AdapterError) -> PagingScheme {
    do throws(SyntaxFault) {
      return try parse(text)
    } catch {
      throw error.error(in: text, of: name, topic: "paging")
    }
  }

  private static func parse(_ text: String) throws(SyntaxFault) -> PagingScheme {
    let kind = String(text.prefix { $0 != ":" })
    let hasArgument = kind.utf8.count < text.utf8.count
    let argument = hasArgument ? String(text.dropFirst(kind.count + 1)) : nil
    let offset = kind.utf8.count + 1
    switch kind {
    case "link" where argument == nil: return .link
    case "next": return .next(try path(argument, at: offset))
    case "cursor": return try cursor(argument ?? "", at: offset)
    case "body": return try body(argument ?? "", at: offset)
    case "page": return .page(parameter: try parameter(argument, "page", at: offset))
    case "offset": return .offset(parameter: try parameter(argument, "offset", at: offset))
    default:
      let guess = closestMatch(to: kind, in: names)
      throw SyntaxFault(
        guess.map { $0 == kind ? "nothing goes behind link" : "did you mean '\($0)'?" }
          ?? "expected link, next:PATH, cursor:PATH, body:FIELD=PATH, page or offset", at: 0)
    }
  }

  /// `PATH` or `PARAMETER=PATH`.
  private static func cursor(_ text: String, at offset: Int) throws(SyntaxFault) -> PagingScheme {
    let name = text.prefix { $0 != "=" }
    let isNamed =
      name.utf8.count < text.utf8.count && !name.isEmpty
      && !name.utf8.contains { "$?\"'{}( ".utf8.contains($0) } && !name.hasPrefix(".")
    guard isNamed else { return .cursor(parameter: "cursor", try path(text, at: offset)) }
    let rest = String(text.dropFirst(name.count + 1))
    let path = try path(rest, at: offset + name.utf8.count + 1)
    return .cursor(parameter: String(name), path)
  }

  /// `FIELD=PATH`; the field is one of an item's: `variables[after]`.
  private static func body(_ text: String, at offset: Int) throws(SyntaxFault) -> PagingScheme {
    let name = text.prefix { $0 != "=" }
    guard !name.isEmpty, name.utf8.count < text.utf8.count else {
      throw SyntaxFault("expected FIELD=PATH, such as variables[after]=.cursor", at: offset)
    }
    guard let field = try? FieldPath(String(name)) else {
      throw SyntaxFault("the brackets of the field do not match", at: offset)
    }
    let rest = String(text.dropFirst(name.count + 1))
    return .body(field, try path(rest, at: offset + name.utf8.count + 1))
  }

  private static func path(_ text: String?, at offset: Int) throws(SyntaxFault) -> SelectPath {
    guard let text, !text.isEmpty else {
      throw SyntaxFault("expected a path into the content, such as .meta.next", at: offset)
    }
    do throws(SyntaxFault) {
      var parser = SelectPathParser(text)
      let path = try parser.parseAll()
      guard path.namesOneValue else {
        throw SyntaxFault("the path must lead to one value", at: 0)
      }
      return path
    } catch {
      throw SyntaxFault(error.message, at: offset + error.offset)
    }
  }

  private static func parameter(
    _ text: String?, _ standard: String, at offset: Int
  ) throws(SyntaxFault) -> String {
    guard text != "" else { throw SyntaxFault("expected the name of a parameter", at: offset) }
    return text ?? standard
  }

  /// The path to what says where the next page is; nil where it is not in the content.
  public var contentPath: SelectPath? {
    switch self {
    case .next(let path), .cursor(_, let path), .body(_, let path): path
    case .link, .page, .offset: nil
    }
  }

  /// Whether only an empty page tells that there are no more.
  public var endsWithEmptyPage: Bool {
    switch self {
    case .page, .offset: true
    case .link, .next, .cursor, .body: false
    }
  }
}
