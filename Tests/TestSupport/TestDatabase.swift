/// A database of a test's own on a server, dropped when the value ends.
public final class TestDatabase: Sendable {
  public let server: TestServer
  public let name: String

  public init(on server: TestServer) throws {
    self.server = server
    name = "nb_test_" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    try TestServers.control(["create", server.name, name])
  }

  deinit { _ = try? TestServers.control(["drop", server.name, name]) }

  /// Its URL with user and password.
  public var url: String { server.url(database: name) }

  /// Runs statements by the server's own client; a row is a line, its columns are parted by tabs.
  @discardableResult
  public func sql(_ statements: String) throws -> String {
    try server.sql(statements, database: name)
  }
}
