import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// Reaching a Redis server: users, TLS, sockets, clusters and sentinels.
@Suite(.needsServers) struct RedisConnectionTests {
  private func open(_ address: Target.Address) throws -> any MessageQueue {
    SignalDisposition.ignoreFailedWrites()
    return try AdapterRegistry.openQueue(address, .create, OperationContext())
  }

  private func failure(_ address: Target.Address) -> AdapterError? {
    #expect(throws: AdapterError.self) {
      try open(address).create("q", QueueSettings())
    }
  }

  @Test func aWrongPasswordIsDenied() throws {
    var address = try TestServers.redis.redisAddress()
    address.password = Secret("guessed")
    let error = failure(address)
    #expect(error?.kind == .denied)
    #expect(error?.code == "WRONGPASS")
    #expect(error?.message.contains("guessed") == false)
    #expect(error?.hint?.contains("USER:PASSWORD") == true)
  }

  @Test func noPasswordIsDenied() throws {
    var address = try TestServers.redis.redisAddress()
    (address.user, address.password) = (nil, nil)
    #expect(failure(address)?.kind == .denied)
  }

  @Test func aUserWhoMayNotIsDenied() throws {
    var address = try TestServers.redis.redisAddress()
    address.user = "nb_read"
    let error = failure(address)
    #expect(error?.kind == .denied)
    #expect(error?.code == "NOPERM")
  }

  @Test func nobodyThereIsUnavailable() throws {
    let address = try TestServers.redis.redisAddress(port: 1)
    let error = failure(address)
    #expect(error?.kind == .unavailable)
    #expect(error?.hint == "is the server running, and the port right?")
  }

  @Test func aPortOfTLSIsTold() throws {
    let server = try TestServers.redis
    let address = server.redisAddress(port: try server.tlsPort)
    let error = failure(address)
    #expect(error?.kind == .temporary)
    #expect(error?.hint?.contains("rediss:") == true, "\(error?.message ?? "")")
  }

  @Test func aServerOfSomethingElseIsAProtocolViolation() throws {
    let address = try TestServers.nginxWithoutTLS.redisAddress()
    #expect(failure(address)?.kind == .protocolViolation)
  }

  @Test func aDatabaseThatIsNotThereIsNotFound() throws {
    var address = try TestServers.redis.redisAddress()
    address.path = "/99"
    #expect(failure(address)?.kind == .notFound)
  }

  @Test func databasesAndPrefixesKeepQueuesApart() throws {
    let server = try TestServers.start(.redis, tls: false)
    var address = server.redisAddress()
    try open(address).create("first", QueueSettings())
    address.path = "/1"
    #expect(try open(address).queues().isEmpty)
    address.path = ""
    address.settings = [.ownPrefix()]
    #expect(try open(address).queues().isEmpty)
  }

  @Test func aUnixSocketServesToo() throws {
    let server = try TestServers.start(.redis, tls: false)
    let address = Target.Address(
      scheme: "redis+unix", user: server.user, password: Secret(server.password),
      path: server.directory + "/node/socket")
    try open(address).create("q", QueueSettings())
    #expect(try open(server.redisAddress()).queues() == ["q"])
  }

  @Test func aClientCertificateIsShown() throws {
    let server = try TestServers.redisWithClientCertificates
    var address = server.redisAddress(
      scheme: "rediss", port: try server.tlsPort,
      settings: [.ownPrefix(), Target.Setting(key: "tls.ca", value: TestServers.authority)])
    // The server's reason may be lost behind the end of its connection.
    let refusal = failure(address)?.kind
    #expect(refusal == .denied || refusal == .temporary)
    address.settings += [
      Target.Setting(key: "tls.cert", value: TestServers.clientCertificate),
      Target.Setting(key: "tls.key", value: TestServers.clientKey),
    ]
    let broker = try open(address)
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    #expect(try broker.consumer().receiveNow().map(\.text) == ["a"])
  }

  @Test func theServerIsSeenToKeepAFile() throws {
    let server = try TestServers.start(.redis, tls: false)
    let broker = try open(server.redisAddress())
    #expect(broker.support(for: .durability).level == .limited)
    #expect(broker.support(for: .durability).note.contains("everysec"))
    try server.sql("config set appendfsync always")
    #expect(broker.support(for: .durability).level == .native)
    try server.sql("config set appendonly no")
    #expect(broker.support(for: .durability).level == .limited)
    #expect(broker.support(for: .durability).note.contains("appendonly is off"))
  }

  @Test func aPrimaryThatSentinelsReplaceIsFoundAgain() throws {
    let server = try TestServers.start(.redisSentinel)
    let ports = try server.ports
    var address = server.redisAddress(scheme: "redis+sentinel")
    address.path = "/main"
    let broker = try open(address)
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "before")
    // What the replica has not got by then would be lost: Redis replicates behind the answer.
    try server.sql("wait 1 10000", database: "\(ports[0])")
    _ = try? server.sql("shutdown nosave", database: "\(ports[0])")
    var message = Message(Array("after".utf8))
    message.deduplicationKey = "k"
    #expect(try !broker.publish([message], to: "q")[0].get().isDuplicate)
    #expect(try broker.consumer().receiveNow().map(\.text) == ["before", "after"])
  }

  @Test func aPrimaryThatNoSentinelKnowsIsNotFound() throws {
    let server = try TestServers.start(.redisSentinel)
    var address = server.redisAddress(scheme: "redis+sentinel")
    address.path = "/mian"
    #expect(failure(address)?.kind == .notFound)
  }
}
