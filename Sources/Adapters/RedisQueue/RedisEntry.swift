import AdapterCore

/// A message as the fields of a stream's entry.
struct RedisEntry {
  var message = Message([])
  /// Of a dead letter, what became of it.
  var id = ""
  var group = ""
  var attempts = 0
  var reason = ""
  var output: String?

  /// - Parameter fields: names and values by turns; each name is one byte.
  init(_ fields: RedisReply) {
    var index = 0
    while index + 1 < fields.count {
      read(fields[index].singleByte, fields[index + 1])
      index += 2
    }
  }

  private mutating func read(_ name: UInt8, _ value: RedisReply) {
    switch name {
    case UInt8(ascii: "b"): message.body = value.bytes
    case UInt8(ascii: "c"): message.contentType = value.text
    case UInt8(ascii: "h"): message.headers = MessageHeader.list(value.text)
    case UInt8(ascii: "g"): message.group = value.text
    case UInt8(ascii: "k"): message.deduplicationKey = value.text
    case UInt8(ascii: "p"): message.priority = Int(value.text) ?? 0
    case UInt8(ascii: "i"): id = value.text
    case UInt8(ascii: "G"): group = value.text
    case UInt8(ascii: "n"): attempts = Int(value.text) ?? 0
    case UInt8(ascii: "r"): reason = value.text
    case UInt8(ascii: "o"): output = value.text
    default: break
    }
  }

  /// When an entry was made: its name begins with the milliseconds since 1970.
  static func time(of id: String) -> Int64? { Int64(id.prefix { $0 != "-" }) }
}
