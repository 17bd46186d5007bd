import AdapterCore
import Platform

/// What Redis refuses, as errors of nb's; an error begins with its code in capitals.
enum RedisErrors {
  /// - Parameter text: the server's words: `WRONGPASS invalid username-password pair …`.
  static func make(_ text: String, _ place: String) -> AdapterError {
    let code = String(text.prefix { $0.isUppercase || $0.isNumber })
    func error(
      _ kind: ErrorKind, _ message: String, hint: String? = nil, isRetryable: Bool = false
    ) -> AdapterError {
      AdapterError(
        kind, "\(place): \(message)", code: code.isEmpty ? nil : code, hint: hint,
        isRetryable: isRetryable)
    }
    switch code {
    case "WRONGPASS", "NOAUTH":
      return error(
        .denied, text, hint: "give user and password: redis://USER:PASSWORD@HOST, or in a profile")
    case "NOPERM": return error(.denied, text, hint: permissions)
    case "LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "READONLY", "BUSY", "UNBLOCKED",
      "NOREPLICAS":
      return error(.temporary, text, isRetryable: true)
    case "OOM":
      return error(.temporary, text, hint: "its maxmemory is used up; consumers make room")
    case "MISCONF":
      return error(.temporary, text, hint: "the server cannot write its files; see its log")
    default: break
    }
    // Who has not logged in may send no long words, and the script is one.
    if text.contains("unauthenticated") {
      return make("NOAUTH Authentication required.", place)
    }
    // What a script may not do has no code of its own.
    if text.contains("The user executing the script can't") {
      return error(.denied, text, hint: permissions)
    }
    if isPassword(text) {
      return error(.denied, text, hint: "the server knows no such user, or wants no password")
    }
    if text.contains("max number of clients") {
      return error(.temporary, text, isRetryable: true)
    }
    if text.contains(Self.nonLocal) {
      return error(.temporary, "the cluster is moving the queue's keys", isRetryable: true)
    }
    if text.contains("DB index is out of range") || text.contains("SELECT is not allowed") {
      return error(.notFound, "there is no such database: \(text)", hint: "try database 0")
    }
    if text.hasPrefix("ERR unknown command") {
      return error(.unavailable, text, hint: "queues need Redis 6.2 or newer")
    }
    return error(.failed, text)
  }

  private static let permissions =
    "nb needs +@read +@write +@connection +@scripting +time ~{nb:* ~nb:*"

  /// A script met a key that has left this node: nothing was written.
  static let nonLocal = "access a non local key"

  private static func isPassword(_ text: String) -> Bool {
    text.contains("AUTH <password>") || text.contains("invalid password")
  }
}
