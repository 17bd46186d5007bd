import AdapterCore
import Foundation
import Platform
import TestSupport

extension QueueBackend {
  static let redis = QueueBackend(name: "redis") {
    RedisBroker(try TestServers.redis.redisAddress(settings: [.ownPrefix()]))
  }

  static let redisOverTLS = QueueBackend(name: "redis over TLS") {
    SignalDisposition.ignoreFailedWrites()
    let server = try TestServers.redis
    let authority = Target.Setting(key: "tls.ca", value: TestServers.authority)
    return RedisBroker(
      server.redisAddress(
        scheme: "rediss", port: try server.tlsPort, settings: [.ownPrefix(), authority]))
  }

  static let redisCluster = QueueBackend(name: "redis cluster") {
    let server = try TestServers.redisCluster
    // The node that is asked first has the queue or has not.
    return RedisBroker(
      server.redisAddress(
        port: try server.ports.randomElement(), settings: [.ownPrefix()]))
  }
}

extension Target.Setting {
  /// A part of a shared server for one test.
  static func ownPrefix() -> Target.Setting {
    Target.Setting(key: "prefix", value: "test-" + UUID().uuidString)
  }
}

extension TestServer {
  /// The address of a Redis server as the user who may do everything.
  func redisAddress(
    scheme: String = "redis", port: Int? = nil, settings: [Target.Setting] = []
  ) -> Target.Address {
    Target.Address(
      scheme: scheme, user: user, password: Secret(password),
      host: "127.0.0.1:\(port ?? self.port)", path: "", settings: settings)
  }
}

private final class RedisBroker: ScratchBroker {
  let address: Target.Address

  init(_ address: Target.Address) { self.address = address }
}
