import AdapterCore
import CPostgreSQL

/// What goes on in a database: replicas, long work, who waits for whom, and the statements that cost
/// most.
struct PostgreSQLActivity {
  private static let longest = 10

  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  func write(to writer: StatisticsWriter) throws(AdapterError) {
    try writeReplicas(to: writer)
    try writeSessions(to: writer)
    try writeLocks(to: writer)
    try writeStatements(to: writer)
    try noteHidden()
  }

  private func writeReplicas(to writer: StatisticsWriter) throws(AdapterError) {
    if let lag = try database.replication?.lag() {
      let seconds = Double(lag.inNanoseconds) / 1e9
      try writer.write(.replica, database.displayName, "lag", .double(seconds), unit: "seconds")
    }
    let rows = try database.rows(
      """
      SELECT coalesce(nullif(application_name, ''), host(client_addr), pid::text), state,
        coalesce(extract(epoch FROM replay_lag), 0)::float8,
        CASE WHEN NOT pg_is_in_recovery()
          THEN pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::int8 END
      FROM pg_stat_replication WHERE state IS NOT NULL ORDER BY 1
      """)
    for row in rows {
      let name = row[0].string ?? ""
      try writer.write(.replica, name, "state", row[1])
      try writer.write(.replica, name, "lag", row[2], unit: "seconds")
      try writer.write(.replica, name, "lag_size", row[3], unit: "bytes")
    }
  }

  /// The statements and open transactions that began longest ago.
  private func writeSessions(to writer: StatisticsWriter) throws(AdapterError) {
    let rows = try database.rows(
      """
      SELECT pid, state, round(extract(epoch FROM clock_timestamp() - xact_start)::numeric, 3)::float8,
        round(extract(epoch FROM clock_timestamp() - query_start)::numeric, 3)::float8,
        concat_ws(', ', nullif(application_name, ''), usename, host(client_addr)),
        left(regexp_replace(query, '\\s+', ' ', 'g'), 200)
      FROM pg_stat_activity
      WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
      ORDER BY xact_start LIMIT \(Self.longest)
      """)
    for row in rows {
      let name = process(row[0])
      try writer.write(.session, name, "state", row[1])
      try writer.write(.session, name, "transaction", row[2], unit: "seconds")
      try writer.write(.session, name, "statement_time", row[3], unit: "seconds")
      try writer.write(.session, name, "client", row[4])
      try writer.write(.session, name, "statement", row[5])
    }
  }

  /// Who waits for whom (pg_blocking_pids).
  private func writeLocks(to writer: StatisticsWriter) throws(AdapterError) {
    let rows = try database.rows(
      """
      SELECT a.pid, array_to_string(pg_blocking_pids(a.pid), ', '),
        round(extract(epoch FROM clock_timestamp() - a.query_start)::numeric, 3)::float8,
        (SELECT string_agg(DISTINCT l.relation::regclass::text || ' ' || l.mode, ', ')
          FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted AND l.relation IS NOT NULL),
        left(regexp_replace(a.query, '\\s+', ' ', 'g'), 200)
      FROM pg_stat_activity a
      WHERE a.datname = current_database() AND cardinality(pg_blocking_pids(a.pid)) > 0
      ORDER BY a.query_start
      """)
    for row in rows {
      let name = process(row[0])
      try writer.write(.lock, name, "waits_for", .text("process " + (row[1].string ?? "")))
      try writer.write(.lock, name, "wait", row[2], unit: "seconds")
      if row[3] != .null { try writer.write(.lock, name, "wanted", row[3]) }
      try writer.write(.lock, name, "statement", row[4])
    }
  }

  private func process(_ identifier: Value) -> String { "process \(identifier.integer ?? 0)" }

  /// By their total time since the counters began (pg_stat_statements).
  private func writeStatements(to writer: StatisticsWriter) throws(AdapterError) {
    let schema = try database.rows(
      """
      SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_stat_statements'
      """
    ).first?[0].string
    guard let schema else {
      return database.operation.note(
        "the slowest statements are not known: CREATE EXTENSION pg_stat_statements counts them, "
          + "once shared_preload_libraries holds it")
    }
    let view = database.dialect.quote(TableName(schema: schema, name: "pg_stat_statements"))
    // Before version 13 planning and execution were one.
    let infix = PQserverVersion(database.connection.handle) >= 130_000 ? "exec_" : ""
    do throws(AdapterError) {
      let rows = try database.rows(
        """
        SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 200), calls,
          round(total_\(infix)time::numeric, 3)::float8, round(mean_\(infix)time::numeric, 3)::float8,
          rows
        FROM \(view) WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_\(infix)time DESC LIMIT \(Self.longest)
        """)
      for row in rows { try writer.writeStatement(row) }
    } catch {
      guard error.kind == .failed || error.kind == .denied else { throw error }
      database.operation.note("the slowest statements are not known: \(error.message)")
    }
  }

  private func noteHidden() throws(AdapterError) {
    let mayRead = try database.rows(
      "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
    guard mayRead == [[.bool(false)]] else { return }
    database.operation.note(
      "what other users do is hidden: GRANT pg_read_all_stats TO \(try user()) shows it")
  }

  private func user() throws(AdapterError) -> String {
    try database.rows("SELECT current_user::text").first?[0].string ?? ""
  }
}
