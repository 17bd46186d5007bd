import AdapterCore

/// Lets one session at a time migrate a database: an advisory lock, which ends with the session.
///
/// It is polled rather than waited for: a session that waits within pg_advisory_lock holds a snapshot,
/// and CREATE INDEX CONCURRENTLY of the one that has the lock would wait for that snapshot.
final class PostgreSQLMigrationLock: MigrationLock {
  /// The class of the lock's key, "nb" and "mi" in ASCII; its second half is the database's OID.
  private static let keyClass = "1851944297"
  private static let key =
    "\(keyClass), (SELECT oid::int8::bit(32)::int4 FROM pg_database "
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
        hint: "leave out --lock session, or migrate over a connection to the server itself")
    }
    try database.operation.waitForMigrationLock(
      on: database.displayName, until: wait,
      holder: { () throws(AdapterError) in try Self.holder(on: database) },
      tryLock: { () throws(AdapterError) in
        try database.rows("SELECT pg_try_advisory_lock(\(Self.key))") == [[.bool(true)]]
      })
  }

  /// Who has the lock, as far as this user may see it.
  private static func holder(
    on database: PostgreSQLDatabase
  ) throws(AdapterError) -> MigrationLockHolder? {
    let found = try database.rows(
      """
      SELECT a.pid, concat_ws(', ', nullif(a.application_name, ''), 'user ' || a.usename,
        host(a.client_addr))
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = \(keyClass)
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """)
    guard let row = found.first, let process = row[0].integer else { return nil }
    return MigrationLockHolder(
      name: "process \(process) (\(row[1].string ?? ""))",
      ending: "SELECT pg_terminate_backend(\(process))")
  }

  func release() {
    database.connection.beginCleanup()
    try? database.run("SELECT pg_advisory_unlock(\(Self.key))")
  }
}
