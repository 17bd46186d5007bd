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

  public var access: Access

  /// Whether a missing database is read as an empty one, and not created.
  public var missingIsEmpty: Bool

  public init(access: Access, missingIsEmpty: Bool = false) {
    self.access = access
    self.missingIsEmpty = missingIsEmpty
  }
}
