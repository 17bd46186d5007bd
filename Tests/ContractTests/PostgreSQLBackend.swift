import AdapterCore
import TestSupport

extension SQLBackend {
  static let postgresql = SQLBackend(
    name: "PostgreSQL", makeDatabase: { try PostgreSQLScratch() },
    types: Types(
      integer: "bigint", real: "double precision", text: "text", key: "varchar(100)",
      bytes: "bytea", json: "json", decimal: "numeric(38, 9)", boolean: "boolean"),
    slowQuery: "SELECT pg_sleep(600)",
    endlessQuery: "SELECT generate_series(1::bigint, 100000000000) AS i",
    impatient: [Target.Setting(key: "lock_timeout", value: "100ms")],
    // 1,600, but a row must fit on a page of 8 KiB.
    patient: [Target.Setting(key: "lock_timeout", value: "10min")], maximumColumns: 990,
    features: [.backup, .search, .statistics, .partitions])
}

/// A database of its own on the test server.
final class PostgreSQLScratch: ScratchDatabase {
  private let database: TestDatabase
  let address: Target.Address

  init() throws {
    database = try TestDatabase(on: TestServers.postgres)
    address = try database.address
  }
}

extension TestDatabase {
  /// Its URL, parsed.
  var address: Target.Address {
    get throws {
      switch try Target.parse(url) {
      case .address(let address): address
      case .profile: throw AdapterError(.bug, "the database's URL names a profile")
      }
    }
  }
}
