import AdapterCore
import JSON
import Platform

/// The cookies of an exchange as HAR has them, each by itself.
enum HARCookies {
  /// Of the Cookie fields of a request.
  static func sent(_ headers: HTTPHeaders, _ redaction: HARRedaction) -> JSONValue {
    let pairs = headers.values("Cookie").flatMap { $0.split(separator: ";") }
    return .array(
      pairs.map { pair in
        let (name, value) = split(pair)
        return ["name": .string(name), "value": .string(redaction.secret(value))]
      })
  }

  /// Of the Set-Cookie fields of a response, with the attributes that HAR knows.
  static func set(_ headers: HTTPHeaders, _ redaction: HARRedaction) -> JSONValue {
    .array(
      headers.values("Set-Cookie").map { field in
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        let (name, value) = split(parts[0])
        var members: [(String, JSONValue)] = [
          ("name", .string(name)), ("value", .string(redaction.secret(value))),
        ]
        for part in parts.dropFirst() { if let member = attribute(part) { members.append(member) } }
        return HAREntry.object(members)
      })
  }

  private static func attribute(_ part: Substring) -> (String, JSONValue)? {
    let (name, value) = split(part)
    switch name.lowercased() {
    case "path": return ("path", .string(value))
    case "domain": return ("domain", .string(value))
    case "expires":
      return HTTPDate.parse(value).map {
        ("expires", .string(UTCTime.iso8601(milliseconds: $0 * 1000)))
      }
    case "httponly": return ("httpOnly", true)
    case "secure": return ("secure", true)
    default: return nil
    }
  }

  private static func split(_ pair: Substring) -> (name: String, value: String) {
    let end = pair.firstIndex(of: "=") ?? pair.endIndex
    return (HTTPHeaders.trimmed(pair[..<end]), HTTPHeaders.trimmed(pair[end...].dropFirst()))
  }
}
