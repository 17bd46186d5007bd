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
    let place = "the database '\(schema)'"
    try database.operation.waitForMigrationLock(
      on: place, until: wait, holder: { () throws(AdapterError) in try holder() },
      tryLock: { () throws(AdapterError) in try tryLock() })
    isHeld = true
  }

  deinit { release() }

  private func tryLock() throws(AdapterError) -> Bool {
    try database.rows("SELECT GET_LOCK(?, 0)", [.text(name)]).first?.first?.integer == 1
  }

  private func holder() throws(AdapterError) -> MigrationLockHolder? {
    let found = try database.rows(
      "SELECT id, concat(user, '@', host) FROM information_schema.processlist "
        + "WHERE id = IS_USED_LOCK(?)", [.text(name)])
    guard let row = found.first, let id = row[0].integer ?? row[0].string.flatMap({ Int64($0) })
    else { return nil }
    return MigrationLockHolder(
      name: "connection \(id) (\(row[1].string ?? ""))", ending: "KILL \(id)")
  }

  func release() {
    guard isHeld else { return }
    isHeld = false
    // It goes with the connection at the latest.
    database.runQuietly("DO RELEASE_LOCK('\(name)')")
  }
}
