import AdapterCore

/// What a connection that was not made means: by SQLSTATE where the server gave one, otherwise by
/// libpq's words, which are English as nb sets no locale.
enum PostgreSQLConnectFailure {
  static func error(code: String?, reason: String) -> AdapterError {
    if let code { return error(sqlState: code, reason) }
    let words: [(String, ErrorKind, String?)] = [
      ("no password supplied", .denied, passwordHint),
      (
        "does not match host name", .denied, "connect by a name that the server's certificate holds"
      ),
      ("root certificate file", .config, "sslrootcert=FILE names the authority's certificate"),
      ("certificate file", .config, "sslcert=FILE is in PEM format"),
      ("private key file", .config, "sslkey=FILE is the key of sslcert; chmod 600"),
      (
        "certificate verify failed", .denied,
        "sslrootcert=FILE names the authority that signed the server's certificate"
      ),
      (
        "server does not support SSL", .denied, "sslmode=prefer would send everything in clear text"
      ),
      ("SSL error", .denied, nil), ("certificate", .denied, nil), ("private key", .denied, nil),
      ("channel binding", .denied, nil), ("authentication", .denied, nil),
      ("SCRAM", .denied, nil),
      ("could not translate host name", .unavailable, "check the host's name"),
      ("Connection refused", .unavailable, "is the server running there, and is the port right?"),
      ("No such file or directory", .unavailable, "is the server running, and is this its socket?"),
      (
        "connect_timeout", .unavailable,
        "the host does not answer; raise connect_timeout, or check the address"
      ),
      ("read-only", .unavailable, "target_session_attrs wants a server that takes writes"),
      ("standby", .unavailable, "no server is of the kind that target_session_attrs wants"),
    ]
    let found = words.first { reason.contains($0.0) }
    return AdapterError(
      found?.1 ?? .unavailable,
      reason.hasPrefix("SSL") ? reason : reason.prefix(1).lowercased() + reason.dropFirst(),
      hint: found?.2, isRetryable: (found?.1 ?? .unavailable) == .unavailable)
  }

  private static let passwordHint =
    "give it by PGPASSWORD, ~/.pgpass, a profile's password, or in the URL"

  private static func error(sqlState: String, _ reason: String) -> AdapterError {
    var error = AdapterError(.unavailable, reason, code: sqlState)
    switch sqlState {
    case "28P01":
      error.kind = .denied
      error.hint = "check user and password; " + passwordHint
    case "3D000":
      error.kind = .notFound
      error.hint = "check the name behind the host; --create creates it where a command has that"
    case "53300":
      error.kind = .temporary
      error.hint = "wait for others to end, raise max_connections, or connect through a pooler"
      error.isRetryable = true
    case "57P03", "57P01", "57P02":
      error.kind = .temporary
      error.hint = "the server is starting or stopping; nb db ping --wait waits for it"
      error.isRetryable = true
    case let code where code.hasPrefix("28"):
      error.kind = .denied
      error.hint = "the server's pg_hba.conf says who may connect from where, and how"
    case "42501": error.kind = .denied
    case "42704", "22023", "42601":
      error.kind = .usage
      error.hint = "a setting of the URL or profile is not one of this server's"
    default: break
    }
    return error
  }
}
