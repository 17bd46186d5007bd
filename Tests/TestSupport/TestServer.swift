import Foundation

/// A server that `Tests/Servers/run` started, or that a test started for itself.
public final class TestServer: Sendable {
  public enum Kind: String, Sendable {
    case postgres, mariadb, pgbouncer, nginx, httpbin, nghttpd, proxy, misbehaving, faults, rabbitmq
    case misbehavingHTTP2 = "misbehaving_h2"
    case redis
    case redisCluster = "redis_cluster"
    case redisSentinel = "redis_sentinel"
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

  /// A line of its settings file, where ctl keeps what it has chosen: `tls_port`.
  public func setting(_ name: String) throws -> String {
    try TestServers.setting(name, of: self.name)
  }

  /// The beginning of the URLs of an HTTP server: `https://localhost:PORT`.
  public var origin: String { (try? TestServers.control(["url", name]))?.trimmingNewlines ?? "" }

  /// The port of a Redis server that has TLS.
  public var tlsPort: Int {
    get throws { Int(try setting("tls_port")) ?? 0 }
  }

  /// The ports of the servers that make up this one: the nodes of a cluster; the primary of a
  /// sentinel and its replica.
  public var ports: [Int] {
    get throws {
      try setting("ports").split(separator: " ").compactMap { Int($0) }
    }
  }

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

  /// The direction of what a proxy forwards.
  public enum Direction: String, Sendable {
    /// From the client to the server.
    case up
    case down
    case both
  }

  /// Gives an order to a proxy of the kind `faults`; Tests/Servers/faults.py lists them.
  ///
  /// - Parameter after: not now, but when so many more bytes have passed in the one direction.
  public func fault(
    _ order: String, _ direction: Direction = .both, after bytes: Int? = nil
  ) throws {
    let words = order.split(separator: " ").map(String.init) + [direction.rawValue]
    try TestServers.control(["fault", name] + words + (bytes.map { ["after", "\($0)"] } ?? []))
  }

  /// Lets a proxy of the kind `faults` forward as though nothing had been.
  public func heal() throws { try TestServers.control(["fault", name, "heal"]) }

  /// What passed a proxy of the kind `faults`.
  public struct Traffic: Equatable, Sendable {
    public var connections: Int
    public var openConnections: Int
    public var bytesUp: Int
    public var bytesDown: Int
    /// How often a connection or a direction was broken.
    public var faults: Int
  }

  public func traffic() throws -> Traffic {
    let words = try TestServers.control(["fault", name, "figures"]).split(separator: " ")
    let figures = words.compactMap { Int($0.trimmingCharacters(in: .newlines)) }
    guard figures.count == 5 else { throw Failure(description: "no figures of \(name)") }
    return Traffic(
      connections: figures[0], openConnections: figures[1], bytesUp: figures[2],
      bytesDown: figures[3], faults: figures[4])
  }

  private func control(_ verb: String) throws {
    guard isPrivate else { throw Failure(description: "\(name) is shared: start a private server") }
    try TestServers.control([verb, name])
  }

  /// Makes a database; of RabbitMQ a virtual host.
  public func create(database: String) throws {
    try TestServers.control(["create", name, database])
  }

  public func drop(database: String) throws { try TestServers.control(["drop", name, database]) }

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
