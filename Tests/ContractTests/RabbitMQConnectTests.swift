import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// Reaching a broker: hosts, TLS, users, virtual hosts, and what is said when it fails.
@Suite(.needsServers) struct RabbitMQConnectTests {
  private let server: TestServer
  private let tlsPort: Int

  init() throws {
    server = try TestServers.rabbitmq
    tlsPort = try #require(Int(try server.setting("tls_port")))
  }

  private func open(_ url: String) throws -> any MessageQueue {
    guard case .address(let address) = try Target.parse(url) else {
      throw AdapterError(.bug, "\(url) is no URL")
    }
    let queues = try AdapterRegistry.openQueue(address, .write, OperationContext())
    try queues.ping()
    return queues
  }

  private func plain(_ credentials: String = "nb:nb-secret", _ rest: String = "/nb") -> String {
    "amqp://\(credentials)@127.0.0.1:\(server.port)\(rest)"
  }

  private func tls(_ settings: String, host: String = "localhost") -> String {
    "amqps://nb:nb-secret@\(host):\(tlsPort)/nb?\(settings)"
  }

  @Test func everyKindOfFailureHasItsStatus() throws {
    let authority = "cacertfile=\(TestServers.authority)"
    let cases: [(url: String, status: Int32)] = [
      (plain("nb:wrong"), 77), (plain("nobody:x"), 77), (plain("nb_none:nb-secret"), 77),
      (plain("nb:nb-secret", "/no-such-host"), 66),
      ("amqp://nb:nb-secret@127.0.0.1:1/nb", 69),
      ("amqp://nb:nb-secret@no-such-host.invalid/nb", 69),
      (plain() + "?hartbeat=3", 2), (plain() + "?heartbeat=soon", 2),
      (plain() + "?verify=maybe", 2), (plain() + "?auth_mechanism=magic", 2),
      (tls("cacertfile=\(TestServers.otherAuthority)"), 77),
      // The system's authorities do not know the one of the run.
      (tls(""), 77),
      (tls(authority, host: "127.0.0.2"), 77),
      (tls("cacertfile=/nonexistent"), 78),
      (tls("\(authority)&certfile=/nonexistent&keyfile=/nonexistent"), 78),
      (tls("\(authority)&certfile=\(TestServers.clientCertificate)"), 2),
      ("amqps://nb:nb-secret@localhost:\(server.port)/nb?\(authority)", 69),
    ]
    for (url, status) in cases {
      let error = try #require(throws: AdapterError.self, "\(url)") { try open(url) }
      #expect(error.kind.exitStatus == status, "\(url): \(error)")
      #expect(error.hint != nil || status == 2, "\(url): \(error)")
      #expect(!"\(error)".contains("nb-secret"), "\(error)")
    }
  }

  @Test func aMisspeltSettingIsToldWithTheRightOne() throws {
    let error = try #require(throws: AdapterError.self) { try open(plain() + "?hartbeat=3") }
    #expect(error.hint?.contains("heartbeat") == true)
  }

  @Test func aServerOfSomethingElseIsNoBroker() throws {
    let port = try TestServers.nginxWithoutTLS.port
    let error = try #require(throws: AdapterError.self) {
      try open("amqp://nb:nb-secret@127.0.0.1:\(port)/nb?connection_timeout=3000")
    }
    #expect([.protocolViolation, .unavailable].contains(error.kind), "\(error)")
  }

  @Test func aPortOfTLSIsTold() throws {
    let error = try #require(throws: AdapterError.self) {
      try open("amqp://nb:nb-secret@127.0.0.1:\(tlsPort)/nb")
    }
    #expect(error.kind == .unavailable)
    #expect(error.hint?.contains("amqps: is 5671") == true, "\(error)")
  }

  @Test func aBrokerThatStallsEndsWithTheOperation() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    try proxy.fault("stall")
    let target = try Target.parse("amqp://nb:nb-secret@127.0.0.1:\(proxy.port)/nb")
    guard case .address(let address) = target else { throw CancellationError() }
    let operation = OperationContext(deadline: .after(.seconds(2)))
    let error = try #require(throws: AdapterError.self) {
      try AdapterRegistry.openQueue(address, .write, operation)
    }
    #expect(error.kind == .timeout, "\(error)")
  }

  @Test func aSignalWhileTheBrokerStallsIsNoFaultOfTheBroker() throws {
    let proxy = try TestServers.start(.faults, upstream: server)
    try proxy.fault("stall")
    let target = try Target.parse(
      "amqp://nb:nb-secret@127.0.0.1:\(proxy.port)/nb?connection_timeout=2000")
    guard case .address(let address) = target else { throw CancellationError() }
    let operation = OperationContext()
    let stopper = BackgroundTask {
      sleepFor(.milliseconds(500))
      operation.cancellation.cancel(.signal(SIGINT))
    }
    let error = try #require(throws: AdapterError.self) {
      try AdapterRegistry.openQueue(address, .write, operation)
    }
    #expect(error.kind == .cancelled, "\(error)")
    try stopper.finish()
  }

  @Test func hostsAreTriedInOrder() throws {
    try open("amqp://nb:nb-secret@127.0.0.1:1,127.0.0.1:\(server.port)/nb").close()
    // A wrong password is wrong on all of them.
    let error = try #require(throws: AdapterError.self) {
      try open("amqp://nb:wrong@127.0.0.1:\(server.port),127.0.0.1:1/nb")
    }
    #expect(error.kind == .denied)
  }

  @Test func tlsIsVerifiedUnlessItIsTurnedOff() throws {
    let authority = "cacertfile=\(TestServers.authority)"
    try open(tls(authority)).close()
    try open(tls(authority, host: "127.0.0.1")).close()
    try open(tls("sslrootcert=\(TestServers.authority)")).close()
    try open(tls("verify=verify_none", host: "127.0.0.2")).close()
  }

  @Test func aClientCertificateIsWhoLogsIn() throws {
    let settings =
      "auth_mechanism=external&cacertfile=\(TestServers.authority)"
      + "&certfile=\(TestServers.clientCertificate)&keyfile=\(TestServers.clientKey)"
    try open("amqps://localhost:\(tlsPort)/nb?\(settings)").close()
    let error = try #require(throws: AdapterError.self) {
      try open(
        "amqps://localhost:\(tlsPort)/nb?auth_mechanism=external"
          + "&cacertfile=\(TestServers.authority)&certfile=\(TestServers.strangerCertificate)"
          + "&keyfile=\(TestServers.strangerKey)")
    }
    #expect([.denied, .unavailable].contains(error.kind), "\(error)")
  }

  @Test func aMessageOfAMegabyteComesOverTLS() throws {
    let queues = try open(tls("cacertfile=\(TestServers.authority)"))
    let name = "tls-" + String(UInt64.random(in: .min ... .max), radix: 36)
    try queues.create(name, QueueSettings())
    defer { try? queues.delete(name) }
    let body = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    _ = try queues.publish([Message(body)], to: name).map { try $0.get() }
    let consumer = try queues.consumer(name)
    #expect(try consumer.receive(1, until: .after(.seconds(20))).map(\.message.body) == [body])
    consumer.close()
  }
}
