import AdapterCore
import JSON
import Platform

/// What a program is told of the message that it works on.
struct JobDescription {
  private let delivery: Delivery
  private let maximumAttempts: Int
  /// ISO 8601; nil: there is none.
  private let deadline: String?

  init(_ delivery: Delivery, _ options: WorkerOptions) {
    self.delivery = delivery
    maximumAttempts = options.policy.retry.attempts
    deadline = options.jobTimeout.map { timeout in
      let end = millisecondsSince1970() + timeout.inNanoseconds / 1_000_000
      return MessageRecord.time(end).string ?? ""
    }
  }

  /// Names that nb gives; headers, which come from whoever publishes, never become variables.
  var variables: [String] {
    [
      "NB_ID=\(delivery.receipt.id)", "NB_QUEUE=\(delivery.queue)",
      "NB_ATTEMPT=\(delivery.attempt)", "NB_MAX_ATTEMPTS=\(maximumAttempts)",
      "NB_DEADLINE=\(deadline ?? "")",
      "NB_CONTENT_TYPE=\(withoutNUL(delivery.message.contentType ?? ""))",
    ]
  }

  private func withoutNUL(_ text: String) -> String { String(text.prefix { $0 != "\0" }) }

  /// All that is known, as one JSON object.
  var json: [UInt8] {
    let message = delivery.message
    var object = JSONObject()
    object["id"] = .string(delivery.receipt.id)
    object["queue"] = .string(delivery.queue)
    object["attempt"] = .number(JSONNumber(Int64(delivery.attempt)))
    object["max_attempts"] = .number(JSONNumber(Int64(maximumAttempts)))
    object["published_at"] = MessageRecord.time(delivery.publishedAt).string.map { .string($0) }
    object["deadline"] = deadline.map { .string($0) }
    object["content_type"] = message.contentType.map { .string($0) }
    object["priority"] = .number(JSONNumber(Int64(message.priority)))
    object["key"] = message.deduplicationKey.map { .string($0) }
    object["group"] = message.group.map { .string($0) }
    object["headers"] = .object(MessageHeader.object(message.headers))
    let buffer = OutputBuffer.inMemory()
    buffer.appendJSON(.object(object))
    buffer.append("\n")
    return buffer.takeBytes()
  }
}
