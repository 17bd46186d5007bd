import AdapterCore
import Platform

/// One change that `repair` makes to the history; it never touches the schema.
public enum RepairAction: Equatable, Sendable {
  /// How a half-run migration is settled.
  public enum Mark: String, Sendable, CaseIterable {
    case applied, pending
  }

  /// The file's present content counts as what ran.
  case acceptFile(AppliedMigration, Migration)
  /// The migration's file is gone, and so is its row.
  case forget(AppliedMigration)
  case mark(AppliedMigration, Migration?, Mark)

  /// What there is to settle. Throws `usage` when a half-run migration needs `mark`.
  static func plan(
    _ migrations: [Migration], _ history: [AppliedMigration], mark: Mark?
  ) throws(AdapterError) -> [RepairAction] {
    var actions = MigrationDrift.find(migrations, history).map { drift in
      drift.migration.map { RepairAction.acceptFile(drift.applied, $0) } ?? .forget(drift.applied)
    }
    for row in history where row.state != .applied {
      guard let mark else {
        throw AdapterError(
          .usage, "\(row.label) is half run, after \(row.statements) statements",
          hint: "finish it with nb db migrate \(row.state == .applying ? "up" : "down"), or bring "
            + "the schema in order by hand and say --mark applied or --mark pending")
      }
      actions.append(.mark(row, migrations.first { $0.version == row.version }, mark))
    }
    return actions
  }

  func apply(to history: MigrationHistory) throws(AdapterError) {
    switch self {
    case .forget(let row), .mark(let row, _, .pending): try history.delete(row)
    case .acceptFile(var row, let migration):
      row.name = migration.name
      row.checksum = migration.checksum
      row.source = migration.source
      try history.replace(row)
    case .mark(var row, let migration, .applied):
      row.state = .applied
      row.origin = .marked
      row.checksum = migration?.checksum ?? row.checksum
      row.source = migration?.source ?? row.source
      row.appliedAt = UTCTime.now.iso8601
      try history.replace(row)
    }
  }

  /// One line that says what it does.
  public var summary: String {
    switch self {
    case .acceptFile(let row, let migration):
      "\(row.label): accept the file as it is now (\(migration.checksum.prefix(12)))"
    case .forget(let row): "\(row.label): drop it from the history; its file is gone"
    case .mark(let row, _, let mark): "\(row.label): mark as \(mark.rawValue)"
    }
  }
}
