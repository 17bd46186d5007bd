import AdapterCore

extension MySQLDatabase {
  var replication: (any ReplicationStatus)? { MySQLReplication(self) }
}

/// What a replica says of itself (SHOW SLAVE STATUS).
final class MySQLReplication: ReplicationStatus {
  private let database: MySQLDatabase

  init(_ database: MySQLDatabase) { self.database = database }

  func lag() throws(AdapterError) -> Duration? {
    let status = RowCollector()
    // MySQL 8.4 knows the new words only, MariaDB both.
    let word = database.isMariaDB ? "SLAVE" : "REPLICA"
    try database.execute("SHOW \(word) STATUS", into: status)
    guard let row = status.rows.first else { return nil }
    func value(_ names: String...) -> Value? {
      status.columns.firstIndex { names.contains($0.name) }.map { row[$0] }
    }
    // NULL as soon as one of its two threads has stopped.
    guard let seconds = value("Seconds_Behind_Master", "Seconds_Behind_Source")?.number else {
      let reason = value("Last_SQL_Error", "Last_IO_Error")?.string ?? ""
      throw AdapterError(
        .unavailable,
        "replication has stopped on \(database.displayName)"
          + (reason.isEmpty ? "" : ": " + reason),
        hint: "see SHOW \(word) STATUS there")
    }
    return .seconds(seconds)
  }
}

extension Value {
  /// A whole number, whichever way the protocol sent it.
  fileprivate var number: Int64? { integer ?? string.flatMap { Int64($0) } }
}
