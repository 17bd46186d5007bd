import AdapterCore

/// An applied migration whose file is no longer what ran.
public struct MigrationDrift: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case changed, missing
  }

  public let kind: Kind
  public let applied: AppliedMigration
  /// The file as it is now; nil when it is missing.
  public let migration: Migration?

  static func find(_ migrations: [Migration], _ history: [AppliedMigration]) -> [MigrationDrift] {
    let byVersion = Dictionary(migrations.map { ($0.version, $0) }) { first, _ in first }
    return history.filter { $0.state == .applied }.compactMap { row in
      guard let migration = byVersion[row.version] else {
        return MigrationDrift(kind: .missing, applied: row, migration: nil)
      }
      if row.matches(migration) { return nil }
      return MigrationDrift(kind: .changed, applied: row, migration: migration)
    }
  }

  /// One line: which file, and how it differs.
  public var summary: String {
    let when = applied.appliedAt.map { " \($0)" } ?? ""
    guard let migration else {
      return "\(applied.label): missing; it was \(verb)\(when)"
    }
    return "\(migration.files.joined(separator: ", ")): changed; \(verb)\(when) "
      + "as \(applied.checksum.prefix(12)), now \(migration.checksum.prefix(12))"
  }

  private var verb: String { applied.origin == .adopted ? "recorded at adoption" : "applied" }

  /// The changed lines, in unified form.
  public var diff: [String] {
    guard let migration else { return [] }
    guard let source = applied.source else {
      return ["the history does not hold its text, so that the lines cannot be shown"]
    }
    return TextDiff.unified(old: source, new: migration.source)
  }
}
