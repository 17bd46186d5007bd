import AdapterCore
import CPostgreSQL

extension PostgreSQLDatabase {
  var statistics: (any DatabaseStatistics)? { PostgreSQLStatistics(self) }
}

/// Figures of the database (pg_stat_database), and sizes and rows of its tables and indexes.
final class PostgreSQLStatistics: DatabaseStatistics {
  /// Rows of a table beyond this size are not counted but estimated by the server.
  private static let countedBytes = 256 << 20

  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  func statistics(into sink: any RowSink) throws(AdapterError) {
    let writer = try StatisticsWriter(into: sink)
    try writeDatabase(to: writer)
    try PostgreSQLActivity(database).write(to: writer)
    try writeTables(to: writer)
    try writer.finish()
  }

  private func writeDatabase(to writer: StatisticsWriter) throws(AdapterError) {
    let figures = [
      ("size", "bytes"), ("connections", nil), ("max_connections", nil),
      ("cache_hit_ratio", "percent"), ("longest_transaction", "seconds"),
      ("idle_in_transaction", nil), ("commits", nil), ("rollbacks", nil),
      ("deadlocks", nil), ("conflicts", nil), ("temporary_files", nil), ("temporary_size", "bytes"),
      ("blocks_read", "pages"), ("blocks_hit", "pages"), ("rows_returned", "rows"),
      ("rows_fetched", "rows"), ("rows_inserted", "rows"), ("rows_updated", "rows"),
      ("rows_deleted", "rows"), ("waiting_for_locks", nil), ("server_version", nil),
      ("encoding", nil), ("in_recovery", nil),
    ]
    let rows = try database.rows(
      """
      SELECT pg_database_size(d.datid), d.numbackends, current_setting('max_connections')::int,
        round(100.0 * d.blks_hit / nullif(d.blks_hit + d.blks_read, 0), 2)::float8,
        (SELECT round(extract(epoch FROM now() - min(a.xact_start)))::int8
          FROM pg_stat_activity a WHERE a.datid = d.datid AND a.pid <> pg_backend_pid()),
        (SELECT count(*) FROM pg_stat_activity a
          WHERE a.datid = d.datid AND a.state LIKE 'idle in transaction%'), d.xact_commit, d.xact_rollback, d.deadlocks,
        d.conflicts, d.temp_files, d.temp_bytes, d.blks_read, d.blks_hit, d.tup_returned,
        d.tup_fetched, d.tup_inserted, d.tup_updated, d.tup_deleted,
        (SELECT count(*) FROM pg_locks l WHERE l.database = d.datid AND NOT l.granted),
        current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery()
      FROM pg_stat_database d WHERE d.datname = current_database()
      """)
    let name = database.displayName
    for (figure, value) in zip(figures, rows.first ?? []) {
      try writer.write(.database, name, figure.0, value, unit: figure.1)
    }
  }

  private func writeTables(to writer: StatisticsWriter) throws(AdapterError) {
    let indexes = try database.indexFigures(ofTables: nil)
    for relation in try database.relations(named: nil) where relation.holdsRows {
      let sizes = try database.rows(
        """
        SELECT sum(pg_table_size(relid))::int8,
          sum((SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = relid))::int8,
          sum(n_dead_tup)::int8, sum(seq_scan)::int8,
          to_char(max(greatest(last_vacuum, last_autovacuum)), 'YYYY-MM-DD HH24:MI:SSOF'),
          to_char(max(greatest(last_analyze, last_autoanalyze)), 'YYYY-MM-DD HH24:MI:SSOF')
        FROM (SELECT relid FROM pg_partition_tree(\(relation.identifier))
          UNION SELECT \(relation.identifier)) AS parts (relid)
        LEFT JOIN pg_stat_all_tables USING (relid)
        """)
      guard let row = sizes.first else { continue }
      let name = relation.name.description
      try writer.write(.table, name, "size", row[0], unit: "bytes")
      if row[0].integer ?? 0 <= Self.countedBytes {
        let table = database.dialect.quote(relation.name)
        let count = try database.rows("SELECT count(*) FROM \(table)").first?.first ?? .null
        try writer.write(.table, name, "rows", count, unit: "rows")
      } else {
        try writer.write(.table, name, "estimated_rows", row[1], unit: "rows")
      }
      try writer.write(.table, name, "dead_rows", row[2], unit: "rows")
      try writer.write(.table, name, "sequential_scans", row[3])
      try writer.write(.table, name, "last_vacuum", row[4])
      try writer.write(.table, name, "last_analyze", row[5])
      for index in indexes where index.table == relation.name {
        let size = index.sizeInBytes.map { Value.int(Int64($0)) } ?? .null
        try writer.write(.index, index.name, "size", size, unit: "bytes")
        let scans = index.scans.map { Value.int(Int64($0)) } ?? .null
        try writer.write(.index, index.name, "scans", scans)
      }
    }
  }
}
