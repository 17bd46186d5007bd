/// What the parts of a queue are called in the broker.
///
/// A queue `q` is a queue of that name behind an exchange `q:in`, which groups and taps share; what
/// it gives up goes to `q:dead`. A group is a queue of its own, `q:group:NAME`.
enum RabbitMQNames {
  /// All that belongs to delays, which all queues of a virtual host share.
  static let delayPrefix = "nb.delay."

  /// The exchange that publishers use.
  static func input(_ queue: String) -> String { queue + ":in" }
  /// Of a queue, or of a group's.
  static func dead(_ queue: String) -> String { queue + ":dead" }
  static func group(_ group: String, of queue: String) -> String { queue + ":group:" + group }
  /// Holds the names of the groups, as a message: AMQP cannot list what is bound to an exchange.
  static func groups(_ queue: String) -> String { queue + ":groups" }

  /// Whether this is, or would be, what nb keeps beside a queue.
  static func isInner(_ name: String) -> Bool {
    owner(of: name) != name || name.firstRange(of: ":group:") != nil
  }

  /// The queue of a person that a queue of the broker belongs to; nil for what is nb's own business.
  static func owner(of name: String) -> String? {
    if name.hasPrefix(delayPrefix) || name.hasPrefix("amq.gen-") { return nil }
    if name.hasSuffix(":dead") || name.hasSuffix(":in") { return nil }
    return name.hasSuffix(":groups") ? String(name.dropLast(":groups".utf8.count)) : name
  }
}
