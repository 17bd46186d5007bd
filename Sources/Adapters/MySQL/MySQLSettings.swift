import AdapterCore

/// The settings of a target, profile or option file, as libmariadb's options and the session's
/// first statements.
struct MySQLSettings {
  /// How much of TLS is demanded; the meanings are those of libpq's sslmode.
  enum TLSMode: String, CaseIterable {
    case disable, prefer, require
    case verifyCA = "verify-ca"
    case verifyFull = "verify-full"
  }

  /// Which of several hosts is wanted; libpq's words, by what the server's read_only says.
  enum HostRole: String, CaseIterable {
    case any, primary, standby
    case readWrite = "read-write"
    case readOnly = "read-only"

    /// What read_only must be; nil: either.
    var isReadOnly: Bool? {
      switch self {
      case .any: nil
      case .primary, .readWrite: false
      case .standby, .readOnly: true
      }
    }
  }

  private(set) var role = HostRole.any
  private(set) var tls = TLSMode.prefer
  private var isTLSModeGiven = false
  private var rootCertificate: String?
  private(set) var certificate: String?
  private(set) var key: String?
  private(set) var keyPassphrase: Secret?
  private(set) var revocationList: String?
  private(set) var ciphers: String?
  private(set) var tlsVersions: String?
  /// The path of the server's Unix socket.
  private(set) var socket: String?
  /// In seconds.
  private(set) var connectTimeout: UInt32 = 30
  private(set) var readTimeout: UInt32?
  private(set) var writeTimeout: UInt32?
  private(set) var isCompressed = false
  private(set) var characterSet = "utf8mb4"
  private(set) var defaultAuthentication: String?
  private(set) var pluginDirectory: String?
  private(set) var programName = "nb"
  /// Run on every new connection, in the order written.
  private(set) var initialCommands: [String] = []
  /// The settings that became such commands.
  private var sessionSettings: [Target.Setting] = []

  /// The authority that the server's certificate is verified by; "system": the system's. As with libpq
  /// `sslmode=prefer` verifies nothing, for it does without TLS as well.
  var trustedCertificate: String? { tls == .prefer ? nil : rootCertificate }

  /// Names that other programs use for a setting.
  private static let aliases = [
    "ssl-mode": "sslmode", "ssl_mode": "sslmode", "ssl-ca": "sslrootcert", "ssl_ca": "sslrootcert",
    "ssl-cert": "sslcert", "ssl_cert": "sslcert", "ssl-key": "sslkey", "ssl_key": "sslkey",
    "ssl-crl": "sslcrl", "ssl_crl": "sslcrl", "ssl-cipher": "sslcipher",
    "ssl_cipher": "sslcipher", "tls-version": "tls_version", "connect-timeout": "connect_timeout",
    "read-timeout": "read_timeout", "write-timeout": "write_timeout",
    "default-character-set": "charset", "character_set": "charset", "unix_socket": "socket",
    "init-command": "init_command", "default-auth": "default_auth", "plugin-dir": "plugin_dir",
    "application_name": "program_name", "passphrase": "sslpassword",
    "ssl-passphrase": "sslpassword", "time-zone": "time_zone",
  ]

  /// Every setting by its own name, for messages.
  private static let names = [
    "charset", "collation", "compress", "connect_timeout", "default_auth", "init_command",
    "lock_timeout", "plugin_dir", "program_name", "read_timeout", "socket", "sql_mode", "sslcert",
    "sslcipher", "sslcrl", "sslkey", "sslmode", "sslpassword", "sslrootcert",
    "target_session_attrs", "time_zone", "tls_version", "write_timeout",
  ]

  /// Settings that an option file may give; it may hold any other program's options as well.
  static let fileSettings: Set<String> = [
    "compress", "connect_timeout", "default_auth", "init_command", "plugin_dir", "sslcert",
    "sslcipher", "sslcrl", "sslkey", "sslmode", "sslpassword", "sslrootcert", "tls_version",
  ]

  /// The setting's own name for one of its spellings.
  static func canonicalName(_ name: String) -> String { aliases[name] ?? name }

  /// Throws `usage`, or `config` for a setting of a file, for a name or value that is none.
  init(_ settings: [Target.Setting]) throws(AdapterError) {
    for setting in settings { try apply(setting) }
    if rootCertificate != nil, !isTLSModeGiven { tls = .verifyCA }
    if tls == .verifyCA || tls == .verifyFull, rootCertificate == nil {
      rootCertificate = "system"
    }
  }

  private mutating func apply(_ setting: Target.Setting) throws(AdapterError) {
    let value = setting.value
    let commandCount = initialCommands.count
    defer { if initialCommands.count > commandCount { sessionSettings.append(setting) } }
    switch Self.canonicalName(setting.key) {
    case "sslmode":
      tls = try Self.tlsMode(setting)
      isTLSModeGiven = true
    case "target_session_attrs": role = try Self.role(setting)
    case "sslrootcert": rootCertificate = value
    case "sslcert": certificate = value
    case "sslkey": key = value
    case "sslpassword": keyPassphrase = Secret(value)
    case "sslcrl": revocationList = value
    case "sslcipher": ciphers = value
    case "tls_version": tlsVersions = value
    case "socket": socket = value
    case "connect_timeout": connectTimeout = max(1, try Self.seconds(setting))
    case "read_timeout": readTimeout = try Self.seconds(setting)
    case "write_timeout": writeTimeout = try Self.seconds(setting)
    case "compress": isCompressed = try Self.flag(setting)
    case "charset":
      // What nb sends and takes is UTF-8.
      guard ["utf8mb4", "utf8mb3", "utf8"].contains(value.lowercased()) else {
        throw setting.error(
          "charset takes utf8mb4, utf8mb3 or utf8, not '\(value)'",
          hint: "the server converts columns of other character sets")
      }
      characterSet = value.lowercased()
    case "collation": addVariable("collation_connection", "'\(try Self.name(setting))'")
    case "default_auth": defaultAuthentication = try Self.name(setting)
    case "plugin_dir": pluginDirectory = value
    case "program_name": programName = value
    case "init_command": initialCommands.append(value)
    case "sql_mode": addVariable("sql_mode", SQLDialect.mysql.literal(try Self.name(setting)))
    case "time_zone": addVariable("time_zone", SQLDialect.mysql.literal(try Self.name(setting)))
    case "lock_timeout":
      initialCommands += Self.lockWait(seconds: try Self.seconds(setting))
    default: throw Self.unknown(setting)
    }
  }

  /// The statements that bound waits for a lock, in whole seconds.
  static func lockWait(_ wait: Duration) -> [String] {
    lockWait(seconds: UInt32(clamping: wait.secondsRoundedUp))
  }

  private static func lockWait(seconds: UInt32) -> [String] {
    [
      "SET SESSION innodb_lock_wait_timeout = \(seconds), "
        + "SESSION lock_wait_timeout = \(max(1, seconds))"
    ]
  }

  /// The setting whose command the server refused: ER_WRONG_VALUE_FOR_VAR, ER_UNKNOWN_COLLATION,
  /// ER_UNKNOWN_TIME_ZONE, and any other error where one command was given.
  func setting(refusedWith number: UInt32, _ message: String) -> Target.Setting? {
    let names: [UInt32: String] = [1231: "sql_mode", 1273: "collation", 1298: "time_zone"]
    let name = names[number] ?? "init_command"
    return sessionSettings.first { Self.canonicalName($0.key) == name }
  }

  /// The files that TLS needs, by their settings.
  var tlsFiles: [(name: String, path: String)] {
    [
      ("sslrootcert", trustedCertificate == "system" ? nil : trustedCertificate),
      ("sslcert", certificate), ("sslkey", key), ("sslcrl", revocationList),
    ].compactMap { name, path in path.map { (name, $0) } }
  }

  private mutating func addVariable(_ name: String, _ value: String) {
    initialCommands.append("SET SESSION \(name) = \(value)")
  }

  private static func unknown(_ setting: Target.Setting) -> AdapterError {
    let close = closestMatch(to: setting.key, in: names + aliases.keys.sorted())
    return setting.error(
      "MySQL has no setting '\(setting.key)'",
      hint: close.map { "did you mean '\($0)'?" }
        ?? "the settings are \(names.joined(separator: ", "))")
  }

  private static func role(_ setting: Target.Setting) throws(AdapterError) -> HostRole {
    if let role = HostRole(rawValue: setting.value) { return role }
    let known = HostRole.allCases.map(\.rawValue)
    throw setting.error(
      "target_session_attrs takes one of \(known.joined(separator: ", ")), not '\(setting.value)'",
      hint: closestMatch(to: setting.value, in: known).map { "did you mean '\($0)'?" }
        ?? "see nb help targets")
  }

  private static func tlsMode(_ setting: Target.Setting) throws(AdapterError) -> TLSMode {
    let text = setting.value.lowercased()
    // MySQL's own names (--ssl-mode).
    let names: [String: TLSMode] = [
      "disabled": .disable, "preferred": .prefer, "allow": .prefer, "required": .require,
      "verify_ca": .verifyCA, "verify_identity": .verifyFull, "verify-identity": .verifyFull,
    ]
    if let mode = TLSMode(rawValue: text) ?? names[text] { return mode }
    let known = TLSMode.allCases.map(\.rawValue)
    throw setting.error(
      "sslmode takes one of \(known.joined(separator: ", ")), not '\(setting.value)'",
      hint: closestMatch(to: text, in: known + names.keys.sorted()).map { "did you mean '\($0)'?" }
        ?? "see nb help targets")
  }

  /// A duration in whole seconds, rounded up; a bare number is seconds.
  private static func seconds(_ setting: Target.Setting) throws(AdapterError) -> UInt32 {
    let duration = try setting.duration()
    return UInt32(clamping: duration.secondsRoundedUp)
  }

  private static func flag(_ setting: Target.Setting) throws(AdapterError) -> Bool {
    switch setting.value.lowercased() {
    case "true", "yes", "on", "1", "": true
    case "false", "no", "off", "0": false
    default: throw setting.error("\(setting.key) takes true or false, not '\(setting.value)'")
    }
  }

  /// A value that becomes part of a statement: names, lists of names and time zones.
  private static func name(_ setting: Target.Setting) throws(AdapterError) -> String {
    let isPlain = setting.value.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "_-+:,/".utf8.contains(byte)
      }
    }
    guard isPlain else {
      throw setting.error("'\(setting.value)' is not a value for \(setting.key)")
    }
    return setting.value
  }
}

extension MySQLSettings {
  /// Bounds every wait of a connection, in seconds.
  mutating func limitWaits(seconds: UInt32) {
    connectTimeout = min(connectTimeout, seconds)
    readTimeout = min(readTimeout ?? seconds, seconds)
    writeTimeout = min(writeTimeout ?? seconds, seconds)
  }
}
