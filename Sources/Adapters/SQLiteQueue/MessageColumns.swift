import AdapterCore
import Platform

/// A message as columns, the same in every table that holds one.
enum MessageColumns {
  /// As `read` takes them.
  static let names =
    "priority, fifo_group, dedupe_key, content_type, headers, body, published_at"

  /// The same of the table `m`.
  static let qualifiedNames =
    "m.priority, m.fifo_group, m.dedupe_key, m.content_type, m.headers, m.body, m.published_at"

  /// The message and when it was published, from the columns of `names` that begin at `index`.
  static func read(_ row: [Value], from index: Int) -> (message: Message, publishedAt: Int64?) {
    var message = Message(row[index + 5].bytes, contentType: row[index + 3].string)
    message.priority = Int(row[index].integer ?? 0)
    message.group = row[index + 1].string
    message.deduplicationKey = row[index + 2].string
    message.headers = row[index + 4].string.map(MessageHeader.list) ?? []
    return (message, row[index + 6].integer)
  }
}

extension Value {
  /// NULL for nil.
  init(_ text: String?) { self = text.map { .text($0) } ?? .null }

  /// The bytes of `bytes`; none of the rest.
  var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }
}
