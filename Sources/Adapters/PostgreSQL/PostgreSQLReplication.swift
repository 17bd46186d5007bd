import AdapterCore

extension PostgreSQLDatabase {
  var replication: (any ReplicationStatus)? { PostgreSQLReplication(self) }
}

/// How far a standby is behind its primary.
final class PostgreSQLReplication: ReplicationStatus {
  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  func lag() throws(AdapterError) -> Duration? {
    // A standby that has replayed all it received is not behind, however long nothing was written.
    let row =
      try database.rows(
        """
        SELECT pg_is_in_recovery(), EXISTS (SELECT FROM pg_stat_wal_receiver),
          CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
        """
      ).first ?? []
    guard row.count == 3, row[0] == .bool(true) else { return nil }
    guard row[1] == .bool(true) else {
      throw AdapterError(.unavailable, "\(database.displayName) receives nothing from its primary")
    }
    guard case .double(let seconds) = row[2] else { return .zero }
    return .nanoseconds(Int64(max(0, seconds) * 1e9))
  }
}
