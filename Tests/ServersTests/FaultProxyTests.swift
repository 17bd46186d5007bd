import Foundation
import TestSupport
import Testing

/// The proxy that breaks connections does so where it is told to, and only there.
@Suite(.needsServers) struct FaultProxyTests {
  private let server: TestServer
  private let proxy: TestServer

  init() throws {
    server = try TestServers.misbehaving
    proxy = try TestServers.start(.faults, upstream: server)
  }

  /// Asks for 100,000 bytes through the proxy by curl; returns its exit status and what came.
  private func fetch(patience: Int = 20) throws -> (status: Int32, bytes: Int) {
    let result = try NB.run(
      ["-sS", "-m", "\(patience)", "http://127.0.0.1:\(proxy.port)/file?size=100000"],
      executable: "/usr/bin/curl")
    return (result.status, result.stdout.count)
  }

  private enum CurlStatus {
    static let cannotConnect: Int32 = 7
    static let partialFile: Int32 = 18
    static let timedOut: Int32 = 28
    static let receiveFailed: Int32 = 56
  }

  @Test func itForwardsWhatItIsGiven() throws {
    // Whoever waited for the proxy has connected too.
    let before = try proxy.traffic()
    #expect(try fetch() == (0, 100_000))
    let traffic = try proxy.traffic()
    #expect(traffic.connections == before.connections + 1)
    #expect(traffic.bytesDown > 100_000)
    #expect(traffic.faults == 0)
  }

  @Test func aCutResetsAConnectionAtTheByteAndTheNextOneWorks() throws {
    try proxy.fault("cut", .down, after: 40_000)
    let cut = try fetch()
    #expect(cut.status == CurlStatus.receiveFailed)
    #expect(cut.bytes > 30_000 && cut.bytes < 40_000)
    #expect(try proxy.traffic().bytesDown == 40_000)
    #expect(try fetch() == (0, 100_000))
    #expect(try proxy.traffic().faults == 1)
  }

  @Test func aClosedDirectionEndsInGoodOrder() throws {
    try proxy.fault("close", .down, after: 40_000)
    #expect(try fetch().status == CurlStatus.partialFile)
  }

  @Test func aStallLastsUntilItIsHealed() throws {
    try proxy.fault("stall", .down, after: 10)
    #expect(try fetch(patience: 1).status == CurlStatus.timedOut)
    #expect(try fetch(patience: 1).status == CurlStatus.timedOut)
    try proxy.heal()
    #expect(try fetch() == (0, 100_000))
  }

  @Test func aSlowConnectionIsThatSlow() throws {
    try proxy.fault("slow 200000", .down)
    let start = Date()
    #expect(try fetch() == (0, 100_000))
    #expect(Date().timeIntervalSince(start) >= 0.4)
  }

  @Test func itRefusesConnectionsUntilItIsHealed() throws {
    try proxy.fault("refuse")
    #expect(try fetch().status == CurlStatus.cannotConnect)
    try proxy.heal()
    #expect(try fetch() == (0, 100_000))
  }

  @Test func anUnknownOrderIsAnError() throws {
    #expect(throws: TestServer.Failure.self) { try proxy.fault("vanish") }
    #expect(throws: TestServer.Failure.self) { try proxy.fault("cut", .both, after: 1) }
  }
}
