import AdapterCore
import JSON
import Platform

/// One line of a batch: a JSON object that says what to send.
///
///     {"id": 7, "method": "POST", "path": "/users", "query": {"dry": 1},
///      "headers": {"X-Trace": "a"}, "body": {"name": "Ada"}}
public struct BatchRequest {
  /// What the line calls the request, as JSON; nil when it does not. Known as soon as it was read,
  /// also of a line that is then refused.
  public private(set) var id: [UInt8]?
  private var method = "GET"
  private var url: String?
  private var path: String?
  private var query: [(name: String, value: String)] = []
  /// nil: the field is left out.
  private var headers: [(name: String, value: String?)] = []
  private var body: (any HTTPBody)?
  private var contentType: String?
  /// The member that gave the content.
  private var bodyKey: String?

  public init() {}

  private static let keys = [
    "id", "method", "url", "path", "query", "headers", "body", "body_base64", "body_file",
  ]

  // MARK: Reading

  /// Reads a line.
  ///
  /// Throws `data` for one that is no request; `notFound`, `denied` and `io` for a file that it names.
  public mutating func read(
    _ line: BorrowedBytes, _ operation: OperationContext
  ) throws(AdapterError) {
    var scanner = JSONScanner(line)
    var seen: [String] = []
    try Self.json { () throws(JSONError) in
      guard scanner.peekToken() == UInt8(ascii: "{") else {
        throw scanner.error("a request is a JSON object")
      }
      try scanner.enter(0)
    }
    if !scanner.take(UInt8(ascii: "}")) {
      repeat {
        let (key, value) = try Self.json { () throws(JSONError) in
          scanner.skipWhitespace()
          let key = scanner.text(try scanner.scanString())
          try scanner.expectColon()
          return (key, try scanner.skipValue(depth: 1))
        }
        if seen.contains(key) { throw Self.malformed("'\(key)' is given twice") }
        seen.append(key)
        try take(key, UnsafeBufferPointer(rebasing: line[value]), operation)
      } while try Self.json { () throws(JSONError) in
        try scanner.continues(closing: UInt8(ascii: "}"))
      }
    }
    try Self.json { () throws(JSONError) in try scanner.expectEnd() }
  }

  private mutating func take(
    _ key: String, _ value: BorrowedBytes, _ operation: OperationContext
  ) throws(AdapterError) {
    switch key {
    case "id": id = Array(value)
    case "method": method = try Self.method(try Self.text(key, value))
    case "url": url = try Self.text(key, value)
    case "path": path = try Self.text(key, value)
    case "query":
      query = try Self.pairs(key, value).compactMap { name, text in
        text.map { (name, $0) }
      }
    case "headers": headers = try Self.headers(key, value)
    case "body", "body_base64", "body_file": try takeBody(key, value, operation)
    default:
      throw Self.malformed(
        "a request has no member '\(key)'",
        hint: closestMatch(to: key, in: Self.keys).map { "did you mean '\($0)'?" }
          ?? "known: \(Self.keys.joined(separator: ", ")); id may hold any JSON of your own")
    }
  }

  private mutating func takeBody(
    _ key: String, _ value: BorrowedBytes, _ operation: OperationContext
  ) throws(AdapterError) {
    if let bodyKey { throw Self.malformed("both \(bodyKey) and \(key) are given") }
    bodyKey = key
    switch (key, value.first) {
    case ("body", UInt8(ascii: "\"")):
      body = HTTPBytesBody(Array(try Self.text(key, value).utf8))
      contentType = "text/plain; charset=utf-8"
    case ("body", UInt8(ascii: "n")): break
    case ("body", _):
      body = HTTPBytesBody(Array(value))
      contentType = "application/json"
    case ("body_base64", _):
      guard let bytes = Self.bytes(ofBase64: try Self.text(key, value)) else {
        throw Self.malformed("body_base64 is no base64")
      }
      body = HTTPBytesBody(bytes)
      contentType = "application/octet-stream"
    default:
      let path = try Self.text(key, value)
      guard path != "-" else {
        throw Self.malformed("body_file takes a path", hint: "standard input may be the batch")
      }
      body = try FileBody(path: path, operation)
      contentType = MediaType.guess(fileName: path)
    }
  }

  private static func bytes(ofBase64 text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { source in
      var isGood = false
      let bytes = [UInt8](unsafeUninitializedCapacity: source.count + 1) { target, count in
        guard let base = target.baseAddress,
          case .bytes(let decoded) = BytesEncoding.base64.decode(source, into: base)
        else { return }
        count = decoded
        isGood = true
      }
      return isGood ? bytes : nil
    }
  }

  private static func method(_ text: String) throws(AdapterError) -> String {
    guard HTTPHeaders.isValid(name: text, value: ""), text.uppercased() != "CONNECT" else {
      throw malformed("'\(text)' is no method that can be sent")
    }
    return text.uppercased()
  }

  private static func text(_ key: String, _ value: BorrowedBytes) throws(AdapterError) -> String {
    guard value.first == UInt8(ascii: "\"") else { throw malformed("\(key) takes a string") }
    return try json { () throws(JSONError) in
      var scanner = JSONScanner(value)
      return scanner.text(try scanner.scanString())
    }
  }

  /// The members of an object; nil for null, several for an array.
  private static func pairs(
    _ key: String, _ value: BorrowedBytes
  ) throws(AdapterError) -> [(name: String, text: String?)] {
    let document = try json { () throws(JSONError) in try JSONParser.parse(value) }
    guard let object = document.object else { throw malformed("\(key) takes an object") }
    var pairs: [(name: String, text: String?)] = []
    for member in object.members {
      let values: [JSONValue] =
        if case .array(let elements) = member.value { elements } else { [member.value] }
      for value in values {
        switch value {
        case .string(let text): pairs.append((member.key, text))
        case .number(let number): pairs.append((member.key, number.text))
        case .bool(let flag): pairs.append((member.key, flag ? "true" : "false"))
        case .null: pairs.append((member.key, nil))
        case .array, .object:
          throw malformed("the value of '\(member.key)' in \(key) is neither text nor a number")
        }
      }
    }
    return pairs
  }

  private static func headers(
    _ key: String, _ value: BorrowedBytes
  ) throws(AdapterError) -> [(name: String, value: String?)] {
    var headers: [(name: String, value: String?)] = []
    for pair in try pairs(key, value) {
      let text = pair.text.map(HTTPHeaders.trimmed)
      guard HTTPHeaders.isValid(name: pair.name, value: text ?? "") else {
        throw malformed("'\(pair.name)' with its value is no header field")
      }
      headers.append((pair.name, text))
    }
    return headers
  }

  // MARK: The request

  /// The request that the line asks for.
  ///
  /// Throws `data` for a place that is none.
  ///
  /// - Parameters:
  ///   - base: what `path` stands below; nil: lines name whole URLs.
  ///   - fields: header fields of every request, unless the line gives them; by whether the URL is of
  ///     the base's origin.
  public func request(
    below base: HTTPURL?, fields: (_ isOwn: Bool) -> HTTPHeaders
  ) throws(AdapterError) -> HTTPRequest {
    let place = try place(below: base)
    var target = place.url
    for pair in query {
      target = target.appending(queryName: pair.name, value: pair.value)
    }
    var request = HTTPRequest(
      method: method, url: target, headers: fields(base.map { $0.isSameOrigin(target) } ?? true),
      body: body)
    if let contentType { request.headers["Content-Type"] = contentType }
    if let user = place.user {
      let pair = "\(user):\(place.password?.reveal() ?? "")"
      request.headers["Authorization"] = "Basic \(Base64.text(of: Array(pair.utf8)))"
    }
    for field in headers { request.headers.remove(field.name) }
    request.omittedFields = headers.compactMap { $0.value == nil ? $0.name : nil }
    for case (let name, let value?) in headers { request.headers.append(name, value) }
    return request
  }

  private func place(below base: HTTPURL?) throws(AdapterError) -> HTTPURL.WithCredentials {
    do throws(AdapterError) {
      switch (url, path, base) {
      case (let url?, nil, _): return try HTTPURL.parse(url)
      case (nil, let path?, let base?):
        guard path.utf8.first == UInt8(ascii: "/") || path.utf8.first == UInt8(ascii: "?") else {
          throw Self.malformed("path does not begin with /")
        }
        return HTTPURL.WithCredentials(url: try base.appending(path))
      case (nil, nil, let base?): return HTTPURL.WithCredentials(url: base)
      case (nil, .some, nil):
        throw Self.malformed("path needs a target", hint: "name a URL or a profile before the file")
      case (nil, nil, nil): throw Self.malformed("the request has no url")
      case (.some, .some, _): throw Self.malformed("both url and path are given")
      }
    } catch {
      throw AdapterError(.data, error.message, hint: error.hint)
    }
  }

  // MARK: Errors

  private static func json<Result>(
    _ body: () throws(JSONError) -> Result
  ) throws(AdapterError) -> Result {
    do throws(JSONError) {
      return try body()
    } catch {
      var malformed = malformed("no JSON of a request: \(error.message)")
      malformed.position = SourcePosition(line: error.line, column: error.column)
      throw malformed
    }
  }

  private static func malformed(_ message: String, hint: String? = nil) -> AdapterError {
    AdapterError(.data, message, hint: hint)
  }
}
