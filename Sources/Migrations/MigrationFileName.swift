/// What a file's name says: `20240131_create_users.sql`, or one of a pair `1_x.up.sql`, `1_x.down.sql`.
public struct MigrationFileName: Equatable, Sendable {
  public enum Role: Equatable, Sendable {
    /// Holds both directions.
    case single
    case up, down
  }

  public let version: MigrationVersion
  /// What follows the version; may be empty.
  public let name: String
  public let role: Role

  /// nil for a name that is none of a migration: no digits in front, or not ending in `.sql`.
  public init?(_ fileName: String) {
    guard fileName.hasSuffix(".sql") else { return nil }
    var stem = fileName.dropLast(4)
    if stem.hasSuffix(".up") {
      role = .up
      stem = stem.dropLast(3)
    } else if stem.hasSuffix(".down") {
      role = .down
      stem = stem.dropLast(5)
    } else {
      role = .single
    }
    let digits = stem.prefix { $0.isASCII && $0.isNumber }
    guard let version = MigrationVersion(digits) else { return nil }
    self.version = version
    var rest = stem.dropFirst(digits.count)
    if let first = rest.first, "_-.".contains(first) { rest = rest.dropFirst() }
    name = String(rest)
  }
}
