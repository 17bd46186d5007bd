import AdapterCore
import JSON
import Platform

/// A message as a record that `consume` prints; `MessageRecordReader` reads it again.
public enum MessageRecord {
  // MARK: Out

  /// The columns of a message that was handed out, with those of `extra` in front.
  public static func columns(_ extra: [Column] = []) -> [Column] {
    extra + [
      Column(name: "id", kind: .text), Column(name: "queue", kind: .text),
      Column(name: "attempt", kind: .integer), Column(name: "published_at", kind: .timestamp),
      Column(name: "content_type", kind: .text), Column(name: "headers", kind: .json),
      Column(name: "priority", kind: .integer), Column(name: "key", kind: .text),
      Column(name: "group", kind: .text), Column(name: "encoding", kind: .text),
      Column(name: "body", kind: .text),
    ]
  }

  /// Pushes the cells of `columns`. A body that is no UTF-8 is base64, and `encoding` says so.
  public static func push(_ delivery: Delivery, to sink: any RowSink) {
    let message = delivery.message
    sink.push(.text(delivery.receipt.id))
    sink.push(.text(delivery.queue))
    sink.push(.int(Int64(delivery.attempt)))
    sink.push(time(delivery.publishedAt))
    sink.push(message.contentType.map { .text($0) } ?? .null)
    sink.push(MessageHeader.json(message.headers).map { .json($0) } ?? .null)
    sink.push(.int(Int64(message.priority)))
    sink.push(message.deduplicationKey.map { .text($0) } ?? .null)
    sink.push(message.group.map { .text($0) } ?? .null)
    push(body: message.body, to: sink)
  }

  private static func push(body: [UInt8], to sink: any RowSink) {
    let isText = body.withUnsafeBufferPointer { UTF8Text.firstInvalidOffset(in: $0) == nil }
    if isText {
      sink.null()
      body.withUnsafeBufferPointer { sink.text($0) }
    } else {
      sink.push(.text("base64"))
      sink.push(.text(Base64.text(of: body)))
    }
  }

  public static func time(_ milliseconds: Int64?) -> Value {
    milliseconds.map { .text(UTCTime.iso8601(milliseconds: $0)) } ?? .null
  }
}
