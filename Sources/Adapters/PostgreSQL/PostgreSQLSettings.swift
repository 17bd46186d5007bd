import AdapterCore
import CPostgreSQL
import Glibc
import Platform

/// A target's parts and settings as libpq's keywords, and as settings of the session.
struct PostgreSQLSettings {
  /// Settings of the server that are worth a key of their own; `options=-c NAME=VALUE` sets any.
  private static let sessionKeys: Set<String> = [
    "search_path", "role", "timezone", "statement_timeout", "lock_timeout",
    "idle_in_transaction_session_timeout", "work_mem", "maintenance_work_mem", "synchronous_commit",
    "session_replication_role",
  ]
  /// Keywords that every libpq takes: to ask for all of them costs a look at the user database.
  private static let everyKeyword: Set<String> = [
    "sslmode", "sslrootcert", "sslcert", "sslkey", "port", "hostaddr", "application_name",
    "options",
    "target_session_attrs",
  ]
  /// What nb sets itself: its reading of values depends on it.
  private static let pinnedKeys: Set<String> = ["client_encoding"]

  /// Host by host, each with its port; empty: libpq's own sources name them.
  var hosts: [Target.Host]
  var user: String?
  var database: String?
  private let password: Secret?
  /// libpq's keywords in the order written.
  private var keywords: [Target.Setting] = []
  /// Set once the connection stands (set_config).
  private(set) var session: [Target.Setting] = []
  /// The target without secrets and settings.
  let displayName: String

  /// Throws `usage`, or `config` with the place in the file, for a key that neither libpq nor nb
  /// knows.
  init(_ address: Target.Address) throws(AdapterError) {
    hosts = address.hosts
    user = address.user
    password = address.password
    let name = address.path.hasPrefix("/") ? String(address.path.dropFirst()) : address.path
    database = name.isEmpty ? nil : name
    var shown = address
    shown.settings = []
    displayName = shown.redacted
    for setting in address.settings { try add(setting) }
  }

  private mutating func add(_ setting: Target.Setting) throws(AdapterError) {
    switch setting.key {
    case "dbname": database = setting.value
    case "user": user = setting.value
    // A host of its own takes the place of the URL's.
    case "host":
      hosts = []
      keywords.append(setting)
    // What JDBC calls it.
    case "ssl" where setting.value == "true":
      keywords.append(Target.Setting(key: "sslmode", value: "require"))
    case let key where Self.pinnedKeys.contains(key):
      throw setting.error("\(key) is always UTF8 here", hint: "leave it out")
    // libpq's psql refuses what its PQconnectStart takes for no limit.
    case "connect_timeout":
      keywords.append(try Self.inSeconds(setting))
    case let key where Self.everyKeyword.contains(key): keywords.append(setting)
    case let key where Self.sessionKeys.contains(key.lowercased()):
      session.append(setting)
    case let key:
      let known = Self.libraryKeywords()
      if known.contains(key) { return keywords.append(setting) }
      let names = known.union(Self.sessionKeys)
      throw setting.error(
        "PostgreSQL has no setting '\(key)'",
        hint: closestMatch(to: key, in: names.sorted()).map { "did you mean '\($0)'?" }
          ?? "options=-c%20NAME%3DVALUE sets any setting of the server")
    }
  }

  /// The setting in whole seconds, rounded up; a bare number is seconds, and 0 no limit.
  private static func inSeconds(_ setting: Target.Setting) throws(AdapterError) -> Target.Setting {
    if Int32(setting.value) != nil { return setting }
    let duration = try setting.duration()
    var setting = setting
    setting.value = String(Int32(clamping: duration.secondsRoundedUp))
    return setting
  }

  /// The keywords that this libpq takes (PQconndefaults).
  private static func libraryKeywords() -> Set<String> {
    guard let options = PQconndefaults() else { return [] }
    defer { PQconninfoFree(options) }
    var names: Set<String> = []
    var option = options
    while let name = option.pointee.keyword {
      names.insert(String(cString: name))
      option += 1
    }
    return names
  }

  /// Whether a host's name may have to be looked up: not for addresses and folders of sockets.
  var looksUpNames: Bool {
    if keywords.contains(where: { $0.key == "hostaddr" }) { return false }
    let names = hosts.map(\.name) + keywords.filter { $0.key == "host" }.map(\.value)
    guard !names.isEmpty else { return true }
    return names.contains { name in
      !name.hasPrefix("/") && !name.contains(":")
        && !name.allSatisfy { $0.isNumber || $0 == "." || $0 == "," }
    }
  }

  /// Keywords and values for PQconnectStartParams.
  func parameters() -> [(keyword: String, value: String)] {
    var list: [(String, String)] = [
      ("client_encoding", "UTF8"), ("fallback_application_name", "nb"),
    ]
    if !hosts.isEmpty {
      list.append(("host", hosts.map(\.name).joined(separator: ",")))
      if hosts.contains(where: { $0.port != nil }) {
        list.append(("port", hosts.map { $0.port.map(String.init) ?? "" }.joined(separator: ",")))
      }
    }
    if let user { list.append(("user", user)) }
    if let password { list.append(("password", password.reveal())) }
    if let database { list.append(("dbname", database)) }
    return list + keywords.map { ($0.key, $0.value) } + verification() + encryption()
  }

  /// Where nothing hints at Kerberos libpq need not load it to look for a ticket, by which it would
  /// encrypt: half a millisecond of each start.
  private func encryption() -> [(keyword: String, value: String)] {
    let variables = [
      "PGGSSENCMODE", "PGSERVICE", "KRB5CCNAME", "KRB5_CONFIG", "KRB5_CLIENT_KTNAME",
    ]
    let files = ["/etc/krb5.conf", "/tmp/krb5cc_\(getuid())"]
    let mayHaveTicket =
      keywords.contains { $0.key == "gssencmode" || $0.key == "service" }
      || variables.contains { Environment.value($0) != nil }
      || files.contains(where: FileSystem.exists)
    return mayHaveTicket ? [] : [("gssencmode", "disable")]
  }

  /// What makes an authority mean the same as with MySQL: by itself it is verified by, and what verifies
  /// without naming one takes the system's. libpq would verify nothing, or look for a file of the user's
  /// only. A service file is left alone, for it may say either.
  private func verification() -> [(keyword: String, value: String)] {
    let given = Dictionary(keywords.map { ($0.key, $0.value) }) { _, last in last }
    guard given["service"] == nil, Environment.value("PGSERVICE") == nil else { return [] }
    let mode = given["sslmode"] ?? Environment.nonEmptyValue("PGSSLMODE")
    switch (given["sslrootcert"], mode) {
    case ("system", _): return Self.systemAuthorities + (mode == nil ? Self.verifyCA : [])
    case (.some, nil): return Self.verifyCA
    case (nil, "verify-ca"), (nil, "verify-full"):
      let home = Environment.value("HOME") ?? ""
      let isNamed =
        Environment.value("PGSSLROOTCERT") != nil
        || FileSystem.exists(home + "/.postgresql/root.crt")
      return isNamed ? [] : Self.systemAuthorities
    default: return []
    }
  }

  private static var systemAuthorities: [(keyword: String, value: String)] {
    TLSOptions.systemAuthorityFile.map { [("sslrootcert", $0)] } ?? []
  }

  private static let verifyCA = [(keyword: "sslmode", value: "verify-ca")]

  /// The setting that a message of libpq's about a malformed value is about.
  func setting(namedIn message: String) -> Target.Setting? {
    // keepalives_idle holds keepalives.
    keywords.filter { message.contains($0.key) }.max { $0.key.utf8.count < $1.key.utf8.count }
  }

  /// `text` without any secret that was given. Within a word it stays: a gap in a word that everybody
  /// knows would tell the secret.
  func redact(_ text: String) -> String {
    var secrets = keywords.filter { Secret.isSecretName($0.key) }.map(\.value)
    if let password { secrets.append(password.reveal()) }
    var text = text
    for secret in secrets where !secret.isEmpty {
      var parts = text.split(separator: secret, omittingEmptySubsequences: false)[...]
      var shown = String(parts.popFirst() ?? "")
      for part in parts {
        let isWithinWord = [shown.last, part.first].contains { $0?.isLetter ?? false }
        shown += (isWithinWord ? secret : "***") + part
      }
      text = shown
    }
    return text
  }
}
