import AdapterCore
import JSON
import Platform

/// Reads messages that are JSON objects, as `consume` prints them and as a person writes them.
public struct MessageRecordReader {
  /// Keys of what `consume` prints that are the broker's business.
  private static let ignoredKeys = ["id", "queue", "attempt", "published_at"]
  private static let keys = [
    "body", "encoding", "headers", "content_type", "priority", "delay", "ttl", "key", "group",
    "routing_key",
  ]

  /// What an object lacks is taken from it.
  private let template: Message

  public init(template: Message) { self.template = template }

  /// A message, and when it was published if its record says so.
  public struct Record: Sendable {
    public var message: Message
    /// Milliseconds since 1970.
    public var publishedAt: Int64?

    public init(message: Message, publishedAt: Int64? = nil) {
      self.message = message
      self.publishedAt = publishedAt
    }
  }

  /// The message of one object. Throws `data`.
  public func read(_ bytes: [UInt8]) throws(AdapterError) -> Record {
    let object = try Self.object(bytes)
    guard let body = object["body"] else {
      throw AdapterError(.data, "the object has no 'body'", hint: #"such as {"body": "text"}"#)
    }
    var message = template
    if body.string == nil, message.contentType == nil { message.contentType = "application/json" }
    message.body = try Self.body(body, encoding: object["encoding"])
    for member in object.members where member.key != "body" && member.key != "encoding" {
      guard !Self.ignoredKeys.contains(member.key), !member.value.isNull else { continue }
      try Self.set(member, of: &message)
    }
    return Record(message: message, publishedAt: Self.time(object["published_at"]))
  }

  /// nil for what is no time; it matters to a replay alone.
  private static func time(_ value: JSONValue?) -> Int64? {
    guard var text = value?.string else { return nil }
    return text.withUTF8 { TimeText($0) }.map { time in
      time.inUTC.secondsSince1970 * 1000 + Int64(time.nanoseconds / 1_000_000)
    }
  }

  private static func object(_ bytes: [UInt8]) throws(AdapterError) -> JSONObject {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONParser.parse(bytes)
    } catch {
      throw AdapterError(.data, "this is no JSON: \(error.message)")
    }
    guard case .object(let object) = value else {
      throw AdapterError(.data, "this is no JSON object", hint: #"such as {"body": "text"}"#)
    }
    return object
  }

  /// A string is the body itself; anything else is sent as the JSON that it is.
  private static func body(
    _ value: JSONValue, encoding: JSONValue?
  ) throws(AdapterError) -> [UInt8] {
    guard let text = value.string else {
      let buffer = OutputBuffer.inMemory()
      buffer.appendJSON(value)
      return buffer.takeBytes()
    }
    let bytes = Array(text.utf8)
    guard let encoding, !encoding.isNull else { return bytes }
    guard encoding.string == "base64" else {
      throw AdapterError(.data, "'encoding' is base64 or null")
    }
    var decoded = [UInt8](repeating: 0, count: bytes.count)
    let outcome = bytes.withUnsafeBufferPointer { text in
      decoded.withUnsafeMutableBufferPointer { target in
        target.baseAddress.map { BytesEncoding.base64.decode(text, into: $0) }
          ?? .bytes(count: 0)
      }
    }
    guard case .bytes(let count) = outcome else {
      throw AdapterError(.data, "'body' is no base64")
    }
    return Array(decoded[..<count])
  }

  private static func set(
    _ member: JSONObject.Member, of message: inout Message
  ) throws(AdapterError) {
    switch member.key {
    case "content_type": message.contentType = try text(member)
    case "key": message.deduplicationKey = try text(member)
    case "group": message.group = try text(member)
    case "routing_key": message.routingKey = try text(member)
    case "priority": message.priority = try priority(member)
    case "delay": message.delay = try duration(member)
    case "ttl": message.timeToLive = try duration(member)
    case "headers": try addHeaders(member, to: &message)
    default:
      let guess = closestMatch(to: member.key, in: keys)
      throw AdapterError(
        .data, "unknown key '\(member.key)'",
        hint: guess.map { "did you mean '\($0)'?" } ?? "known: \(keys.joined(separator: ", "))")
    }
  }

  private static func addHeaders(
    _ member: JSONObject.Member, to message: inout Message
  ) throws(AdapterError) {
    guard case .object(let headers) = member.value else {
      throw AdapterError(.data, "'headers' is an object")
    }
    for header in headers.members {
      message.headers.removeAll { $0.name == header.key }
      message.headers.append(MessageHeader(header.key, try text(header)))
    }
  }

  private static func text(_ member: JSONObject.Member) throws(AdapterError) -> String {
    guard let text = member.value.string else {
      throw AdapterError(.data, "'\(member.key)' must be a string")
    }
    return text
  }

  private static func priority(_ member: JSONObject.Member) throws(AdapterError) -> Int {
    guard case .number(let number) = member.value, let value = Int(number.text),
      (0...9).contains(value)
    else { throw AdapterError(.data, "'\(member.key)' is a whole number from 0 to 9") }
    return value
  }

  /// A text with its unit, or a number of seconds.
  private static func duration(_ member: JSONObject.Member) throws(AdapterError) -> Duration {
    let text: String? =
      if case .number(let number) = member.value { number.text } else { member.value.string }
    guard let text, let duration = Duration(nbText: text) else {
      throw AdapterError(
        .data, "'\(member.key)' is a duration such as \"30s\", or a number of seconds")
    }
    return duration
  }
}
