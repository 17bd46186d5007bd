import AdapterCore
import CMariaDB
import Platform

/// Where, as whom and how to connect: all that one connection takes, and another beside it.
struct MySQLEndpoint: Sendable {
  /// nil: the Unix socket.
  var host: Target.Host?
  var user: String?
  var password: Secret?
  var database: String?
  var settings: MySQLSettings
  /// Statements that begin the session.
  var initialCommands: [String]
  /// Whether rows may be loaded by LOAD DATA LOCAL.
  var mayLoad = false

  /// One per host of the address, in the order written.
  static func all(
    of address: Target.Address, _ options: SQLOpenOptions
  ) throws(AdapterError) -> [MySQLEndpoint] {
    let files = MySQLOptionFiles(home: Environment.value("HOME"))
    let address = try address.completed(by: files)
    let settings = try MySQLSettings(address.settings)
    // What the target itself sets comes behind.
    var commands = options.serverLockWait.map(MySQLSettings.lockWait) ?? []
    commands += settings.initialCommands
    // Every transaction of the session is one for reading, that of a single statement too.
    if options.access == .read { commands.append("SET SESSION TRANSACTION READ ONLY") }
    let path = address.path.drop { $0 == "/" }
    let endpoint = MySQLEndpoint(
      user: address.user, password: address.password,
      database: path.isEmpty ? nil : String(path), settings: settings, initialCommands: commands,
      mayLoad: options.access != .read)
    let hosts = address.hosts
    guard !hosts.isEmpty, settings.socket == nil else { return [endpoint] }
    return hosts.map { host in
      var endpoint = endpoint
      endpoint.host = host
      return endpoint
    }
  }

  /// For messages: `db.example:3306`, or the path of the socket.
  var place: String {
    guard let host else { return settings.socket ?? "the local socket" }
    return host.name.contains(":")
      ? "[\(host.name)]:\(host.port ?? 3306)" : "\(host.name):\(host.port ?? 3306)"
  }

  /// Connects on a thread of its own, which is left to itself when the operation must stop first:
  /// neither the lookup of a name nor the wait for a server that does not answer can be interrupted.
  func connect(_ operation: OperationContext) throws(AdapterError) -> MySQLConnection {
    switch try operation.runApart("nb-connect", { connectNow() }) {
    case .connected(let connection): return connection
    case .failed(let failure): throw error(for: failure)
    case .outOfMemory: throw AdapterError(.io, "there is no memory for a connection")
    }
  }

  enum Outcome: Sendable {
    case connected(MySQLConnection)
    case failed(MySQLFailure)
    case outOfMemory
  }

  /// Connects, waiting as long as the connect timeout says (mysql_real_connect).
  func connectNow() -> Outcome {
    guard let connection = MySQLConnection() else { return .outOfMemory }
    configure(connection.handle)
    let flags = UInt(CLIENT_FOUND_ROWS) | UInt(CLIENT_MULTI_RESULTS)
    let result = mysql_real_connect(
      connection.handle, host?.name, user, password?.reveal(), database,
      UInt32(host?.port ?? 0), settings.socket, flags)
    guard result != nil else { return .failed(connection.failure) }
    connection.localFile.withdraw(on: connection.handle)
    return .connected(connection)
  }

  private func configure(_ handle: UnsafeMutablePointer<MYSQL>) {
    nb_mysql_set_text(handle, MYSQL_SET_CHARSET_NAME, settings.characterSet)
    // The library's limit for a row is a server's for a value, 1 GiB; what is longer would look like a
    // lost connection.
    nb_mysql_set_size(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, Int(UInt32.max))
    nb_mysql_set_number(handle, MYSQL_OPT_CONNECT_TIMEOUT, settings.connectTimeout)
    if let seconds = settings.readTimeout {
      nb_mysql_set_number(handle, MYSQL_OPT_READ_TIMEOUT, seconds)
    }
    if let seconds = settings.writeTimeout {
      nb_mysql_set_number(handle, MYSQL_OPT_WRITE_TIMEOUT, seconds)
    }
    let `protocol` = host == nil ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP
    nb_mysql_set_number(handle, MYSQL_OPT_PROTOCOL, `protocol`.rawValue)
    if settings.isCompressed { nb_mysql_set_text(handle, MYSQL_OPT_COMPRESS, nil) }
    nb_mysql_set_attribute(handle, "program_name", settings.programName)
    for command in initialCommands { nb_mysql_set_text(handle, MYSQL_INIT_COMMAND, command) }
    if let directory = settings.pluginDirectory {
      nb_mysql_set_text(handle, MYSQL_PLUGIN_DIR, directory)
    }
    // The server is told that it may ask; MySQLLocalFile decides what it gets.
    nb_mysql_set_number(handle, MYSQL_OPT_LOCAL_INFILE, mayLoad ? 1 : 0)
    configureTLS(handle)
    configureAuthentication(handle)
  }

  /// Without TLS no more is demanded over a Unix socket, as libpq does it.
  private var demandsTLS: Bool {
    host != nil && settings.tls != .disable && settings.tls != .prefer
  }

  private func configureTLS(_ handle: UnsafeMutablePointer<MYSQL>) {
    nb_mysql_set_flag(
      handle, MYSQL_OPT_SSL_ENFORCE, host != nil && settings.tls != .disable ? 1 : 0)
    guard host != nil, settings.tls != .disable else { return }
    // A root certificate makes libmariadb verify the chain; the option also verifies the name.
    nb_mysql_set_flag(
      handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, settings.tls == .verifyFull ? 1 : 0)
    switch settings.trustedCertificate {
    case "system": nb_mysql_set_text(handle, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs")
    case let path?: nb_mysql_set_text(handle, MYSQL_OPT_SSL_CA, path)
    case nil: break
    }
    let texts: [(mysql_option, String?)] = [
      (MYSQL_OPT_SSL_CERT, settings.certificate), (MYSQL_OPT_SSL_KEY, settings.key),
      (MYSQL_OPT_SSL_CRL, settings.revocationList), (MYSQL_OPT_SSL_CIPHER, settings.ciphers),
      (MARIADB_OPT_TLS_VERSION, settings.tlsVersions),
      (MARIADB_OPT_TLS_PASSPHRASE, settings.keyPassphrase?.reveal()),
    ]
    for (option, text) in texts { if let text { nb_mysql_set_text(handle, option, text) } }
  }

  private func configureAuthentication(_ handle: UnsafeMutablePointer<MYSQL>) {
    if demandsTLS {
      nb_mysql_set_text(handle, MYSQL_DEFAULT_AUTH, nb_mysql_tls_guard)
    } else if let name = settings.defaultAuthentication {
      nb_mysql_set_text(handle, MYSQL_DEFAULT_AUTH, name)
    }
    // Any server may ask for the password itself; it is given only where that was asked for here.
    var allowed = [
      String(cString: nb_mysql_tls_guard), "mysql_native_password", "client_ed25519",
      "caching_sha2_password", "sha256_password", "auth_gssapi_client", "parsec",
    ]
    if let name = settings.defaultAuthentication { allowed.append(name) }
    nb_mysql_set_text(
      handle, MARIADB_OPT_RESTRICTED_AUTH, allowed.joined(separator: ","))
  }
}
