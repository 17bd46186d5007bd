import AdapterCore
import Platform
import Queues

/// Prints messages as they come.
final class Consumption {
  private let consumer: any MessageConsumer
  private let queues: any MessageQueue
  private let options: ConsumeOptions
  private let acknowledgement: ConsumeOptions.Acknowledgement
  private let context: CommandContext
  private var printed = 0
  private var lost = 0

  init(
    _ consumer: any MessageConsumer, of queues: any MessageQueue, _ options: ConsumeOptions,
    _ acknowledgement: ConsumeOptions.Acknowledgement, _ context: CommandContext
  ) {
    self.consumer = consumer
    self.queues = queues
    self.options = options
    self.acknowledgement = acknowledgement
    self.context = context
  }

  /// Throws `notFound` when a message was waited for and none came.
  func run(_ printer: MessagePrinter) throws(AdapterError) {
    try printer.begin()
    while true {
      let left = options.count.map { $0 - printed } ?? Int.max
      if left == 0 { break }
      let deliveries = try consumer.receive(
        min(options.consumer.prefetch, left), until: limit.earlier(of: context.operation.deadline))
      if deliveries.isEmpty {
        try context.operation.cancellation.check()
        if context.operation.deadline.isPassed { throw context.operation.stopError }
        break
      }
      try take(deliveries, printer)
    }
    try printer.finish()
    if lost > 0 {
      context.operation.note(
        "\(counted(lost, "message")) took longer than the lease, and will be handed out again")
    }
    if printed == 0, let wait = options.wait, !options.drains {
      throw AdapterError(
        .notFound, "no message came within \(wait.secondsText)", hint: "raise --wait")
    }
  }

  /// Until when the next message is waited for.
  private var limit: Deadline {
    if options.drains { return .after(options.wait.map { printed == 0 ? $0 : .zero } ?? .zero) }
    if printed == 0, let wait = options.wait { return .after(wait) }
    return options.idleExit.map { .after($0) } ?? .never
  }

  private func take(
    _ deliveries: [Delivery], _ printer: MessagePrinter
  ) throws(AdapterError) {
    let usedUp = deliveries.filter(options.policy.isUsedUp)
    let good = deliveries.filter { !options.policy.isUsedUp($0) }
    try giveUp(usedUp)
    if acknowledgement == .auto { try settle(good) { _ in .acknowledge } }
    let left = try print(good, printer)
    // Gone from the queue only once it has left nb.
    try printer.flush()
    if acknowledgement == .afterPrint { try settle(left) { _ in .acknowledge } }
    printed += left.count
  }

  /// Prints deliveries, and keeps their leases from ending while what reads is slow; returns those
  /// that were not lost.
  private func print(
    _ deliveries: [Delivery], _ printer: MessagePrinter
  ) throws(AdapterError) -> [Delivery] {
    var own = deliveries
    var index = 0
    var renewal = acknowledgement == .auto ? nil : deliveries.first?.renewalTime
    while index < own.count {
      if let due = renewal, due <= .now {
        let ends = try consumer.extend(own.map(\.receipt))
        for place in own.indices.reversed() {
          own[place].leaseEnd = ends[place]
          // What was printed and is lost comes again; what was not is somebody else's.
          guard ends[place] == nil else { continue }
          lost += 1
          own.remove(at: place)
          if place < index { index -= 1 }
        }
        renewal = own.first?.renewalTime
        guard index < own.count else { break }
      }
      try printer.print(own[index])
      index += 1
    }
    return own
  }

  private func giveUp(_ deliveries: [Delivery]) throws(AdapterError) {
    let outcome = options.policy.outcomeOfUsedUp
    guard let queue = options.policy.deadLetterQueue, !deliveries.isEmpty else {
      return try settle(deliveries) { _ in outcome }
    }
    try queues.publishAll(deliveries.compactMap { $0.deadLetter(of: outcome) }, to: queue)
    try settle(deliveries) { _ in .acknowledge }
  }

  private func settle(
    _ deliveries: [Delivery], _ outcome: (Delivery) -> Settlement.Outcome
  ) throws(AdapterError) {
    guard !deliveries.isEmpty else { return }
    let isOwn = try consumer.settle(
      deliveries.map { Settlement($0.receipt, outcome($0)) })
    lost += isOwn.count { !$0 }
  }
}

extension Delivery {
  /// At a third of the lease, counted from now; nil where nothing ends by time.
  fileprivate var renewalTime: MonotonicInstant? {
    leaseEnd.map { MonotonicInstant.now.advanced(by: $0.since(.now) / 3) }
  }
}
