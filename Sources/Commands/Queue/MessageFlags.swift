import AdapterCore
import CLI
import Queues

/// What a message carries besides its body.
enum MessageFlags {
  static let header = FlagSpec(
    "header", short: "H", .repeated(name: "NAME=VALUE"), summary: "A header of the message")

  static let contentType = FlagSpec(
    "content-type", .value(name: "TYPE"), summary: "The body's media type, application/json")

  static let priority = FlagSpec(
    "priority", .value(name: "N"), summary: "0 to 9; higher comes first", defaultText: "0")

  static let delay = FlagSpec(
    "delay", .value(name: "DURATION"), summary: "Hand it out no sooner than that")

  static let timeToLive = FlagSpec(
    "ttl", .value(name: "DURATION"), summary: "A dead letter when nobody has taken it by then")

  static let key = FlagSpec(
    "key", .value(name: "TEXT"), summary: "Publish it once only, however often this is called",
    details: """
      A message with the same key that was published within the queue's window counts as this one: \
      nothing is added, and the exit status is 0.
      """)

  static let group = FlagSpec(
    "group", .value(name: "TEXT"),
    summary: "Messages of one group are worked on one after another")

  static let routingKey = FlagSpec(
    "routing-key", .value(name: "TEXT"), summary: "What an exchange routes by (RabbitMQ)")

  static let all = [
    header, contentType, priority, delay, timeToLive, key, group, routingKey,
  ]

  /// A message without a body that carries what the flags say.
  static func template(_ invocation: Invocation) throws(AdapterError) -> Message {
    var message = Message([])
    for text in invocation.strings(header) { message.headers.append(try parse(text)) }
    let names = message.headers.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw AdapterError(.usage, "header '\(twice)' is given twice")
    }
    message.contentType = invocation.string(contentType)
    message.priority = try invocation.int(priority, in: 0...9) ?? 0
    message.delay = try invocation.duration(delay)
    message.timeToLive = try invocation.duration(timeToLive)
    message.deduplicationKey = invocation.string(key)
    message.group = invocation.string(group)
    message.routingKey = invocation.string(routingKey)
    return message
  }

  private static func parse(_ text: String) throws(AdapterError) -> MessageHeader {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw AdapterError(.usage, "--header takes NAME=VALUE, not '\(text)'")
    }
    return MessageHeader(String(parts[0]), String(parts[1]))
  }
}
