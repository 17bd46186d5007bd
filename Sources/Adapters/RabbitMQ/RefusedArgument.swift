import CRabbitMQ
import Platform

/// An argument of a queue, as the broker names it when it refuses to declare the queue with another
/// one: `inequivalent arg 'x-expires' for queue 'q' in vhost '/': received none but current is the
/// value '5000' of type 'signedint'`, or `received '255' but current is '9'`.
struct RefusedArgument {
  let name: String
  /// nil: the queue has none.
  let value: String?
  private let isNumber: Bool

  /// nil for a message that says something else.
  init?(_ message: String) {
    guard let name = Self.quoted(message, behind: "inequivalent arg '") else { return nil }
    self.name = name
    value =
      Self.quoted(message, behind: "current is the value '")
      ?? Self.quoted(message, behind: "current is '")
    isNumber = value.map { Int64($0) != nil } ?? false && !message.contains("of type 'longstr'")
  }

  private static func quoted(_ text: String, behind words: String) -> String? {
    guard let start = text.firstRange(of: words) else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "'" })
  }

  func entry(_ arena: ByteArena) -> amqp_table_entry_t {
    let value = value ?? ""
    return isNumber ? arena.entry(name, Int64(value) ?? 0) : arena.entry(name, value)
  }
}
