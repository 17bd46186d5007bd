/// How one migration stands, from its file and the history together.
public struct MigrationStatus: Equatable, Sendable {
  public enum State: String, Sendable {
    case applied, pending
    /// Applied, and its file is gone.
    case missing
    /// Applied, and its file changed afterwards.
    case drift
    /// Half applied or half reverted.
    case failed
  }

  public let version: MigrationVersion
  public let name: String
  public let state: State
  /// nil while it is pending.
  public let applied: AppliedMigration?
  public let files: [String]

  /// All of them by version.
  static func list(_ migrations: [Migration], _ history: [AppliedMigration]) -> [MigrationStatus] {
    let rows = Dictionary(history.map { ($0.version, $0) }) { first, _ in first }
    let known = Set(migrations.map(\.version))
    var list = migrations.map { migration in
      let row = rows[migration.version]
      return MigrationStatus(
        version: migration.version, name: migration.name, state: state(migration, row),
        applied: row, files: migration.files)
    }
    for row in history where !known.contains(row.version) {
      list.append(
        MigrationStatus(
          version: row.version, name: row.name, state: row.state == .applied ? .missing : .failed,
          applied: row, files: []))
    }
    return list.sorted { $0.version < $1.version }
  }

  private static func state(_ migration: Migration, _ row: AppliedMigration?) -> State {
    guard let row else { return .pending }
    if row.state != .applied { return .failed }
    return row.matches(migration) ? .applied : .drift
  }
}
