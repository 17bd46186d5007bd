/// Where a run is to lead.
public enum MigrationGoal: Equatable, Sendable {
  /// Applies the pending migrations, at most so many.
  case up(limit: Int?)
  /// Reverts the newest applied migrations; nil: all.
  case down(limit: Int?)
  /// Reverts and applies the newest again.
  case redo(count: Int)
  /// Applies and reverts until just those up to this version are applied; 0: none.
  case to(MigrationVersion)
}

/// What happens with a pending migration that is older than the newest applied one.
public enum OutOfOrderPolicy: String, CaseIterable, Sendable {
  case error, apply, skip
}
