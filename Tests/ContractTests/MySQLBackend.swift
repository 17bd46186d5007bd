import AdapterCore
import TestSupport

extension SQLBackend {
  static let mariadb = SQLBackend(
    name: "MariaDB", makeDatabase: { try MySQLScratch() },
    types: Types(
      integer: "BIGINT", real: "DOUBLE", text: "LONGTEXT", key: "VARCHAR(100)",
      bytes: "LONGBLOB", json: "JSON", decimal: "DECIMAL(29,9)", boolean: "BOOLEAN"),
    trueReadsAs: .int(1), storesNUL: true,
    slowQuery: "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq < b.seq",
    endlessQuery: "SELECT a.seq FROM seq_1_to_1000000 a, seq_1_to_1000000 b",
    impatient: [Target.Setting(key: "lock_timeout", value: "1s")],
    patient: [Target.Setting(key: "lock_timeout", value: "10m")], maximumColumns: 900,
    features: [.backup, .search, .statistics, .partitions])
}

/// A database of its own on the run's server.
final class MySQLScratch: ScratchDatabase {
  private let database: TestDatabase
  let address: Target.Address

  init() throws {
    database = try TestDatabase(on: TestServers.mariadb)
    address = try database.address
  }
}
