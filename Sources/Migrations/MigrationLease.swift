import AdapterCore
import Platform

/// A lock on migrations that outlives sessions: one row that names its holder, and a count that a
/// thread raises every few seconds.
///
/// Whoever sees the count stand still for the holder's term, by his own clock, takes the row over by
/// comparing and changing it in one statement: clocks of two machines are never compared. A holder
/// that was replaced notices at the latest when it confirms, within the transaction of its next
/// change, so that two never change anything at the same time.
final class MigrationLease: MigrationLock {
  static let table = TableName(name: "nb_migrations_lock")
  /// After how long without a sign of life another run takes over.
  private static let term = Duration.seconds(15)

  private static let columns = [
    Column(name: "id", kind: .integer), Column(name: "token", kind: .integer),
    Column(name: "beat", kind: .integer), Column(name: "term_seconds", kind: .integer),
    Column(name: "holder", kind: .text, declaredType: "VARCHAR(255)"),
    Column(name: "taken_at", kind: .text, declaredType: "VARCHAR(32)"),
  ]

  private struct Row: Equatable {
    var token: Int64
    var beat: Int64
    var term: Duration
    var holder: String
    var takenAt: String
  }

  private let database: any SQLDatabase
  private let operation: OperationContext
  private let token = Int64.random(in: 1...Int64.max)
  private let name: String
  /// The row as another holds it, and since when it has not changed.
  private var seen: (row: Row, since: MonotonicInstant)?
  private var keeper: MigrationLeaseKeeper?

  /// Throws `temporary` when another run has the lease at `wait`.
  init(
    on database: any SQLDatabase, _ connect: @escaping MigrationLocking.Connector,
    until wait: Deadline, _ operation: OperationContext
  ) throws(AdapterError) {
    self.database = database
    self.operation = operation
    name = database.dialect.quote(Self.table)
    try createTableIfMissing()
    try operation.waitForMigrationLock(
      on: database.displayName, until: wait,
      holder: { () throws(AdapterError) in try holder() },
      tryLock: { () throws(AdapterError) in try tryTake() })
    keeper = try MigrationLeaseKeeper(table: name, token: token, term: Self.term, connect)
  }

  deinit { release() }

  private func createTableIfMissing() throws(AdapterError) {
    guard try !database.hasTable(Self.table) else { return }
    let creation = database.createTableStatement(
      Self.table, columns: Self.columns, primaryKey: ["id"])
    do throws(AdapterError) {
      try database.execute(creation)
    } catch {
      // Another run may have been quicker.
      guard try !database.hasTable(Self.table) else { return }
      throw error
    }
  }

  // MARK: Taking

  private func tryTake() throws(AdapterError) -> Bool {
    guard let row = try read() else { return try insert() }
    guard let seen, seen.row == row else {
      seen = (row, .now)
      return false
    }
    return MonotonicInstant.now.since(seen.since) > row.term ? try takeOver(row) : false
  }

  private func read() throws(AdapterError) -> Row? {
    let found = try database.rows(
      "SELECT token, beat, term_seconds, holder, taken_at FROM \(name) WHERE id = 1")
    guard let row = found.first, let token = row[0].integer, let beat = row[1].integer else {
      return nil
    }
    return Row(
      token: token, beat: beat, term: .seconds(row[2].integer ?? 0), holder: row[3].string ?? "",
      takenAt: row[4].string ?? "")
  }

  private var values: [Value] {
    let holder = "nb \(ThisProcess.identifier) on \(ThisProcess.hostName)"
    let seconds = Self.term.components.seconds
    return [.int(token), .int(seconds), .text(holder), .text(UTCTime.now.iso8601)]
  }

  private func insert() throws(AdapterError) -> Bool {
    do throws(AdapterError) {
      try database.execute(
        "INSERT INTO \(name) (id, beat, token, term_seconds, holder, taken_at) "
          + "VALUES (1, 0, ?, ?, ?, ?)", values)
      return true
    } catch {
      // Another run was quicker.
      guard try read() != nil else { throw error }
      return false
    }
  }

  private func takeOver(_ row: Row) throws(AdapterError) -> Bool {
    do throws(AdapterError) {
      let changed = try database.transaction(.write) { () throws(AdapterError) in
        try database.execute(
          "UPDATE \(name) SET beat = 0, token = ?, term_seconds = ?, holder = ?, taken_at = ? "
            + "WHERE id = 1 AND token = ? AND beat = ?",
          values + [.int(row.token), .int(row.beat)]
        ).rowsChanged
      }
      guard changed == 1 else { return false }
    } catch {
      // Its transaction has the row: it is alive.
      guard error.isRetryable else { throw error }
      return false
    }
    operation.note("\(row.holder) gave no sign of life any more; its lease is taken over")
    return true
  }

  private func holder() throws(AdapterError) -> MigrationLockHolder? {
    try read().map { MigrationLockHolder(name: "\($0.holder) (since \($0.takenAt))") }
  }

  // MARK: Holding

  var mayBeLost: Bool { true }

  func confirm() throws(AdapterError) {
    let result = try database.execute(
      "UPDATE \(name) SET beat = beat + 1 WHERE id = 1 AND token = ?", [.int(token)])
    guard result.rowsChanged == 1 else {
      throw AdapterError(
        .temporary, "this run lost its lease on \(database.displayName) to another one",
        hint: "nb db migrate status shows what is done; run it again")
    }
  }

  func release() {
    guard let keeper else { return }
    self.keeper = nil
    var isDeleted = false
    if !database.isInTransaction, !operation.cancellation.isCancelled {
      let sql = MigrationLeaseKeeper.deletion(from: name)
      isDeleted = (try? database.execute(sql, [.int(token)])) != nil
    }
    keeper.stop(deletesRow: !isDeleted)
  }
}
