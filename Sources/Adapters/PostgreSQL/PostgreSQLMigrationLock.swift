import AdapterCore
import Platform

/// Lets one session at a time migrate a database: an advisory lock, which ends with the session.
///
/// It is polled rather than waited for: a session that waits within pg_advisory_lock holds a snapshot,
/// and CREATE INDEX CONCURRENTLY of the one that has the lock would wait for that snapshot.
final class PostgreSQLMigrationLock: MigrationLock {
  /// The class of the lock's key, "nb" and "mi" in ASCII; its second half is the database's OID.
  private static let key =
    "1851944297, (SELECT oid::int8::bit(32)::int4 FROM pg_database "
    + "WHERE datname = current_database())"

  private let database: PostgreSQLDatabase

  /// Throws `temporary` when another session still holds the lock at `wait`, `unavailable` behind a
  /// pooler that may give each transaction another session.
  init(on database: PostgreSQLDatabase, wait: Deadline) throws(AdapterError) {
    self.database = database
    guard !database.isPooled else {
      throw AdapterError(
        .unavailable,
        "\(database.displayName) is behind a pooler, where a session's lock does not hold",
        hint: "migrate over a connection to the server itself")
    }
    var pause = Duration.milliseconds(10)
    while try database.rows("SELECT pg_try_advisory_lock(\(Self.key))") != [[.bool(true)]] {
      if wait.isPassed {
        throw AdapterError(
          .temporary, "another session is migrating \(database.displayName)",
          hint: "wait for it, or raise --lock-timeout", isRetryable: true)
      }
      try database.operation.sleep(for: wait.remaining.map { min($0, pause) } ?? pause)
      pause = min(pause * 2, .milliseconds(500))
    }
  }

  func release() {
    database.connection.beginCleanup()
    try? database.run("SELECT pg_advisory_unlock(\(Self.key))")
  }
}
