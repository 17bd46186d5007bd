import AdapterCore

/// Delays: queues through which messages fall, one for each power of two.
///
/// RabbitMQ has no delayed messages, and a time to live on each message would hold up those behind it.
/// So there is a queue for each bit of a delay, whose messages all live as long as the bit says and
/// then go on by dead-lettering to the exchange of the next bit. That exchange routes by the routing
/// key, which is the delay in binary, a word a bit, and then the target. The queues of a virtual host
/// serve all that is delayed there, whoever consumes it.
enum RabbitMQDelay {
  /// The unit is 2^5 ms; the longest delay is just below 2^31 ms.
  private static let bits = 5...30
  private static let due = RabbitMQNames.delayPrefix + "due"
  private static let lost = RabbitMQNames.delayPrefix + "lost"

  /// In milliseconds.
  static let maximum: Int64 = 1 << 31 - 1 << 5

  private static func name(_ bit: Int) -> String {
    RabbitMQNames.delayPrefix + (bit < 10 ? "0" : "") + String(bit)
  }

  /// Where to publish what shall reach `target` so many milliseconds from now, or a little later.
  static func route(_ delay: Int64, to target: String) -> (exchange: String, key: String) {
    let unit: Int64 = 1 << Int64(bits.lowerBound)
    let rounded = min(max(delay, 1) + unit - 1, maximum) & ~(unit - 1)
    var key = ""
    key.reserveCapacity(2 * bits.count + target.utf8.count)
    for bit in bits.reversed() { key += rounded & (1 << Int64(bit)) != 0 ? "1." : "0." }
    let first = bits.last { rounded & (1 << Int64($0)) != 0 } ?? bits.lowerBound
    return (name(first), key + target)
  }

  /// A little longer, so that few bits are set: each costs a way through a queue.
  static func coarse(_ delay: Int64) -> Int64 {
    guard delay > 8 else { return delay }
    let step: Int64 = 1 << Int64(61 - delay.leadingZeroBitCount)
    return (delay + step - 1) & ~(step - 1)
  }

  /// What the exchange of what is due binds a target by.
  static func bindingKey(of target: String) -> String {
    String(repeating: "*.", count: bits.count) + target
  }

  static var dueExchange: String { due }

  /// Makes the queues and exchanges unless they are there.
  static func prepare(_ channel: RabbitMQChannel) throws(AdapterError) {
    // What is due for a queue that is gone is kept, and holds up nobody.
    try channel.declare(exchange: lost, type: "fanout")
    _ = try channel.declare(queue: lost) { [$0.entry("x-queue-type", "quorum")] }
    try channel.bind(queue: lost, to: lost, "")
    for bit in bits { try channel.declare(exchange: name(bit), type: "topic") }
    // Last, as a sign that all is there, but before what routes to it.
    try channel.declare(exchange: due, type: "topic") { [$0.entry("alternate-exchange", lost)] }
    for bit in bits { try prepare(bit, channel) }
    try channel.declare(exchange: ready, type: "fanout")
  }

  /// There once all is.
  private static let ready = RabbitMQNames.delayPrefix + "ready"

  static func isPrepared(_ channel: RabbitMQChannel) throws(AdapterError) {
    try channel.lookUp(exchange: ready)
  }

  private static func prepare(_ bit: Int, _ channel: RabbitMQChannel) throws(AdapterError) {
    let next = bit == bits.lowerBound ? due : name(bit - 1)
    let skipped = String(repeating: "*.", count: bits.upperBound - bit)
    _ = try channel.declare(queue: name(bit)) { arena in
      [
        arena.entry("x-queue-type", "quorum"), arena.entry("x-message-ttl", 1 << Int64(bit)),
        arena.entry("x-dead-letter-exchange", next),
        arena.entry("x-dead-letter-strategy", "at-least-once"),
        arena.entry("x-overflow", "reject-publish"),
      ]
    }
    try channel.bind(queue: name(bit), to: name(bit), skipped + "1.#")
    try channel.bind(exchange: next, to: name(bit), skipped + "0.#")
  }
}
