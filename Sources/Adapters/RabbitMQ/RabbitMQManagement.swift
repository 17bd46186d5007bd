import AdapterCore
import JSON
import Platform

/// The management plugin's HTTP API, for what AMQP cannot tell: which queues there are, and how many
/// messages are being worked on. Its figures may be some seconds old.
final class RabbitMQManagement {
  /// Without a slash at its end.
  private let base: String
  private let authorization: String
  private let virtualHost: String
  private let client: LazyHTTPClient

  /// User and password are those of the URL, or else the broker's.
  init(
    _ url: String, _ settings: RabbitMQSettings, _ client: LazyHTTPClient
  ) throws(AdapterError) {
    let parsed = try HTTPURL.parse(url)
    let text = parsed.url.description
    base = text.hasSuffix("/") ? String(text.dropLast()) : text
    let user = parsed.user ?? settings.user
    let password = (parsed.user == nil ? settings.password : parsed.password)?.reveal() ?? ""
    authorization = "Basic " + Base64.text(of: Array("\(user):\(password)".utf8))
    virtualHost = Self.pathEncoded(settings.virtualHost)
    self.client = client
  }

  /// Of a person: in the order of their names, without what nb keeps beside them.
  func queues() throws(AdapterError) -> [String] {
    let answer = try get("/queues/\(virtualHost)?columns=name")
    let names = (answer.array ?? []).compactMap { $0["name"]?.string }
    let owners = Set(names.compactMap(RabbitMQNames.owner))
    // A group of a queue is listed with it.
    return owners.filter { name in
      guard let range = name.firstRange(of: ":group:") else { return true }
      return !names.contains(RabbitMQNames.groups(String(name[..<range.lowerBound])))
    }.sorted()
  }

  /// Adds what is known of a queue of the broker.
  func complete(_ figures: inout QueueStatistics, _ queue: String) throws(AdapterError) {
    let answer = try get("/queues/\(virtualHost)/\(Self.pathEncoded(queue))")
    figures.inFlight = answer["messages_unacknowledged"]?.int64.map { Int($0) }
    guard let published = answer["head_message_timestamp"]?.int64 else { return }
    let age = millisecondsSince1970().subtractingClamping(published.multipliedClamping(by: 1000))
    figures.oldestAge = .milliseconds(max(0, age))
  }

  /// As forms encode it, but that a plus in a path is none of their spaces.
  private static func pathEncoded(_ text: String) -> String {
    HTTPURL.formEncoded(text).split(separator: "+", omittingEmptySubsequences: false)
      .joined(separator: "%20")
  }

  private func get(_ path: String) throws(AdapterError) -> JSONValue {
    let content = Content()
    let exchange = HTTPExchange(
      HTTPRequest(
        url: try HTTPURL.parse(base + "/api" + path).url,
        headers: HTTPHeaders([.init("Authorization", authorization)])),
      into: content)
    exchange.maximumBytes = 64 << 20
    let head = try client.send(exchange).head
    guard head.isSuccess else {
      throw AdapterError(
        head.status == 401 || head.status == 403 ? .denied : .failed,
        "the management plugin at \(base) answered \(head.status) \(head.reason)",
        code: "HTTP \(head.status)",
        hint: head.status == 404
          ? nil : "the user needs the tag monitoring or management: rabbitmqctl set_user_tags")
    }
    do throws(JSONError) {
      return try JSONParser.parse(content.bytes)
    } catch {
      throw AdapterError(
        .protocolViolation, "the management plugin at \(base) did not answer with JSON",
        hint: "management=URL is where its web pages are: http://HOST:15672")
    }
  }

  private final class Content: HTTPResponseSink {
    var bytes: [UInt8] = []
    func begin(_ head: HTTPResponseHead, of request: HTTPRequest) { bytes = [] }
    func write(_ bytes: BorrowedBytes) { self.bytes.append(contentsOf: bytes) }
  }
}
