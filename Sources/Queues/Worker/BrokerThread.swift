import AdapterCore
import Platform

/// The thread that talks to the broker, so that a slow broker holds up no work, and slow work no
/// heartbeat.
///
/// The worker leaves orders and finds news; its wake event says that there are some.
final class BrokerThread: @unchecked Sendable {
  /// What the worker wants.
  struct Orders {
    /// Published before anything is settled.
    var replies: [(message: Message, queue: String)] = []
    /// Likewise, and a failure to publish them is one of the broker.
    var deadLetters: [(message: Message, queue: String)] = []
    var settlements: [Settlement] = []
    var extensions: [DeliveryReceipt] = []
    /// Messages to receive.
    var wanted = 0
    /// How long is waited for the first of them.
    var wait = Duration.zero
    var ends = false

    var isEmpty: Bool {
      replies.isEmpty && deadLetters.isEmpty && settlements.isEmpty && extensions.isEmpty
        && wanted == 0 && !ends
    }
  }

  /// What came of it.
  struct News {
    var deliveries: [Delivery] = []
    /// Of settlements, whether the delivery was still this consumer's.
    var settled: [(settlement: Settlement, isOwn: Bool)] = []
    var extended: [(receipt: DeliveryReceipt, leaseEnd: MonotonicInstant?)] = []
    /// Whether there was no message to be had the last time.
    var isDry = false
    var failure: AdapterError?
    var hasEnded = false
  }

  let wake = WakeEvent()
  private let consumer: any MessageConsumer
  private let queues: any MessageQueue
  private let condition = Condition()
  /// Guarded by the condition, as is `news`.
  private var orders = Orders()
  private var news = News()
  /// Since when the thread carries out what it was told; nil while it has nothing to do.
  private var begin: MonotonicInstant?

  /// The consumer and its connection are used by this thread alone from now on.
  init(_ consumer: any MessageConsumer, of queues: any MessageQueue) throws(AdapterError) {
    self.consumer = consumer
    self.queues = queues
    do throws(Errno) {
      _ = try Thread(name: "nb broker") { self.run() }
    } catch {
      throw AdapterError(
        .unavailable, "cannot start a thread: \(error.message)", code: error.name)
    }
  }

  // MARK: The worker's side

  /// Adds to the orders.
  func order(_ change: (inout Orders) -> Void) {
    condition.withLock {
      change(&orders)
      condition.wakeAll()
    }
  }

  /// Since when the broker has not answered; nil when it is not asked.
  var busySince: MonotonicInstant? { condition.withLock { begin } }

  /// All news since the last call.
  func takeNews() -> News {
    wake.clear()
    return condition.withLock {
      let taken = news
      news = News()
      news.hasEnded = taken.hasEnded
      return taken
    }
  }

  // MARK: The thread's side

  private func run() {
    var failure: AdapterError?
    while true {
      let order = nextOrder()
      do throws(AdapterError) {
        if failure == nil { try carryOut(order) }
      } catch {
        failure = error
        post { $0.failure = error }
      }
      if order.ends { break }
    }
    consumer.close()
    post { $0.hasEnded = true }
  }

  private func nextOrder() -> Orders {
    condition.withLock {
      begin = nil
      while orders.isEmpty { condition.wait() }
      // Waiting for messages is no work.
      begin = MonotonicInstant.now.advanced(by: orders.wait)
      let taken = orders
      orders = Orders()
      return taken
    }
  }

  private func carryOut(_ order: Orders) throws(AdapterError) {
    for (message, queue) in order.replies {
      do throws(AdapterError) {
        try queues.publishAll([message], to: queue, isStoppable: false)
      } catch {
        // Who asked is gone.
        guard error.kind == .notFound else { throw error }
      }
    }
    for (message, queue) in order.deadLetters {
      try queues.publishAll([message], to: queue, isStoppable: false)
    }
    if !order.settlements.isEmpty {
      let isOwn = try consumer.settle(order.settlements)
      post { $0.settled += zip(order.settlements, isOwn).map { ($0, $1) } }
    }
    if !order.extensions.isEmpty {
      let ends = try consumer.extend(order.extensions)
      post { $0.extended += zip(order.extensions, ends).map { ($0, $1) } }
    }
    guard order.wanted > 0, !order.ends else { return }
    let deliveries: [Delivery]
    do throws(AdapterError) {
      deliveries = try consumer.receive(order.wanted, until: .after(order.wait))
    } catch {
      guard error.kind == .cancelled || error.kind == .timeout else { throw error }
      // The worker knows, and gives back what it has.
      deliveries = []
    }
    post {
      $0.deliveries += deliveries
      $0.isDry = deliveries.isEmpty
    }
  }

  private func post(_ change: (inout News) -> Void) {
    condition.withLock { change(&news) }
    wake.set()
  }
}
