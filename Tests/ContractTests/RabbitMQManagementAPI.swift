import Foundation
import TestSupport
import Testing

/// Another program that changes the broker: by its management plugin.
extension RabbitMQBroker {
  /// A call; `VHOST` in its path and body is the virtual host.
  @discardableResult
  func api(_ method: String, _ path: String, _ body: String = "{}") throws -> String {
    let port = try server.setting("management_port")
    let path = path.replacingOccurrences(of: "VHOST", with: virtualHost)
    let result = try NB.run(
      [
        "-fsS", "-u", "nb:nb-secret", "-X", method, "-H", "content-type: application/json", "-d",
        "@-", "http://127.0.0.1:\(port)/api/\(path)",
      ], input: Data(body.replacingOccurrences(of: "VHOST", with: virtualHost).utf8),
      executable: "/usr/bin/curl")
    try #require(result.status == 0, "\(result.errors)")
    return result.output
  }

  /// A queue that nb did not make, with these messages, each with the properties, a JSON object.
  func makeForeignQueue(_ texts: String..., properties: String = "{}") throws {
    try api("PUT", "queues/VHOST/foreign", #"{"durable":true}"#)
    try publishForeign(texts, properties: properties)
  }

  func publishForeign(_ texts: [String], properties: String = "{}") throws {
    for text in texts {
      try api(
        "POST", "exchanges/VHOST/amq.default/publish",
        """
        {"routing_key":"foreign","payload":"\(text)","payload_encoding":"string",
          "properties":\(properties)}
        """)
    }
  }
}
