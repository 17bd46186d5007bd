import AdapterCore
import AdapterRegistry
import Platform
import TestSupport
import Testing

/// A broker as the contract suite sees it: how to get one with an empty queue, and what differs
/// between brokers, as data. A new broker is one value of this type and one entry of `all`.
struct QueueBackend: Sendable, CustomTestStringConvertible {
  var name: String
  /// A broker of its own, or a part of one that nobody else uses.
  var makeBroker: @Sendable () throws -> any ScratchBroker
  /// How far a time may be off.
  var timeTolerance = Duration.milliseconds(200)

  var testDescription: String { name }

  static let all: [QueueBackend] = [.sqlite]

  static let sqlite = QueueBackend(name: "sqlite", makeBroker: { try SQLiteBroker() })
}

/// A broker for one test.
protocol ScratchBroker: AnyObject, Sendable {
  var address: Target.Address { get }
}

private final class SQLiteBroker: ScratchBroker {
  let directory: TemporaryDirectory
  let address: Target.Address

  init() throws {
    directory = try TemporaryDirectory()
    address = Target.Address(scheme: "sqlite", path: directory.path + "/queues.db")
  }
}

extension ScratchBroker {
  func open(
    _ access: QueueAccess = .create, _ operation: OperationContext = OperationContext()
  ) throws -> any MessageQueue {
    try AdapterRegistry.openQueue(address, access, operation)
  }

  /// A connection, with a queue of these settings.
  func open(queue: String, _ settings: QueueSettings = QueueSettings()) throws -> any MessageQueue {
    let broker = try open()
    try broker.create(queue, settings)
    return broker
  }
}

extension MessageQueue {
  /// Publishes texts and returns the names of the messages.
  @discardableResult
  func publish(texts: String..., to queue: String = "q") throws -> [String] {
    try publish(texts.map { Message(Array($0.utf8)) }, to: queue).map { try $0.get().id ?? "" }
  }

  func consumer(
    _ queue: String = "q", group: String? = nil, lease: Duration? = nil, prefetch: Int = 100
  ) throws -> any MessageConsumer {
    try makeConsumer(of: queue, ConsumerOptions(group: group, lease: lease, prefetch: prefetch))
  }
}

extension MessageConsumer {
  /// What can be had within a moment.
  func receiveNow(_ count: Int = 100) throws -> [Delivery] {
    try receive(count, until: .after(.milliseconds(100)))
  }

  func acknowledge(_ deliveries: [Delivery]) throws -> [Bool] {
    try settle(deliveries.map { Settlement($0.receipt, .acknowledge) })
  }
}

extension Delivery {
  var text: String { String(decoding: message.body, as: UTF8.self) }
}
