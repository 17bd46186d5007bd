import JSON
import Platform

/// A message as it is published, and as it comes back.
public struct Message: Equatable, Sendable {
  /// Any bytes, none included.
  public var body: [UInt8]
  /// Each name once.
  public var headers: [MessageHeader]
  /// A media type, `application/json`.
  public var contentType: String?
  /// Higher comes first; 0 is usual.
  public var priority: Int
  /// A second message with the same key is not published while the first one is remembered.
  public var deduplicationKey: String?
  /// Messages of one group are worked on one after another, in their order.
  public var group: String?
  /// What an exchange routes by; nil: the queue's name.
  public var routingKey: String?
  /// Not handed out before this time has passed.
  public var delay: Duration?
  /// Not handed out any more after this time; it is a dead letter then.
  public var timeToLive: Duration?

  public init(_ body: [UInt8], headers: [MessageHeader] = [], contentType: String? = nil) {
    self.body = body
    self.headers = headers
    self.contentType = contentType
    priority = 0
  }
}

public struct MessageHeader: Equatable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension MessageHeader {
  /// Headers as a JSON object.
  public static func object(_ headers: [MessageHeader]) -> JSONObject {
    JSONObject(headers.map { .init(key: $0.name, value: .string($0.value)) })
  }

  /// The text of that object; nil for no headers.
  public static func json(_ headers: [MessageHeader]) -> String? {
    guard !headers.isEmpty else { return nil }
    let buffer = OutputBuffer.inMemory()
    buffer.appendJSON(.object(object(headers)))
    return buffer.takeString()
  }

  /// The headers of such a text; none of one that is no object.
  public static func list(_ json: String) -> [MessageHeader] {
    guard case .object(let object)? = try? JSONParser.parse(json) else { return [] }
    return object.members.map { MessageHeader($0.key, $0.value.string ?? "") }
  }
}

/// What a broker said of a message that it accepted.
public struct PublishReceipt: Equatable, Sendable {
  /// The broker's name for the message; nil where it gives none.
  public var id: String?
  /// Whether the message was there already, by its deduplication key.
  public var isDuplicate: Bool

  public init(id: String?, isDuplicate: Bool = false) {
    self.id = id
    self.isDuplicate = isDuplicate
  }
}
