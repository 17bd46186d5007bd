import AdapterCore
import Platform

/// Takes messages from one queue and publishes them to another.
public final class QueueMove {
  /// Messages that are moved together.
  public static let batch = 500

  private let source: any MessageConsumer
  private let destination: any MessageQueue
  private let queue: String
  public private(set) var moved = 0

  public init(
    source: any MessageConsumer, _ destination: any MessageQueue, _ queue: String
  ) {
    self.source = source
    self.destination = destination
    self.queue = queue
  }

  /// Moves what can be had now, at most `count`; says after each batch how many were moved.
  ///
  /// Throws what publishing reports; what was not accepted goes back.
  public func run(
    count: Int, _ progress: (Int) -> Void
  ) throws(AdapterError) {
    while true {
      let left = count - moved
      guard left > 0 else { return }
      let deliveries = try source.receive(min(left, Self.batch), until: .after(.zero))
      guard !deliveries.isEmpty else { return }
      try move(deliveries)
      progress(moved)
    }
  }

  private func move(_ deliveries: [Delivery]) throws(AdapterError) {
    let messages = deliveries.map { delivery in
      var message = delivery.message
      // A key that is remembered there would make the message vanish.
      message.deduplicationKey = nil
      return message
    }
    for message in messages { try destination.requireFeatures(of: message) }
    // A signal in between would leave messages on both sides.
    let outcomes = try destination.publish(messages, to: queue, isStoppable: false)
    var settlements: [Settlement] = []
    var refusal: AdapterError?
    for (delivery, outcome) in zip(deliveries, outcomes) {
      switch outcome {
      case .success: settlements.append(Settlement(delivery.receipt, .acknowledge))
      case .failure(var error):
        error.details.append("the message \(delivery.receipt.id) stays where it was")
        refusal = refusal ?? error
      }
    }
    moved += try source.settle(settlements).count { $0 }
    if let refusal { throw refusal }
  }

  /// Gives back what was taken and not moved.
  public func close() { source.close() }
}
