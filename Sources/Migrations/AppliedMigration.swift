import AdapterCore

/// A row of the history table.
public struct AppliedMigration: Equatable, Sendable {
  public enum State: String, Sendable {
    case applied
    /// Begun outside a transaction and not finished; `statements` are done.
    case applying
    case reverting
  }

  /// How the row came to be.
  public enum Origin: String, Sendable {
    /// nb ran it.
    case run
    /// Taken over from another tool; checksum and source were recorded then.
    case adopted
    /// Written by a schema dump.
    case dump
    /// Marked by `repair`.
    case marked
  }

  public var version: MigrationVersion
  public var name: String
  /// Empty when no file was there to hash.
  public var checksum: String
  public var state: State
  /// Statements done in the direction of `state`.
  public var statements: Int
  /// ISO 8601 in UTC; nil for a row of a schema dump.
  public var appliedAt: String?
  public var durationMilliseconds: Int64
  public var origin: Origin
  /// The text that ran; nil where it is not known, or too large to be kept.
  public var source: String?

  public init(
    version: MigrationVersion, name: String, checksum: String, state: State = .applied,
    statements: Int = 0, appliedAt: String? = nil, durationMilliseconds: Int64 = 0,
    origin: Origin = .run, source: String? = nil
  ) {
    self.version = version
    self.name = name
    self.checksum = checksum
    self.state = state
    self.statements = statements
    self.appliedAt = appliedAt
    self.durationMilliseconds = durationMilliseconds
    self.origin = origin
    self.source = source
  }

  /// `20240131_create_users`, for messages.
  public var label: String { Migration.label(version, name) }

  /// The migration made of the stored text, for when its file is gone; nil without one.
  func recordedMigration() throws(AdapterError) -> Migration? {
    guard let source else { return nil }
    let (up, down) = try MigrationParser.parse(
      source, file: "\(label) (from the history)", role: .single)
    return Migration(
      version: version, name: name, files: [], source: source, up: up, down: down)
  }

  /// Whether the file still has the content that ran. A row without a checksum matches any.
  func matches(_ migration: Migration) -> Bool {
    checksum.isEmpty || checksum == migration.checksum
  }
}
