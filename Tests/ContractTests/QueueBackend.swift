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
  /// A figure that not every broker knows.
  enum Figure: Sendable { case delayed, inFlight, oldestAge }
  /// Those that this one does not.
  var unknownFigures: Set<Figure> = []
  /// How far a time may be off.
  var timeTolerance = Duration.milliseconds(200)

  var testDescription: String { name }

  /// What stands for a figure that is missing: what was expected where the broker does not know.
  func unknown<Value>(_ figure: Figure, _ expected: Value) -> Value? {
    unknownFigures.contains(figure) ? expected : nil
  }

  static let all: [QueueBackend] =
    [.sqlite]
    + (TestServers.areRunning ? [.rabbitmq, .redis, .redisOverTLS, .redisCluster] : [])

  static let sqlite = QueueBackend(name: "sqlite", makeBroker: { try SQLiteBroker() })
}

extension QueueBackend {
  static let rabbitmq = QueueBackend(
    name: "rabbitmq", makeBroker: { try RabbitMQBroker() },
    unknownFigures: [.delayed, .inFlight, .oldestAge])
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

/// A virtual host of the run's broker, or of one that only this test uses.
final class RabbitMQBroker: ScratchBroker {
  let server: TestServer
  let virtualHost = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)

  init(on server: TestServer? = nil) throws {
    self.server = try server ?? TestServers.rabbitmq
    try self.server.create(database: virtualHost)
  }

  deinit { try? server.drop(database: virtualHost) }

  var address: Target.Address { address() }

  /// With these settings, and the management plugin.
  func address(port: Int? = nil, _ settings: [String: String] = [:]) -> Target.Address {
    var settings = settings
    settings["management"] =
      (try? server.setting("management_port")).map { "http://127.0.0.1:\($0)" }
    return Target.Address(
      scheme: "amqp", user: server.user, password: Secret(server.password),
      host: "127.0.0.1:\(port ?? server.port)", path: "/" + virtualHost,
      settings: settings.map { Target.Setting(key: $0.key, value: $0.value) })
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
