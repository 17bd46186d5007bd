import Foundation
import Testing

/// The servers of the run, which `Tests/Servers/run` puts in the environment.
///
/// Those here are shared by all tests: work in a ``TestDatabase`` there, and start a private
/// server to stop, kill or configure one.
public enum TestServers {
  public static var postgres: TestServer { get throws { try shared("postgres", .postgres) } }
  public static var postgresReplica: TestServer {
    get throws { try shared("postgres-replica", .postgres) }
  }
  public static var postgresWithoutTLS: TestServer {
    get throws { try shared("postgres-notls", .postgres) }
  }
  /// In transaction mode before ``postgres``: any of its databases by the same name.
  public static var pgbouncer: TestServer { get throws { try shared("pgbouncer", .pgbouncer) } }
  public static var mariadb: TestServer { get throws { try shared("mariadb", .mariadb) } }
  public static var mariadbReplica: TestServer {
    get throws { try shared("mariadb-replica", .mariadb) }
  }
  public static var mariadbWithoutTLS: TestServer {
    get throws { try shared("mariadb-notls", .mariadb) }
  }

  /// HTTP/1.1 that answers as its paths ask it to, faults included; see Tests/Servers/misbehave.py.
  public static var misbehaving: TestServer {
    get throws { try shared("misbehaving", .misbehaving) }
  }
  /// TLS and HTTP/2, with ``misbehaving`` behind it below /to/.
  public static var nginx: TestServer { get throws { try shared("nginx", .nginx) } }
  /// The same without TLS.
  public static var nginxWithoutTLS: TestServer { get throws { try shared("nginx-notls", .nginx) } }

  /// HTTP/2 that answers as its paths ask it to, faults included; see Tests/Servers/misbehave_h2.py.
  public static var misbehavingHTTP2: TestServer {
    get throws { try shared("misbehaving-h2", .misbehavingHTTP2) }
  }
  /// What many clients are tried with; also below /bin/ of ``nginx``.
  public static var httpbin: TestServer { get throws { try shared("httpbin", .httpbin) } }
  /// Another server of HTTP/2 over TLS.
  public static var nghttpd: TestServer { get throws { try shared("nghttpd", .nghttpd) } }
  /// A forward proxy; its log has a line for each request.
  public static var proxy: TestServer { get throws { try shared("proxy", .proxy) } }
  /// One that asks for the user `ada` with the password `secret`.
  public static var proxyWithUser: TestServer { get throws { try shared("proxy-user", .proxy) } }

  /// A broker that the first test which asks for it starts: it takes seconds.
  public static var rabbitmq: TestServer { get throws { try startedRabbitMQ.get() } }

  private static let startedRabbitMQ = started("rabbitmq", .rabbitmq)

  /// Each test has a prefix of its own.
  public static var redis: TestServer { get throws { try shared("redis", .redis) } }

  /// The same, but over TLS clients must show a certificate.
  public static var redisWithClientCertificates: TestServer {
    get throws { try startedRedisWithClientCertificates.get() }
  }

  private static let startedRedisWithClientCertificates = started("redis-certs", .redis, "certs")

  /// Three nodes; the port is the first one's.
  public static var redisCluster: TestServer { get throws { try startedRedisCluster.get() } }

  private static let startedRedisCluster = started("redis-cluster", .redisCluster)

  /// A shared server that is made when it is first asked for.
  private static func started(
    _ name: String, _ kind: TestServer.Kind, _ options: String...
  ) -> Result<TestServer, any Error> {
    Result {
      if !FileManager.default.fileExists(atPath: path("servers/\(name)")) {
        try control(["new", name, kind.rawValue] + options)
      }
      return try shared(name, kind)
    }
  }

  /// The authority that signed the servers' certificates, which name localhost and 127.0.0.1.
  public static var authority: String { path("tls/ca.crt") }
  /// An authority that signed none of them.
  public static var otherAuthority: String { path("tls/other-ca.crt") }
  /// What the user `nb_cert` shows.
  public static var clientCertificate: String { path("tls/client.crt") }
  public static var clientKey: String { path("tls/client.key") }
  /// For the same name, by the other authority: no server takes it.
  public static var strangerCertificate: String { path("tls/stranger.crt") }
  public static var strangerKey: String { path("tls/stranger.key") }

  /// Whether the tests run under `Tests/Servers/run`.
  public static var areRunning: Bool { folder != nil }

  /// Starts a server for one test, which ends with the value.
  ///
  /// With `upstream` it is a replica, the pooler, or a proxy of the kind `faults` of that server.
  public static func start(
    _ kind: TestServer.Kind, upstream: TestServer? = nil, tls: Bool = true
  ) throws -> TestServer {
    let name = "\(kind)-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    var arguments = ["new", name, kind.rawValue]
    if let upstream { arguments.append(upstream.name) }
    if !tls { arguments.append("notls") }
    do {
      try control(arguments)
      return TestServer(name: name, kind: kind, port: try port(of: name), isPrivate: true)
    } catch {
      _ = try? control(["remove", name])
      throw error
    }
  }

  private static let folder = ProcessInfo.processInfo.environment["NB_TEST_SERVERS"]

  /// Where a file of the servers' folder is.
  public static func path(_ file: String) -> String { (folder ?? "/nonexistent") + "/" + file }

  private static func shared(_ name: String, _ kind: TestServer.Kind) throws -> TestServer {
    TestServer(name: name, kind: kind, port: try port(of: name), isPrivate: false)
  }

  private static func port(of name: String) throws -> Int {
    guard let port = Int(try setting("port", of: name)) else {
      throw TestServer.Failure(description: "no port of \(name)")
    }
    return port
  }

  static func setting(_ key: String, of name: String) throws -> String {
    guard areRunning else {
      throw TestServer.Failure(description: "no servers: run the tests under Tests/Servers/run")
    }
    let settings = try String(
      contentsOfFile: path("servers/\(name)/settings"), encoding: .utf8)
    guard
      let line = settings.split(separator: "\n").first(where: { $0.hasPrefix(key + "=") })
    else { throw TestServer.Failure(description: "no \(key) of \(name)") }
    return String(line.dropFirst(key.count + 1))
  }

  /// Runs `ctl arguments…` and returns what it printed.
  @discardableResult
  static func control(_ arguments: [String], input: Data = Data()) throws -> String {
    let result = try NB.run(arguments, input: input, executable: path("ctl"))
    guard result.status == 0 else {
      throw TestServer.Failure(
        description: "ctl \(arguments.joined(separator: " ")): \(result.errors)")
    }
    return result.output
  }
}

extension Trait where Self == ConditionTrait {
  /// Disables a test, by that name, outside of `Tests/Servers/run`; `make test` runs it always.
  public static var needsServers: Self {
    .enabled(if: TestServers.areRunning, "needs Tests/Servers/run")
  }
}
