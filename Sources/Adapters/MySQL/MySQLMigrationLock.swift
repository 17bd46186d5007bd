import AdapterCore
import Platform

/// Lets one session at a time migrate a database: a named lock of the server (GET_LOCK), which it
/// drops when the session ends.
final class MySQLMigrationLock: MigrationLock {
  private let database: MySQLDatabase
  private let name: String
  private var isHeld = false

  /// Throws `temporary` when another session still holds the lock at `wait`.
  init(on database: MySQLDatabase, wait: Deadline) throws(AdapterError) {
    self.database = database
    try database.requireDatabase()
    // Named locks are the server's, not a database's, and their names have 64 characters.
    let schema = try database.rows("SELECT DATABASE()").first?.first?.string ?? ""
    name = "nb.migrate." + SHA256.hexDigest(of: schema.utf8).prefix(32)
    while try !tryLock() {
      try database.operation.cancellation.check()
      if wait.isPassed {
        throw AdapterError(
          .temporary, "another session is migrating the database '\(schema)'",
          hint: "wait for it, or raise --lock-timeout", isRetryable: true)
      }
      // Polled, so that a wait can be stopped and holds up nothing on the server.
      try database.operation.sleep(for: .milliseconds(100))
    }
    isHeld = true
  }

  deinit { release() }

  private func tryLock() throws(AdapterError) -> Bool {
    try database.rows("SELECT GET_LOCK(?, 0)", [.text(name)]).first?.first?.integer == 1
  }

  func release() {
    guard isHeld else { return }
    isHeld = false
    // It goes with the connection at the latest.
    database.runQuietly("DO RELEASE_LOCK('\(name)')")
  }
}
