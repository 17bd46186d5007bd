import AdapterCore

/// What goes on on a server: its replication, long work, who waits for whom, and the statements that
/// cost most.
struct MySQLActivity {
  private static let longest = 10

  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  func write(to writer: StatisticsWriter) throws(AdapterError) {
    try optional("the replication's lag") { () throws(AdapterError) in
      guard let lag = try database.replication?.lag() else { return }
      let seconds = Value.int(lag.components.seconds)
      try writer.write(.replica, database.displayName, "lag", seconds, unit: "seconds")
    }
    try optional("long work") { () throws(AdapterError) in try writeSessions(to: writer) }
    try optional("waits for locks") { () throws(AdapterError) in try writeLocks(to: writer) }
    try optional("the slowest statements") { () throws(AdapterError) in
      try writeStatements(to: writer)
    }
  }

  /// Leaves out what the server does not have or the user may not see, and says so.
  private func optional(
    _ what: String, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    do throws(AdapterError) {
      try body()
    } catch {
      guard [.denied, .failed, .unavailable].contains(error.kind) else { throw error }
      database.operation.note("\(what): not known: \(error.message)")
    }
  }

  /// The statements that began longest ago; without the privilege PROCESS the user's own.
  private func writeSessions(to writer: StatisticsWriter) throws(AdapterError) {
    let rows = try database.rows(
      """
      SELECT id, concat(user, '@', host), coalesce(state, command), time,
        left(regexp_replace(info, '[[:space:]]+', ' '), 200)
      FROM information_schema.processlist
      WHERE command NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Slave_IO', 'Slave_SQL')
        AND id <> CONNECTION_ID() AND info IS NOT NULL ORDER BY time DESC LIMIT \(Self.longest)
      """)
    for row in rows {
      let name = connection(row[0])
      try writer.write(.session, name, "state", row[2])
      try writer.write(.session, name, "statement_time", row[3], unit: "seconds")
      try writer.write(.session, name, "client", row[1])
      try writer.write(.session, name, "statement", row[4])
    }
  }

  /// Waits for rows (sys.innodb_lock_waits), and for tables that another statement or transaction uses.
  private func writeLocks(to writer: StatisticsWriter) throws(AdapterError) {
    let tables = try database.rows(
      """
      SELECT id, state, time, left(regexp_replace(info, '[[:space:]]+', ' '), 200)
      FROM information_schema.processlist
      WHERE state LIKE 'Waiting for table%lock' AND db = DATABASE() ORDER BY time DESC
      """)
    for row in tables {
      let name = connection(row[0])
      try writer.write(.lock, name, "wanted", row[1])
      try writer.write(.lock, name, "wait", row[2], unit: "seconds")
      try writer.write(.lock, name, "statement", row[3])
    }
    let rows = try database.rows(
      """
      SELECT waiting_pid, blocking_pid, CAST(wait_age_secs AS SIGNED), locked_table,
        left(regexp_replace(waiting_query, '[[:space:]]+', ' '), 200)
      FROM sys.innodb_lock_waits ORDER BY wait_age_secs DESC
      """)
    for row in rows {
      let name = connection(row[0])
      try writer.write(.lock, name, "waits_for", .text(connection(row[1])))
      try writer.write(.lock, name, "wait", row[2], unit: "seconds")
      try writer.write(.lock, name, "wanted", row[3])
      try writer.write(.lock, name, "statement", row[4])
    }
  }

  private func connection(_ identifier: Value) -> String {
    "connection \(identifier.integer.map(String.init) ?? identifier.string ?? "")"
  }

  /// By their total time (performance_schema's digests); its clock counts picoseconds.
  private func writeStatements(to writer: StatisticsWriter) throws(AdapterError) {
    guard try database.rows("SELECT @@performance_schema").first?[0].integer == 1 else {
      return database.operation.note(
        "the slowest statements are not known: performance_schema=ON in the server's options "
          + "counts them, from its next start on")
    }
    let rows = try database.rows(
      """
      SELECT rtrim(left(digest_text, 200)), CAST(count_star AS SIGNED),
        CAST(round(sum_timer_wait / 1e9, 3) AS DOUBLE),
        CAST(round(avg_timer_wait / 1e9, 3) AS DOUBLE), CAST(sum_rows_sent AS SIGNED),
        CAST(sum_rows_examined AS SIGNED)
      FROM performance_schema.events_statements_summary_by_digest
      WHERE schema_name = DATABASE() AND digest_text IS NOT NULL
      ORDER BY sum_timer_wait DESC LIMIT \(Self.longest)
      """)
    for row in rows {
      try writer.writeStatement(row)
      try writer.write(.statement, row[0].string ?? "", "rows_examined", row[5], unit: "rows")
    }
  }
}
