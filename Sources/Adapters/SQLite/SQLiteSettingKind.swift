import AdapterCore

/// What values a setting takes. SQLite takes any text for a PRAGMA and goes on with its default when
/// it makes no sense of it, so nb looks first.
enum SQLiteSettingKind: Equatable {
  case boolean
  case integer(ClosedRange<Int64>)
  /// A word, or the number of its place where SQLite counts them from 0.
  case choice([String], isNumbered: Bool = false)
  /// A power of two (https://www.sqlite.org/pragma.html#pragma_page_size).
  case pageSize

  /// The settings with values that are known beforehand; other PRAGMAs take what SQLite takes.
  static let known: [String: SQLiteSettingKind] = {
    var kinds = numbersAndChoices
    for name in booleans { kinds[name] = .boolean }
    return kinds
  }()

  private static let booleans = [
    "automatic_index", "case_sensitive_like", "cell_size_check", "checkpoint_fullfsync",
    "defer_foreign_keys", "foreign_keys", "fullfsync", "ignore_check_constraints", "immutable",
    "legacy_alter_table", "nolock", "psow", "query_only", "read_uncommitted",
    "recursive_triggers", "reverse_unordered_selects", "trusted_schema",
  ]

  private static let numbersAndChoices: [String: SQLiteSettingKind] = [
    "analysis_limit": .integer(0...Int64(Int32.max)),
    "application_id": .integer(Int64(Int32.min)...Int64(Int32.max)),
    "auto_vacuum": .choice(["none", "full", "incremental"], isNumbered: true),
    "cache_size": .integer(Int64(Int32.min)...Int64(Int32.max)),
    "encoding": .choice(["utf-8", "utf-16", "utf-16le", "utf-16be"]),
    "hard_heap_limit": .integer(0...Int64.max),
    "journal_mode": .choice(["delete", "truncate", "persist", "memory", "wal", "off"]),
    "journal_size_limit": .integer(-1...Int64.max),
    "locking_mode": .choice(["normal", "exclusive"]),
    "max_page_count": .integer(1...Int64(UInt32.max) - 1),
    "mmap_size": .integer(-1...Int64.max),
    "page_size": .pageSize,
    "secure_delete": .choice(["off", "on", "fast"], isNumbered: true),
    "soft_heap_limit": .integer(0...Int64.max),
    "synchronous": .choice(["off", "normal", "full", "extra"], isNumbered: true),
    "temp_store": .choice(["default", "file", "memory"], isNumbered: true),
    "threads": .integer(0...Int64(Int32.max)),
    "user_version": .integer(Int64(Int32.min)...Int64(Int32.max)),
    "wal_autocheckpoint": .integer(Int64(Int32.min)...Int64(Int32.max)),
  ]

  func accepts(_ value: String) -> Bool {
    let word = value.lowercased()
    switch self {
    case .boolean: return ["on", "off", "true", "false", "yes", "no", "1", "0"].contains(word)
    case .integer(let range): return Int64(value).map(range.contains) ?? false
    case .choice(let choices, let isNumbered):
      if choices.contains(word) { return true }
      return isNumbered && Int(value).map(choices.indices.contains) ?? false
    case .pageSize:
      return Int(value).map { (512...65_536).contains($0) && $0 & ($0 - 1) == 0 } ?? false
    }
  }

  /// What it takes, for messages: "takes on or off".
  var requirement: String {
    switch self {
    case .boolean: "takes on or off"
    case .integer(let range) where range.lowerBound < 0: "takes a whole number"
    case .integer(let range): "takes a whole number of at least \(range.lowerBound)"
    case .choice(let choices, _): "takes one of \(choices.joined(separator: ", "))"
    case .pageSize: "takes a power of two from 512 to 65536"
    }
  }

  /// The choice that a misspelt value probably means.
  func suggestion(for value: String) -> String? {
    guard case .choice(let choices, _) = self else { return nil }
    return closestMatch(to: value, in: choices)
  }
}
