import AdapterCore
import JSON
import Platform

/// One request with what came of it, on its way into a HAR file.
struct HAREntry {
  let request: HTTPRequest
  private let start = millisecondsSince1970()
  private let begin = MonotonicInstant.now
  var head: HTTPResponseHead?
  var connection: HTTPConnectionInfo?
  var cacheUse: HTTPCacheUse?
  var content = HARContent()
  /// Of content over the wire; nil: not known.
  var receivedBytes: Int?
  /// Why there is no response, or not all of one.
  var failure: String?

  init(_ request: HTTPRequest) { self.request = request }

  func document(_ redaction: HARRedaction) -> JSONValue {
    let phases = HARPhases(
      connection?.timings ?? HTTPTimings(total: MonotonicInstant.now.since(begin)))
    var members: [(String, JSONValue)] = [
      ("startedDateTime", .string(UTCTime.iso8601(milliseconds: start))),
      ("time", Self.number(phases.total)), ("request", requestDocument(redaction)),
      ("response", responseDocument(redaction)), ("cache", [:]), ("timings", phases.document),
    ]
    if let address = connection?.remoteAddress {
      // Without the port, and an IPv6 address without its brackets.
      let host = address.prefix(upTo: address.lastIndex(of: ":") ?? address.endIndex)
      members.append(("serverIPAddress", .string(String(host.filter { !"[]".contains($0) }))))
    }
    if let cacheUse { members.append(("_fromCache", .string(cacheUse.rawValue))) }
    if let failure { members.append(("_error", .string(failure))) }
    return Self.object(members)
  }

  private func requestDocument(_ redaction: HARRedaction) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("method", .string(request.method)), ("url", .string(redaction.url(request.url))),
      ("httpVersion", .string("HTTP/\(head?.version ?? "1.1")")),
      ("cookies", HARCookies.sent(request.headers, redaction)),
      ("headers", headers(request.headers, redaction)),
      ("queryString", query(redaction)), ("headersSize", -1),
    ]
    let body = HARContent(request.body)
    members.append(("bodySize", .number(JSONNumber(Int64(request.body?.byteCount ?? 0)))))
    if request.body != nil {
      let type = request.headers["Content-Type"] ?? ""
      let content = body.members(type: type, redaction)
      let text = content.contains { $0.0 == "text" } ? [] : [("text", "" as JSONValue)]
      members.append(
        ("postData", Self.object([("mimeType", .string(type))] + text + content)))
    }
    return Self.object(members)
  }

  private func responseDocument(_ redaction: HARRedaction) -> JSONValue {
    let type = head?.headers["Content-Type"] ?? ""
    let size = JSONValue.number(JSONNumber(Int64(content.byteCount)))
    return Self.object([
      ("status", .number(JSONNumber(Int64(head?.status ?? 0)))),
      ("statusText", .string(head?.reason ?? "")),
      ("httpVersion", .string(head.map { "HTTP/\($0.version)" } ?? "")),
      ("cookies", HARCookies.set(head?.headers ?? HTTPHeaders(), redaction)),
      ("headers", headers(head?.headers ?? HTTPHeaders(), redaction)),
      (
        "content",
        Self.object(
          [("size", size), ("mimeType", .string(type))] + content.members(type: type, redaction))
      ),
      ("redirectURL", .string(redirectURL(redaction))), ("headersSize", -1),
      ("bodySize", .number(JSONNumber(Int64(receivedBytes ?? -1)))),
    ])
  }

  private func redirectURL(_ redaction: HARRedaction) -> String {
    guard let location = head?.headers["Location"] else { return "" }
    return request.url.resolving(location).map(redaction.url) ?? ""
  }

  private func headers(_ headers: HTTPHeaders, _ redaction: HARRedaction) -> JSONValue {
    .array(
      headers.fields.map { field in
        ["name": .string(field.name), "value": .string(redaction.value(of: field))]
      })
  }

  private func query(_ redaction: HARRedaction) -> JSONValue {
    let text = redaction.url(request.url)
    guard let mark = text.firstIndex(of: "?") else { return .array([]) }
    return .array(
      text[text.index(after: mark)...].split(separator: "&").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        func decoded(_ part: Substring) -> JSONValue {
          .string(PercentEncoding.decode(Array(part.utf8)[...]) ?? String(part))
        }
        return ["name": decoded(parts[0]), "value": parts.count > 1 ? decoded(parts[1]) : ""]
      })
  }

  static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }

  /// Milliseconds, as HAR has all times, with three decimals.
  static func number(_ duration: Duration) -> JSONValue {
    JSONNumber(text: duration.millisecondsText).map(JSONValue.number) ?? 0
  }
}
