import AdapterCore
import CPostgreSQL
import Platform

/// PostgreSQL as an adapter of the `SQLDatabase` port, by libpq, which is loaded on first use.
public enum PostgreSQLAdapter {
  public static let schemes = ["postgres", "postgresql"]

  public static let library = ClientLibrary(
    "libpq", package: "libpq5", serves: "postgres: databases", client: nb_postgresql,
    version: { versionText(PQlibVersion()) })

  /// 150020 is 15.20 (PQlibVersion, PQserverVersion).
  static func versionText(_ number: Int32) -> String { "\(number / 10000).\(number % 10000)" }

  /// Connects to the server and database that `address` and libpq's own sources (PGHOST and its kin,
  /// ~/.pgpass, service files) name.
  ///
  /// Throws `unavailable` when no server answers, `denied` when it refuses the user or its
  /// certificate is not good, `notFound` for an unknown database unless `options.access` is
  /// `create`, `temporary` when it takes no connection now, `usage` or `config` for an unknown
  /// setting.
  public static func open(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any SQLDatabase {
    try library.require()
    let start = MonotonicInstant.now
    let settings = try PostgreSQLSettings(address)
    let connection: PostgreSQLConnection
    do throws(AdapterError) {
      connection = try PostgreSQLConnector(settings, operation).connect()
    } catch {
      guard error.code == "3D000", options.access == .create else { throw error }
      try createDatabase(settings, operation)
      connection = try PostgreSQLConnector(settings, operation).connect()
    }
    let database = PostgreSQLDatabase(connection, access: options.access)
    try database.configure(settings)
    if !settings.session.contains(where: { $0.key.lowercased() == "lock_timeout" }) {
      database.lockWait = options.serverLockWait
    }
    operation.metrics.recordConnect(MonotonicInstant.now.since(start))
    return database
  }

  /// Creates the database that `settings` name, from the one that every server has.
  private static func createDatabase(
    _ settings: PostgreSQLSettings, _ operation: OperationContext
  ) throws(AdapterError) {
    var maintenance = settings
    maintenance.database = "postgres"
    let database = PostgreSQLDatabase(
      try PostgreSQLConnector(maintenance, operation).connect(), access: .write)
    defer { database.close() }
    let name = database.dialect.quote(settings.database ?? settings.user ?? "")
    do throws(AdapterError) {
      try database.run("CREATE DATABASE \(name)")
    } catch {
      // Another process was quicker.
      guard error.code == "42P04" else { throw error }
    }
  }
}
