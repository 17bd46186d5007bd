/// A request in the one form that both sides hash.
struct AWSCanonicalRequest {
  let text: String
  /// The signed fields' names, parted by semicolons.
  let signedNames: String

  /// Fields that libcurl or a proxy may change on the way, and the signature itself.
  private static let unsignedNames: Set<String> = [
    "authorization", "accept-encoding", "connection", "expect", "proxy-authorization", "te",
    "transfer-encoding", "user-agent", "x-amzn-trace-id",
  ]

  /// - Parameter keepsPath: the path is encoded once and its segments count as they are, as S3 has it;
  ///   other services take it without `.`, `..` and `//`, and encode what was sent.
  init(_ request: HTTPRequest, payloadHash: String, keepsPath: Bool) {
    let path =
      keepsPath
      ? Self.encoded(request.url.path, decodesFirst: true, keepsSlash: true)
      : Self.encoded(
        Self.normalized(request.url.path), decodesFirst: false, keepsSlash: true)
    let query = Self.queryPairs(request.url.query ?? "").sorted(by: Self.precedes)
    let fields = Self.signedFields(request)
    signedNames = fields.map(\.name).joined(separator: ";")
    text =
      ([request.method, path, query.joined(separator: "&")]
      + fields.map { "\($0.name):\($0.value)" } + ["", signedNames, payloadHash])
      .joined(separator: "\n")
  }

  /// The pairs of a query, each encoded once; one without a value has an empty one.
  static func queryPairs(_ query: String) -> [String] {
    query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      let value = pair.dropFirst(name.count + 1)
      return encoded(String(Substring(name)), decodesFirst: true, keepsSlash: false) + "="
        + encoded(String(Substring(value)), decodesFirst: true, keepsSlash: false)
    }
  }

  /// By name, then by value: `=` would not sort as the end of a name does.
  private static func precedes(_ one: String, _ other: String) -> Bool {
    let (left, right) = (one.utf8, other.utf8)
    let names = (left.prefix { $0 != 0x3D }, right.prefix { $0 != 0x3D })
    if !names.0.elementsEqual(names.1) { return names.0.lexicographicallyPrecedes(names.1) }
    return left.lexicographicallyPrecedes(right)
  }

  /// Lower-case names in their order, the values of one name joined, runs of spaces one space.
  private static func signedFields(_ request: HTTPRequest) -> [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    if !request.headers.contains("Host") { fields.append(("host", request.url.authority)) }
    for field in request.headers.fields {
      let name = field.name.lowercased()
      guard !unsignedNames.contains(name) else { continue }
      let words = field.value.split { $0 == " " || $0 == "\t" }
      let value = words.joined(separator: " ")
      if let index = fields.firstIndex(where: { $0.name == name }) {
        fields[index].value += "," + value
      } else {
        fields.append((name, value))
      }
    }
    return fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Without empty and dot segments (RFC 3986, section 5.2.4); a slash at the end stays.
  private static func normalized(_ path: String) -> String {
    var segments: [Substring] = []
    for part in path.split(separator: "/") {
      switch part {
      case ".": break
      case "..": _ = segments.popLast()
      default: segments.append(part)
      }
    }
    let isFolder = path.hasSuffix("/") && !segments.isEmpty
    return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
  }

  /// The text with all but unreserved characters percent-encoded.
  ///
  /// - Parameter decodesFirst: whether what is encoded already is not encoded again.
  private static func encoded(_ text: String, decodesFirst: Bool, keepsSlash: Bool) -> String {
    let bytes = Array(text.utf8)
    return PercentEncoding.encode(
      decodesFirst ? PercentEncoding.decodeLeniently(bytes) : bytes,
      allowed: keepsSlash ? "/" : "")
  }
}
