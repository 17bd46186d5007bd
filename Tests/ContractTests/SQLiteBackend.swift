import AdapterCore
import TestSupport

extension SQLBackend {
  static let sqlite = SQLBackend(
    name: "SQLite", makeDatabase: { try SQLiteScratch() },
    types: Types(
      integer: "INTEGER", real: "REAL", text: "TEXT", key: "TEXT", bytes: "BLOB", json: "JSON",
      decimal: "TEXT", boolean: "BOOLEAN"),
    trueReadsAs: .int(1), decimalReadsAs: { .text($0) }, storesNUL: true,
    slowQuery: """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000)
      SELECT max(i) FROM n
      """,
    endlessQuery: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    impatient: [Target.Setting(key: "busy_timeout", value: "100")],
    patient: [Target.Setting(key: "busy_timeout", value: "10m")], maximumColumns: 2000,
    features: [.backup, .search, .statistics])
}

/// A file in a folder of its own.
private final class SQLiteScratch: ScratchDatabase {
  private let directory: TemporaryDirectory
  let address: Target.Address

  init() throws {
    directory = try TemporaryDirectory()
    address = Target.Address(scheme: "sqlite", path: directory.file("test.db"))
    // SQLite's empty database is an empty file.
    try directory.write("", to: "test.db")
  }
}
