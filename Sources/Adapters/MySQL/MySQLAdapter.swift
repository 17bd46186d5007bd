import AdapterCore
import CMariaDB
import Platform

/// MariaDB and MySQL as an adapter of the `SQLDatabase` port, by libmariadb.
public enum MySQLAdapter {
  public static let schemes = ["mysql", "mariadb"]

  public static let library = ClientLibrary(
    "libmariadb", package: "libmariadb3", serves: "mysql: and mariadb: databases",
    client: nb_mariadb,
    version: { mysql_get_client_info().map { String(cString: $0) } ?? "" })

  /// mysql_init sets the library up as well, but not for two threads at once.
  private static let isSetUp = nb_mysql_set_up() == 0

  /// Connects to the first host of `address` that answers; without a host, to the Unix socket.
  ///
  /// Throws `unavailable` when none answers, `denied` for a wrong password and for TLS that is not as
  /// demanded, `notFound` for an unknown database, `temporary` when the server has no connection
  /// left, `usage` or `config` for an unknown setting.
  public static func open(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any SQLDatabase {
    let start = MonotonicInstant.now
    try library.require()
    guard isSetUp else { throw AdapterError(.unavailable, "libmariadb cannot be set up") }
    let endpoints = try MySQLEndpoint.all(of: address, options)
    let database = try connect(endpoints, address, options.access, operation)
    operation.metrics.recordConnect(MonotonicInstant.now.since(start))
    return database
  }

  /// Tries the hosts in order; only one that cannot be reached, that has no connection left, or that is
  /// not of the role asked for, makes it go on to the next.
  private static func connect(
    _ endpoints: [MySQLEndpoint], _ address: Target.Address, _ access: SQLOpenOptions.Access,
    _ operation: OperationContext
  ) throws(AdapterError) -> MySQLDatabase {
    var failures: [AdapterError] = []
    for endpoint in endpoints {
      do throws(AdapterError) {
        let connection = try endpoint.connect(operation)
        let database = MySQLDatabase(
          connection, to: endpoint, displayName: address.redacted, access: access, operation)
        try check(endpoint.settings.role, of: database, endpoint)
        return database
      } catch {
        guard error.kind == .unavailable || error.kind == .temporary else { throw error }
        failures.append(error)
      }
    }
    guard var error = failures.popLast() else {
      throw AdapterError(.usage, "malformed \(address.scheme) URL: it has no host")
    }
    error.details += failures.map(\.message)
    throw error
  }

  /// Throws `unavailable` for a host that is not of this role; asks nothing when any will do.
  private static func check(
    _ role: MySQLSettings.HostRole, of database: MySQLDatabase, _ endpoint: MySQLEndpoint
  ) throws(AdapterError) {
    guard let wanted = role.isReadOnly else { return }
    let value = try database.rows("SELECT @@global.read_only").first?.first
    guard value != .int(wanted ? 1 : 0) else { return }
    database.close()
    throw AdapterError(
      .unavailable,
      "\(endpoint.place) is \(wanted ? "not read-only" : "read-only"), and target_session_attrs "
        + "asks for \(role.rawValue)",
      hint: "add the other hosts to the URL, separated by commas")
  }
}
