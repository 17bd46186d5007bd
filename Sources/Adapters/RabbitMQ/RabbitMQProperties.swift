import AdapterCore
import CRabbitMQ
import Platform

/// What is known of a message beside what its publisher said.
struct RabbitMQFacts {
  var id: String?
  /// Milliseconds since 1970.
  var publishedAt: Int64?
  /// When it expires; nil: never, or when the broker says so.
  var expiresAt: Int64?
  /// The time that the publisher gave it, of a message that was not delayed.
  var timeToLive: Int64?
  /// Attempts that were counted in it: those that failed. What a publisher claims is bounded, so that
  /// it can be counted on.
  var attempts = 0
  /// How often it was delivered in vain since it was last published (x-delivery-count).
  var deliveries = 0
  /// By which its publisher knows it again when it is returned; nil: by the id.
  var mark: Int64?
  /// Why it is a dead letter, and since when.
  var reason: String?
  var output: String?
  var diedAt: Int64?
}

/// Messages as the properties and headers of AMQP, and back.
///
/// What has a property in AMQP is one, so that other clients understand it: content type, message ID,
/// time, priority, expiration, and the headers `reply-to` and `correlation-id`. What is nb's own
/// business are headers that begin with `nb-`.
enum RabbitMQProperties {
  private enum Header {
    static let attempts = "nb-attempts"
    static let expiry = "nb-expires-at"
    static let reason = "nb-reason"
    static let output = "nb-output"
    static let death = "nb-died-at"
    static let mark = "nb-mark"
    static let deliveryCount = "x-delivery-count"
    static let deaths = "x-death"
    static let replyTo = "reply-to"
    static let correlation = "correlation-id"
  }

  private static let persistent: UInt8 = 2

  // MARK: - Out

  /// The properties of a message; what they point to lives as long as the arena's content.
  static func make(
    _ message: Message, _ facts: RabbitMQFacts, _ arena: ByteArena
  ) -> amqp_basic_properties_t {
    var properties = amqp_basic_properties_t()
    properties.delivery_mode = persistent
    var flags = AMQP_BASIC_DELIVERY_MODE_FLAG
    if let id = facts.id {
      properties.message_id = arena.bytes(id)
      flags |= AMQP_BASIC_MESSAGE_ID_FLAG
    }
    if let time = facts.publishedAt {
      properties.timestamp = UInt64(max(0, time / 1000))
      flags |= AMQP_BASIC_TIMESTAMP_FLAG
    }
    if let type = message.contentType {
      properties.content_type = arena.bytes(type)
      flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
    }
    if message.priority != 0 {
      properties.priority = UInt8(clamping: message.priority)
      flags |= AMQP_BASIC_PRIORITY_FLAG
    }
    if let time = facts.timeToLive {
      properties.expiration = arena.bytes(String(time))
      flags |= AMQP_BASIC_EXPIRATION_FLAG
    }
    let entries = headers(message, facts, arena, &properties, &flags)
    if !entries.isEmpty {
      properties.headers = arena.table(entries)
      flags |= AMQP_BASIC_HEADERS_FLAG
    }
    properties._flags = amqp_flags_t(flags)
    return properties
  }

  private static func headers(
    _ message: Message, _ facts: RabbitMQFacts, _ arena: ByteArena,
    _ properties: inout amqp_basic_properties_t, _ flags: inout Int32
  ) -> [amqp_table_entry_t] {
    var entries: [amqp_table_entry_t] = []
    for header in message.headers {
      if header.name == Header.replyTo, header.value.utf8.count < 256 {
        properties.reply_to = arena.bytes(header.value)
        flags |= AMQP_BASIC_REPLY_TO_FLAG
      } else if header.name == Header.correlation, header.value.utf8.count < 256 {
        properties.correlation_id = arena.bytes(header.value)
        flags |= AMQP_BASIC_CORRELATION_ID_FLAG
      } else {
        entries.append(arena.entry(header.name, header.value))
      }
    }
    if facts.attempts > 0 { entries.append(arena.entry(Header.attempts, Int64(facts.attempts))) }
    if let time = facts.expiresAt { entries.append(arena.entry(Header.expiry, time)) }
    if let reason = facts.reason { entries.append(arena.entry(Header.reason, reason)) }
    if let output = facts.output { entries.append(arena.entry(Header.output, output)) }
    if let time = facts.diedAt { entries.append(arena.entry(Header.death, time)) }
    if let mark = facts.mark { entries.append(arena.entry(Header.mark, mark)) }
    return entries
  }

  /// Whether a frame of so many bytes holds them, and short strings are short (AMQP 0-9-1, 4.2.5).
  static func fit(_ properties: amqp_basic_properties_t, into frameBytes: Int) -> Bool {
    // The frame's own 8 bytes, the 12 before the properties, their flags, mode, priority and time.
    var size = 8 + 12 + 2 + 1 + 1 + 8
    var isShort = true
    func addShort(_ text: amqp_bytes_t) {
      size += 1 + text.len
      if text.len > 255 { isShort = false }
    }
    // What is not set is empty.
    addShort(properties.content_type)
    addShort(properties.correlation_id)
    addShort(properties.reply_to)
    addShort(properties.expiration)
    addShort(properties.message_id)
    size += 4
    for entry in properties.headers.all {
      addShort(entry.key)
      let isText = entry.value.kind == UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
      size += 1 + (isText ? 4 + entry.value.value.bytes.len : 8)
    }
    return isShort && size <= frameBytes
  }

  // MARK: - In

  static func read(_ properties: amqp_basic_properties_t) -> (Message, RabbitMQFacts) {
    var message = Message([])
    var facts = RabbitMQFacts()
    let flags = Int32(bitPattern: properties._flags)
    func has(_ flag: Int32) -> Bool { flags & flag != 0 }
    if has(AMQP_BASIC_CONTENT_TYPE_FLAG) { message.contentType = properties.content_type.text }
    if has(AMQP_BASIC_PRIORITY_FLAG) { message.priority = Int(properties.priority) }
    if has(AMQP_BASIC_HEADERS_FLAG) { read(properties.headers, &message, &facts) }
    if has(AMQP_BASIC_REPLY_TO_FLAG) {
      message.headers.append(MessageHeader(Header.replyTo, properties.reply_to.text))
    }
    if has(AMQP_BASIC_CORRELATION_ID_FLAG) {
      message.headers.append(MessageHeader(Header.correlation, properties.correlation_id.text))
    }
    if has(AMQP_BASIC_MESSAGE_ID_FLAG) { facts.id = properties.message_id.text }
    if has(AMQP_BASIC_TIMESTAMP_FLAG) {
      facts.publishedAt = Int64(clamping: properties.timestamp).multipliedClamping(by: 1000)
    }
    // Of messages of nb, to the millisecond.
    if let time = facts.id.flatMap(MessageID.time) { facts.publishedAt = time }
    if has(AMQP_BASIC_EXPIRATION_FLAG), let time = Int64(properties.expiration.text) {
      facts.timeToLive = time
    }
    return (message, facts)
  }

  private static func read(
    _ table: amqp_table_t, _ message: inout Message, _ facts: inout RabbitMQFacts
  ) {
    for entry in table.all {
      let name = entry.key.text
      switch name {
      case Header.attempts: facts.attempts = entry.value.count
      case Header.deliveryCount: facts.deliveries = entry.value.count
      case Header.mark: facts.mark = entry.value.integer
      case Header.expiry: facts.expiresAt = entry.value.integer
      case Header.reason: facts.reason = entry.value.text
      case Header.output: facts.output = entry.value.text
      case Header.death: facts.diedAt = entry.value.integer
      case Header.deaths: readDeath(entry.value, &facts)
      default:
        // What the broker adds is no header of the publisher.
        guard !name.hasPrefix("x-first-death"), !name.hasPrefix("x-last-death"),
          let text = entry.value.text
        else { continue }
        message.headers.append(MessageHeader(name, text))
      }
    }
  }

  /// The last time that the broker made it a dead letter; being late on purpose is none.
  private static func readDeath(_ deaths: amqp_field_value_t, _ facts: inout RabbitMQFacts) {
    guard deaths.kind == UInt8(AMQP_FIELD_KIND_ARRAY.rawValue), facts.reason == nil else { return }
    let array = deaths.value.array
    for death in UnsafeBufferPointer(start: array.entries, count: Int(array.num_entries)) {
      guard death.kind == UInt8(AMQP_FIELD_KIND_TABLE.rawValue) else { continue }
      let entries = death.value.table.all
      let queue = entries.first { $0.key.text == "queue" }?.value.text ?? ""
      guard !queue.hasPrefix(RabbitMQNames.delayPrefix) else { continue }
      facts.reason = entries.first { $0.key.text == "reason" }?.value.text.map(reason)
      facts.diedAt = entries.first { $0.key.text == "time" }?.value.integer?
        .multipliedClamping(by: 1000)
      return
    }
  }

  private static func reason(_ word: String) -> String {
    switch word {
    case "delivery_limit": "attempts ended without a word: a crash, over and over"
    case "maxlen": "the queue was full"
    default: word
    }
  }
}

extension amqp_field_value_t {
  /// nil for what is no whole number.
  fileprivate var integer: Int64? {
    switch amqp_field_value_kind_t(rawValue: UInt32(kind)) {
    case AMQP_FIELD_KIND_I8: Int64(value.i8)
    case AMQP_FIELD_KIND_U8: Int64(value.u8)
    case AMQP_FIELD_KIND_I16: Int64(value.i16)
    case AMQP_FIELD_KIND_U16: Int64(value.u16)
    case AMQP_FIELD_KIND_I32: Int64(value.i32)
    case AMQP_FIELD_KIND_U32: Int64(value.u32)
    case AMQP_FIELD_KIND_I64: value.i64
    case AMQP_FIELD_KIND_U64, AMQP_FIELD_KIND_TIMESTAMP: Int64(clamping: value.u64)
    default: nil
    }
  }

  /// How often something was, of a header that anybody can set.
  fileprivate var count: Int { Int(Int32(clamping: max(0, integer ?? 0))) }

  /// As a header of a message; nil for tables and lists.
  fileprivate var text: String? {
    switch amqp_field_value_kind_t(rawValue: UInt32(kind)) {
    case AMQP_FIELD_KIND_UTF8, AMQP_FIELD_KIND_BYTES: value.bytes.text
    case AMQP_FIELD_KIND_BOOLEAN: value.boolean != 0 ? "true" : "false"
    case AMQP_FIELD_KIND_F32: "\(value.f32)"
    case AMQP_FIELD_KIND_F64: "\(value.f64)"
    default: integer.map(String.init)
    }
  }
}
