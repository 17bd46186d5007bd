import AdapterCore

/// Looking at messages: nothing is written.
final class RedisQueuePeeking: QueuePeeking {
  private let owner: RedisMessageQueue

  init(_ owner: RedisMessageQueue) { self.owner = owner }

  func peek(
    _ queue: String, group: String?, count: Int,
    _ body: (Delivery) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let name = try owner.require(group: group, of: queue, try owner.info(of: queue))
    let found = try owner.call(queue, "peek", [name, String(count)])
    for each in found.elements {
      let id = each[1].text
      // One by one: bodies may be large.
      guard let fields = try owner.entry(id, in: each[0].text, of: queue) else { continue }
      try body(
        Delivery(
          receipt: DeliveryReceipt(id: id, token: ""), queue: queue,
          message: RedisEntry(fields).message, attempt: each[2].integer,
          publishedAt: RedisEntry.time(of: id)))
    }
  }
}

extension RedisMessageQueue {
  /// The fields of an entry of a stream; nil when it is gone.
  func entry(
    _ id: String, in stream: String, of queue: String
  ) throws(AdapterError) -> RedisReply? {
    let reply = try client.send(
      RedisCommand("XRANGE", stream, id, id), key: settingsKey(of: queue), operation)
    return reply.count == 1 ? reply[0][1] : nil
  }
}
