import AdapterCore

/// The settings of a target or profile, as SQLite's PRAGMAs and file name parameters.
struct SQLiteSettings {
  /// Parameters of SQLite's own URI file names.
  private static let uriParameters: Set<String> = ["immutable", "nolock", "vfs", "psow"]
  /// PRAGMAs that change the file; they are left alone on a connection that only reads, so that one
  /// profile serves `query` and `exec`.
  static let writingPragmas: Set<String> = [
    "application_id", "auto_vacuum", "encoding", "journal_mode", "page_size", "user_version",
  ]

  struct Pragma: Equatable {
    var name: String
    var value: String
  }

  /// How long a lock is waited for, in milliseconds.
  private(set) var busyTimeout = 5000
  /// In the order written.
  private(set) var pragmas: [Pragma] = []
  private var uriSettings: [Target.Setting] = []

  /// Throws `usage` for a busy_timeout that is no duration, and for a name or value that no PRAGMA has.
  init(_ settings: [Target.Setting]) throws(AdapterError) {
    for setting in settings {
      if Self.uriParameters.contains(setting.key) {
        uriSettings.append(setting)
      } else if setting.key == "busy_timeout" {
        busyTimeout = try Self.milliseconds(setting)
      } else {
        try addPragma(setting)
      }
    }
  }

  /// A bare number is milliseconds, as in SQLite's own PRAGMA; otherwise a duration with its unit.
  private static func milliseconds(_ setting: Target.Setting) throws(AdapterError) -> Int {
    if let number = Int(setting.value), (0...86_400_000).contains(number) { return number }
    if let duration = Duration(nbText: setting.value) {
      return Int(clamping: duration.inNanoseconds / 1_000_000)
    }
    throw AdapterError(
      .usage, "busy_timeout takes milliseconds or a duration such as 5s, not '\(setting.value)'")
  }

  private mutating func addPragma(_ setting: Target.Setting) throws(AdapterError) {
    let name = setting.key.hasPrefix("pragma.") ? String(setting.key.dropFirst(7)) : setting.key
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 0x5F || Self.isASCIIAlphanumeric($0) }) else {
      throw AdapterError(.usage, "'\(setting.key)' is not the name of an SQLite setting")
    }
    let value = setting.value
    let isPlain =
      !value.isEmpty
      && value.utf8.allSatisfy { Self.isASCIIAlphanumeric($0) || "_-+.".utf8.contains($0) }
    guard isPlain else {
      throw AdapterError(.usage, "'\(value)' is not a value for the SQLite setting \(name)")
    }
    pragmas.append(Pragma(name: name.lowercased(), value: value))
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
