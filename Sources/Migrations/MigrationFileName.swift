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
    var stem = fileName.utf8[...]
    guard Self.drop(".sql", from: &stem) else { return nil }
    role = Self.drop(".up", from: &stem) ? .up : Self.drop(".down", from: &stem) ? .down : .single
    let digits = stem.prefix { (0x30...0x39).contains($0) }
    guard let version = MigrationVersion(Substring(digits)) else { return nil }
    self.version = version
    var rest = stem.dropFirst(digits.count)
    if let first = rest.first, "_-.".utf8.contains(first) { rest = rest.dropFirst() }
    name = String(Substring(rest))
  }

  private static func drop(_ ending: String, from stem: inout Substring.UTF8View) -> Bool {
    guard stem.suffix(ending.utf8.count).elementsEqual(ending.utf8) else { return false }
    stem = stem.dropLast(ending.utf8.count)
    return true
  }
}
