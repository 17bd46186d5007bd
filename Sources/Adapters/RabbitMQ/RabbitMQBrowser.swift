import AdapterCore
import Platform

/// Takes messages of one queue by asking for each (basic.get), and gives back at its end those that
/// were not acknowledged.
final class RabbitMQBrowser: RabbitMQReceiver {
  /// Requests that are on their way at most.
  private static let pipeline = 64
  /// How long messages that were given back may take to be there again.
  private static let returnPatience = Duration.seconds(2)

  private let queue: String
  private let channel: RabbitMQChannel
  private var contents: [RabbitMQContent] = []
  private var unanswered = 0
  /// Messages that were received and not acknowledged.
  private var openCount = 0
  private var isEmpty = false

  init(_ queue: String, over connection: RabbitMQConnection) throws(AdapterError) {
    self.queue = queue
    channel = try connection.openChannel()
    channel.receiver = self
  }

  func close() {
    // A channel that ends with messages counts as their failure; giving back, since 4.0, does not.
    try? channel.releaseAll()
    channel.close()
  }

  /// Gives back what was not acknowledged, and waits for it to be there again: nobody who looks next is
  /// to find nothing. The broker says nothing when it has returned messages.
  ///
  /// - Parameter consumers: that the queue had before; they may take what comes back.
  func giveBack(to consumers: Int) throws(AdapterError) {
    guard openCount > 0 else { return }
    try channel.releaseAll()
    let limit = Deadline.after(Self.returnPatience)
    while !limit.isPassed {
      let now = try channel.lookUp(queue: queue)
      // A quorum queue counts whoever holds a message of his asking as a consumer.
      if now.ready >= openCount || consumers > 0 && now.consumers <= consumers { break }
      sleepFor(.milliseconds(2))
    }
    openCount = 0
  }

  /// The next messages, at most `count`; fewer when there are no more.
  func take(_ count: Int) throws(AdapterError) -> [RabbitMQContent] {
    contents = []
    isEmpty = false
    var asked = 0
    while asked < count || unanswered > 0 {
      while asked < count, unanswered < Self.pipeline, !isEmpty {
        try channel.sendGet(queue)
        asked += 1
        unanswered += 1
      }
      if unanswered == 0 { break }
      _ = try channel.connection.waitForFrame(until: .never, isStoppable: false)
      try channel.requireUsable()
    }
    return contents
  }

  /// Of messages in the order of their arrival; by one frame where no others are open.
  func acknowledge(_ contents: [RabbitMQContent]) throws(AdapterError) {
    guard let last = contents.last else { return }
    if contents.count == openCount {
      try channel.acknowledge(last.tag, multiple: true)
    } else {
      for content in contents { try channel.acknowledge(content.tag, multiple: false) }
    }
    openCount -= contents.count
  }

  func received(_ content: RabbitMQContent) {
    unanswered -= 1
    openCount += 1
    contents.append(content)
  }

  func foundNothing() {
    unanswered -= 1
    isEmpty = true
  }

  func confirmed(_ tag: UInt64, multiple: Bool, isAccepted: Bool) {}
  func wasCancelled() {}
}

/// Looking at messages by taking them and giving them back.
final class RabbitMQPeeking: QueuePeeking {
  /// Messages that are taken together: what they hold is in memory.
  private static let batch = 100

  private let owner: RabbitMQMessageQueue

  init(_ owner: RabbitMQMessageQueue) { self.owner = owner }

  func peek(
    _ queue: String, group: String?, count: Int,
    _ body: (Delivery) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let part = try RabbitMQTopology(owner).part(of: queue, group: group)
    let consumers = try owner.administer { channel throws(AdapterError) in
      try channel.lookUp(queue: part.queue).consumers
    }
    let browser = try RabbitMQBrowser(part.queue, over: try owner.connected())
    defer { browser.close() }
    var left = count
    while left > 0 {
      let contents = try browser.take(min(left, Self.batch))
      for content in contents {
        let facts = content.facts
        try body(
          Delivery(
            receipt: DeliveryReceipt(id: facts.id ?? "", token: ""), queue: queue,
            message: content.message, attempt: facts.attempts, publishedAt: facts.publishedAt))
      }
      if contents.count < min(left, Self.batch) { break }
      left -= contents.count
    }
    try browser.giveBack(to: consumers)
  }
}
