import AdapterCore
import HTTP
import MySQL
import PostgreSQL
import RabbitMQ
import RedisQueue
import SQLite
import SQLiteQueue

/// URL scheme → adapter: one line per backend.
public enum AdapterRegistry {
  /// Opens a connection to a relational database.
  public typealias SQLOpener =
    @Sendable (Target.Address, SQLOpenOptions, OperationContext) throws(AdapterError) ->
    any SQLDatabase

  /// The relational backends by scheme.
  static let sqlAdapters: [(schemes: [String], isServer: Bool, open: SQLOpener)] = [
    (SQLiteAdapter.schemes, false, SQLiteAdapter.open),
    (PostgreSQLAdapter.schemes, true, PostgreSQLAdapter.open),
    (MySQLAdapter.schemes, true, MySQLAdapter.open),
  ]

  /// All schemes of relational databases, for messages and completion.
  public static var sqlSchemes: [String] { sqlAdapters.flatMap(\.schemes) }

  /// Opens the database at `address`, on the host that `options` ask for; throws `unavailable` for
  /// a scheme that no adapter serves.
  public static func openSQL(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any SQLDatabase {
    for adapter in sqlAdapters where adapter.schemes.contains(address.scheme) {
      guard adapter.isServer else { return try adapter.open(address, options, operation) }
      let routing = try ReplicaRouting(address, operation)
      return try routing.open(options) { host throws(AdapterError) in
        try adapter.open(host, options, operation)
      }
    }
    let known = sqlSchemes.map { $0 + ":" }.joined(separator: ", ")
    let guess = closestMatch(to: address.scheme, in: sqlSchemes)
    throw AdapterError(
      .unavailable, "no SQL database is served at \(address.scheme):",
      hint: (guess.map { "did you mean '\($0):'? " } ?? "")
        + "known: \(known); a file whose name holds a colon is reached as ./NAME")
  }

  /// Opens a connection to the queues of a broker.
  public typealias QueueOpener =
    @Sendable (Target.Address, QueueAccess, OperationContext) throws(AdapterError) ->
    any MessageQueue

  /// The brokers by scheme.
  static let queueAdapters: [(schemes: [String], open: QueueOpener)] = [
    (SQLiteQueueAdapter.schemes, SQLiteQueueAdapter.open),
    (RabbitMQAdapter.schemes, openRabbitMQ),
    (RedisQueueAdapter.schemes, RedisQueueAdapter.open),
  ]

  /// With a client of HTTP for what AMQP cannot tell.
  private static let openRabbitMQ: QueueOpener = { (address, _, operation) throws(AdapterError) in
    let http = LazyHTTPClient { () throws(AdapterError) in
      try HTTPAdapter.open(HTTPOptions(), operation)
    }
    return try RabbitMQAdapter.open(address, operation, http: http)
  }

  /// Opens the broker at `address`; throws `unavailable` for a scheme that no adapter serves.
  public static func openQueue(
    _ address: Target.Address, _ access: QueueAccess, _ operation: OperationContext
  ) throws(AdapterError) -> any MessageQueue {
    for adapter in queueAdapters where adapter.schemes.contains(address.scheme) {
      return try adapter.open(address, access, operation)
    }
    let schemes = queueAdapters.flatMap(\.schemes)
    let guess = closestMatch(to: address.scheme, in: schemes)
    throw AdapterError(
      .unavailable, "no queue is served at \(address.scheme):",
      hint: (guess.map { "did you mean '\($0):'? " } ?? "")
        + "known: \(schemes.map { $0 + ":" }.joined(separator: ", "))")
  }

  /// A client of HTTP; throws `unavailable` when its library cannot be loaded.
  public static func openHTTP(
    _ options: HTTPOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any HTTPClient {
    try HTTPAdapter.open(options, operation)
  }

  /// Whether strangers share a domain; nil where nothing knows.
  public static func isPublicSuffix(_ domain: String) -> Bool? {
    PublicSuffixes.contains(domain)
  }
}
