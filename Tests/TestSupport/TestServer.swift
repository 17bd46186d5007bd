import Foundation

/// A server that `Tests/Servers/run` started, or that a test started for itself.
public final class TestServer: Sendable {
  public enum Kind: String, Sendable {
    case postgres, mariadb, pgbouncer, nginx, httpbin, nghttpd, proxy, misbehaving
    case misbehavingHTTP2 = "misbehaving_h2"
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  public let name: String
  public let kind: Kind
  /// The port on 127.0.0.1, and on 127.0.0.2, which the server's certificate does not name.
  public let port: Int
  public let user = "nb"
  public let password = "nb-secret"
  private let isPrivate: Bool

  init(name: String, kind: Kind, port: Int, isPrivate: Bool) {
    self.name = name
    self.kind = kind
    self.port = port
    self.isPrivate = isPrivate
  }

  deinit {
    if isPrivate { _ = try? TestServers.control(["remove", name]) }
  }

  /// Its URL with user and password; the servers of a run have the database `nb`.
  public func url(database: String = "nb", user: String = "nb", host: String = "127.0.0.1")
    -> String
  {
    "\(kind == .mariadb ? "mariadb" : "postgres")://\(user):\(password)@\(host):\(port)/\(database)"
  }

  /// The beginning of the URLs of an HTTP server: `https://localhost:PORT`.
  public var origin: String { (try? TestServers.control(["url", name]))?.trimmingNewlines ?? "" }

  /// The folder of its unix socket (PostgreSQL, PgBouncer) and its log.
  public var directory: String { TestServers.path("servers/" + name) }

  /// The path of its unix socket.
  public var socket: String {
    kind == .mariadb ? directory + "/socket" : directory + "/.s.PGSQL.\(port)"
  }

  /// All that the server has logged.
  public func log() throws -> String { try TestServers.control(["log", name]) }

  // Only for a server of the test's own: others use the shared ones at the same time.

  public func start() throws { try control("start") }
  public func stop() throws { try control("stop") }
  public func restart() throws { try control("restart") }
  /// Ends its processes at once, as a crash does; `start` recovers it.
  public func kill() throws { try control("kill") }
  /// Lets its processes hang.
  public func pause() throws { try control("pause") }
  public func resume() throws { try control("resume") }

  private func control(_ verb: String) throws {
    guard isPrivate else { throw Failure(description: "\(name) is shared: start a private server") }
    try TestServers.control([verb, name])
  }

  /// Waits until this replica shows what its primary has written.
  public func waitForPrimary() throws { try TestServers.control(["sync", name]) }

  /// Runs statements by the server's own client; a row is a line, its columns are parted by tabs.
  @discardableResult
  public func sql(_ statements: String, database: String = "nb") throws -> String {
    try TestServers.control(["sql", name, database], input: Data(statements.utf8))
  }
}

extension String {
  fileprivate var trimmingNewlines: String { trimmingCharacters(in: .newlines) }
}
