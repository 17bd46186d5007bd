import AdapterCore
import Platform

/// Renews a lease from a thread of its own, on a connection that it makes when the first renewal is
/// due: a statement may run for hours.
final class MigrationLeaseKeeper: @unchecked Sendable {
  /// How long the end waits for the row to be deleted.
  private static let patience = Duration.seconds(5)

  private let table: String
  private let token: Int64
  private let pause: Duration
  private let connect: MigrationLocking.Connector
  /// Guards everything below.
  private let condition = Condition()
  private var isStopping = false
  private var deletesRow = false
  private var hasEnded = false

  /// Throws `temporary` when the system has no thread left.
  init(
    table: String, token: Int64, term: Duration, _ connect: @escaping MigrationLocking.Connector
  ) throws(AdapterError) {
    self.table = table
    self.token = token
    pause = term / 4
    self.connect = connect
    do throws(Errno) {
      _ = try Thread(name: "nb-lease") { [self] in run() }
    } catch {
      throw AdapterError(
        .temporary, "cannot start a thread: \(error.message)", code: error.name)
    }
  }

  static func deletion(from table: String) -> String {
    "DELETE FROM \(table) WHERE id = 1 AND token = ?"
  }

  /// Ends the thread; with `deletesRow` it gives the lease up first, so that nobody waits for its end.
  func stop(deletesRow: Bool) {
    condition.withLock {
      isStopping = true
      self.deletesRow = deletesRow
      condition.wakeAll()
      let end = Deadline.after(Self.patience)
      while !hasEnded, !end.isPassed { condition.wait(until: end.instant) }
    }
  }

  private func run() {
    var database: (any SQLDatabase)?
    while !waitsForStop() {
      run("UPDATE \(table) SET beat = beat + 1 WHERE id = 1 AND token = ?", on: &database)
    }
    if condition.withLock({ deletesRow }) { run(Self.deletion(from: table), on: &database) }
    database?.close()
    condition.withLock {
      hasEnded = true
      condition.wakeAll()
    }
  }

  /// Returns true when the lease is given up, false when a renewal is due.
  private func waitsForStop() -> Bool {
    condition.withLock {
      let end = Deadline.after(pause)
      while !isStopping, !end.isPassed { condition.wait(until: end.instant) }
      return isStopping
    }
  }

  /// A renewal that fails is tried again with the next; while a migration's own transaction has the row
  /// there is nothing to renew.
  private func run(_ sql: String, on database: inout (any SQLDatabase)?) {
    do throws(AdapterError) {
      let connection: any SQLDatabase
      if let database { connection = database } else { connection = try connect() }
      database = connection
      try connection.execute(sql, [.int(token)])
    } catch {
      guard !error.isRetryable else { return }
      database?.close()
      database = nil
    }
  }
}
