import AdapterCore
import CSQLite

/// The settings of a target or profile, as SQLite's PRAGMAs and file name parameters.
struct SQLiteSettings {
  /// Parameters of SQLite's own URI file names.
  private static let uriParameters: Set<String> = ["immutable", "nolock", "vfs", "psow"]
  /// PRAGMAs that change the file; they are left alone on a connection that only reads, so that one
  /// profile serves `query` and `exec`.
  static let writingPragmas: Set<String> = [
    "application_id", "auto_vacuum", "encoding", "journal_mode", "page_size", "schema_version",
    "user_version",
  ]

  /// How long a lock is waited for, as the settings say; nil when they don't.
  private(set) var busyTimeout: Duration?
  /// In the order written; the keys are PRAGMAs in lower case.
  private(set) var pragmas: [Target.Setting] = []
  private var uriSettings: [Target.Setting] = []

  /// Throws for a name that SQLite does not have and for a value that it would ignore: `config` with
  /// the place when it stands in a file, otherwise `usage`.
  init(_ settings: [Target.Setting]) throws(AdapterError) {
    for setting in settings {
      if setting.key == "busy_timeout" {
        busyTimeout = try Self.duration(setting)
      } else if Self.uriParameters.contains(setting.key) {
        uriSettings.append(try Self.checked(setting))
      } else {
        var pragma = setting
        if pragma.key.hasPrefix("pragma.") { pragma.key.removeFirst("pragma.".count) }
        pragma.key = pragma.key.lowercased()
        pragmas.append(try Self.checked(pragma))
      }
    }
  }

  /// A bare number is milliseconds, as in SQLite's own PRAGMA; otherwise a duration with its unit.
  private static func duration(_ setting: Target.Setting) throws(AdapterError) -> Duration {
    if let number = Int(setting.value) {
      if (0...86_400_000).contains(number) { return .milliseconds(number) }
    } else if let duration = Duration(nbText: setting.value) {
      return duration
    }
    throw setting.error(
      "busy_timeout takes milliseconds or a duration such as 5s, not '\(setting.value)'")
  }

  private static func checked(_ setting: Target.Setting) throws(AdapterError) -> Target.Setting {
    if setting.key == "vfs" {
      guard sqlite3_vfs_find(setting.value) != nil else {
        throw setting.error("SQLite has no vfs '\(setting.value)'")
      }
    } else if let kind = SQLiteSettingKind.known[setting.key] {
      guard kind.accepts(setting.value) else {
        throw setting.error(
          "\(setting.key) \(kind.requirement), not '\(setting.value)'",
          hint: kind.suggestion(for: setting.value).map { "did you mean '\($0)'?" })
      }
    } else {
      try checkName(setting)
      guard !setting.value.isEmpty else { throw setting.error("\(setting.key) has no value") }
    }
    return setting
  }

  /// SQLite ignores a PRAGMA it does not know, and so a typo.
  private static func checkName(_ setting: Target.Setting) throws(AdapterError) {
    let pragmas = SQLiteCatalog.pragmas
    guard !pragmas.contains(setting.key) else { return }
    let names = ["busy_timeout"] + uriParameters.sorted() + pragmas + QueueKeys.all
    throw setting.error(
      "SQLite has no setting '\(setting.key)'",
      hint: closestMatch(to: setting.key, in: names).map { "did you mean '\($0)'?" }
        ?? "`nb help targets` shows the usual ones, `nb db query :memory: 'PRAGMA pragma_list'` all"
    )
  }

  private static func isASCIIAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// What sqlite3_open_v2 is given: the path, or a `file:` URI when a parameter needs one, or when
  /// the path itself would be taken for one.
  func fileName(for path: String) -> String {
    if path == ":memory:" { return path }
    guard !uriSettings.isEmpty || path.hasPrefix("file:") || path.hasPrefix(":") else {
      return path
    }
    let absolute = path.hasPrefix("/") ? path : "./" + path
    let query = uriSettings.map { "\($0.key)=\(percentEncode($0.value))" }.joined(separator: "&")
    return "file:" + percentEncode(absolute) + (query.isEmpty ? "" : "?" + query)
  }

  private func percentEncode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if Self.isASCIIAlphanumeric(byte) || "/._-".utf8.contains(byte) {
        encoded.append(byte)
      } else {
        encoded += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
