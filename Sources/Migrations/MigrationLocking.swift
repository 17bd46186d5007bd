import AdapterCore

/// How two runs of migrations are kept apart.
public struct MigrationLocking: Sendable {
  public enum Kind: String, Sendable {
    /// A lock of the session; a lease where the session is not kept, behind a pooler.
    case auto
    /// A lock of the server's own, which ends with the session.
    case session
    /// A row that says who migrates, renewed meanwhile.
    case lease
  }

  /// Another connection to the same database, which the migrations' cancellation does not stop.
  public typealias Connector = @Sendable () throws(AdapterError) -> any SQLDatabase

  public var kind: Kind
  /// How long another run, and a lock of tables that others hold, is waited for.
  public var timeout: Duration
  /// nil: no lease can be renewed.
  public var connect: Connector?

  public init(_ kind: Kind = .auto, timeout: Duration, connect: Connector? = nil) {
    self.kind = kind
    self.timeout = timeout
    self.connect = connect
  }

  /// Takes the lock; throws `temporary` when another run keeps it.
  func lock(
    _ database: any SQLDatabase, _ operation: OperationContext
  ) throws(AdapterError) -> any MigrationLock {
    let wait = Deadline.after(timeout).earlier(of: operation.deadline)
    let isLease = kind == .lease || kind == .auto && !database.keepsSession
    guard isLease, let connect else { return try database.lockMigrations(wait: wait) }
    guard database.allowsConcurrentWriters else {
      throw AdapterError(
        .unavailable, "\(database.displayName) does not support a lease for migrations",
        hint: "leave out --lock lease: a lock of the file system keeps two runs apart")
    }
    return try MigrationLease(on: database, connect, until: wait, operation)
  }
}
