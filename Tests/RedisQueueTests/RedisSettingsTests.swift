import AdapterCore
import Foundation
import Testing
import Transport

@testable import RedisQueue

/// What a target's URL says.
@Suite struct RedisSettingsTests {
  private func settings(_ url: String) throws -> RedisSettings {
    guard case .address(let address) = try Target.parse(url) else {
      throw AdapterError(.bug, "\(url) is no address")
    }
    return try RedisSettings(address)
  }

  @Test func theDefaultsAreThoseOfRedis() throws {
    let plain = try settings("redis://")
    #expect(plain.topology == .direct([.tcp(host: "localhost", port: 6379)]))
    #expect(plain.database == 0)
    #expect(plain.transport.tls == nil)
  }

  @Test func aURLNamesAllThatIsNeeded() throws {
    let full = try settings(
      "rediss://ada:s%40cret@db1,[::1]:7000/3?tls.ca=ca.pem&tls.verify=false&read_timeout=5s")
    #expect(
      full.topology == .direct([.tcp(host: "db1", port: 6379), .tcp(host: "::1", port: 7000)]))
    #expect(full.user == "ada")
    #expect(full.password == Secret("s@cret"))
    #expect(full.database == 3)
    #expect(full.transport.tls?.authorityFile == "ca.pem")
    #expect(full.transport.tls?.verifiesServer == false)
    #expect(full.readTimeout == .seconds(5))
  }

  @Test func aSocketIsNamedByItsPath() throws {
    let socket = try settings("redis+unix:///run/redis.sock?db=2")
    #expect(socket.topology == .direct([.unix(path: "/run/redis.sock")]))
    #expect(socket.database == 2)
  }

  @Test func sentinelsAreNamedWithTheirPrimary() throws {
    let sentinels = try settings("redis+sentinel://s1,s2:5000/main/1?sentinel_password=x")
    #expect(
      sentinels.topology
        == .sentinels(
          [.tcp(host: "s1", port: 26379), .tcp(host: "s2", port: 5000)], primary: "main"))
    #expect(sentinels.database == 1)
    #expect(sentinels.sentinelPassword == Secret("x"))
  }

  @Test(arguments: [
    ("redis://h/x", "is no number of a database"), ("redis://h?tls.ca=f", "write rediss:"),
    ("redis://h?passwort=x", "did you mean 'password'?"), ("redis+unix://", "names the path"),
    ("redis+sentinel://h", "names sentinels"), ("rediss://h?tls.verify=1", "true or false"),
    ("redis://h?connect_timeout=x", "a duration such as 500ms"),
    ("redis://h?max_retry=x", "did you mean 'max_retries'?"),
  ])
  func whatMakesNoSenseIsRefused(_ url: String, _ words: String) {
    let error = #expect(throws: AdapterError.self) { try settings(url) }
    #expect(error?.kind == .usage)
    let said = [error?.message, error?.hint].compactMap { $0 }.joined(separator: " ")
    #expect(said.contains(words))
  }
}
