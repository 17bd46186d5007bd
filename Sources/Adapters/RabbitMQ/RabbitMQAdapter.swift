import AdapterCore
import CRabbitMQ
import Platform

/// RabbitMQ, and what else speaks AMQP 0-9-1, as an adapter of the `MessageQueue` port, by
/// librabbitmq, which is loaded on first use.
public enum RabbitMQAdapter {
  public static let schemes = ["amqp", "amqps"]

  public static let library = ClientLibrary(
    "librabbitmq", package: "librabbitmq4", serves: "amqp: and amqps: queues",
    client: nb_rabbitmq,
    version: { amqp_version().map { String(cString: $0) } ?? "" })

  /// Connects to the first host of `address` that answers, and logs in.
  ///
  /// Throws `unavailable` when none answers, `denied` for a wrong password and for a certificate that
  /// is not good, `notFound` for an unknown virtual host, `usage` or `config` for an unknown setting.
  ///
  /// - Parameter http: a client for the management plugin, for what AMQP cannot tell.
  public static func open(
    _ address: Target.Address, _ operation: OperationContext, http: LazyHTTPClient
  ) throws(AdapterError) -> any MessageQueue {
    let start = MonotonicInstant.now
    let settings = try RabbitMQSettings(address)
    try library.require()
    let management = try settings.management.map { url throws(AdapterError) in
      try RabbitMQManagement(url, settings, http)
    }
    let queues = try RabbitMQMessageQueue(
      settings, displayName: address.redacted, management, operation)
    operation.metrics.recordConnect(MonotonicInstant.now.since(start))
    return queues
  }
}
