/// How a database is opened.
public struct SQLOpenOptions: Equatable, Sendable {
  public enum Access: Sendable {
    /// Nothing can be written, and the backend enforces it.
    case read
    /// The database must exist.
    case write
    /// The database is created when it does not exist.
    case create
  }

  /// Which of an address's hosts is read from; see `ReplicaRouting`.
  public enum ReadHost: Equatable, Sendable {
    case primary
    /// A replica that is at most this far behind; nil: as far as the address allows.
    case replica(maximumLag: Duration? = nil)
  }

  public var access: Access
  public var readHost: ReadHost
  /// Whether a missing database is read as an empty one, and not created.
  public var missingIsEmpty: Bool

  /// How long the connection waits for a lock, in place of the backend's default; what the target asks
  /// for counts before it.
  public var lockWait: Duration?

  public init(
    access: Access, readHost: ReadHost = .primary, missingIsEmpty: Bool = false,
    lockWait: Duration? = nil
  ) {
    self.access = access
    self.readHost = readHost
    self.missingIsEmpty = missingIsEmpty
    self.lockWait = lockWait
  }

  /// The wait of one statement on a server: a few seconds at most. A statement that waits for a table
  /// holds up everybody behind it, so whoever waits longer tries again.
  public var serverLockWait: Duration? { lockWait.map { min($0, .seconds(5)) } }
}
