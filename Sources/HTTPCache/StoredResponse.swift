import AdapterCore
import JSON

/// What is known of a stored response beside its content, and as which it stands on the disk.
public struct StoredResponse: Equatable, Sendable {
  public var head: HTTPResponseHead
  /// Seconds since 1970 by this machine's clock.
  public var requestTime: Int64
  public var responseTime: Int64
  /// Host and port, for who looks through the cache. The URL is not kept: it may hold secrets.
  public var host: String
  /// The content's file, in the same folder.
  var bodyName: String
  public var byteCount: Int
  var checksum: String

  /// What a file beside the content holds.
  enum Record: Equatable {
    case response(StoredResponse)
    /// The response is kept by the values of these request fields, in lower case.
    case varies(by: [String])
  }

  private static let mark = "nb-cache-1 "

  /// The record with a checksum in its first line.
  static func encode(_ record: Record) -> [UInt8] {
    let document: JSONValue =
      switch record {
      case .varies(let names): ["vary": .array(names.map { .string($0) })]
      case .response(let response): response.document
      }
    let text = Array(document.text().utf8)
    let sum = text.withUnsafeBufferPointer { Checksum($0).text }
    return Array("\(mark)\(sum)\n".utf8) + text
  }

  /// nil for what is damaged, or not by this version.
  static func decode(_ bytes: [UInt8]) -> Record? {
    let headLength = mark.utf8.count + 17
    guard bytes.count > headLength, bytes.starts(with: mark.utf8) else { return nil }
    let text = bytes[headLength...]
    let sum = text.withUnsafeBufferPointer { Checksum($0).text }
    guard bytes[mark.utf8.count..<headLength].elementsEqual("\(sum)\n".utf8),
      let document = try? JSONParser.parse(Array(text))
    else { return nil }
    if let names = document["vary"]?.array { return .varies(by: names.compactMap(\.string)) }
    return StoredResponse(document).map { .response($0) }
  }

  private var document: JSONValue {
    let fields = head.headers.fields.map { JSONValue.array([.string($0.name), .string($0.value)]) }
    return [
      "status": .number(JSONNumber(Int64(head.status))), "reason": .string(head.reason),
      "version": .string(head.version), "headers": .array(fields),
      "requested": .number(JSONNumber(requestTime)), "received": .number(JSONNumber(responseTime)),
      "host": .string(host), "body": .string(bodyName),
      "size": .number(JSONNumber(Int64(byteCount))), "sum": .string(checksum),
    ]
  }

  private init?(_ document: JSONValue) {
    guard let status = document["status"]?.int64, let reason = document["reason"]?.string,
      let version = document["version"]?.string, let fields = document["headers"]?.array,
      let requested = document["requested"]?.int64, let received = document["received"]?.int64,
      let host = document["host"]?.string, let body = document["body"]?.string,
      let size = document["size"]?.int64, let sum = document["sum"]?.string,
      (100...999).contains(status), !body.contains("/"), size >= 0
    else { return nil }
    var headers = HTTPHeaders()
    for field in fields {
      guard let name = field[0]?.string, let value = field[1]?.string else { return nil }
      headers.append(name, value)
    }
    head = HTTPResponseHead(
      status: Int(status), reason: reason, version: version, headers: headers)
    (requestTime, responseTime, self.host) = (requested, received, host)
    (bodyName, byteCount, checksum) = (body, Int(size), sum)
  }

  init(
    _ head: HTTPResponseHead, requestTime: Int64, responseTime: Int64, host: String,
    bodyName: String, byteCount: Int, checksum: String
  ) {
    self.head = head
    self.requestTime = requestTime
    self.responseTime = responseTime
    self.host = host
    self.bodyName = bodyName
    self.byteCount = byteCount
    self.checksum = checksum
  }
}
