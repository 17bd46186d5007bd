/// The first and the last line of a backup as SQL text.
///
///     -- nb backup, format 1, of postgresql
///     …
///     -- nb backup complete: 3 tables, 1200 rows, sha256 <of all lines before this one>
public enum DumpFormat {
  static let version = 1
  static let headPrefix = "-- nb backup, format "
  static let tailPrefix = "-- nb backup complete: "
  /// Longer than any first or last line.
  static let longestLine = 512

  static func head(engine: String) -> String { "\(headPrefix)\(version), of \(engine)\n" }

  static func tail(_ counts: DumpCounts, sum: String) -> String {
    "\(tailPrefix)\(counts.tables) tables, \(counts.rows) rows, sha256 \(sum)\n"
  }

  /// The format's number and the engine that a first line names; nil for another line.
  static func parse(head line: String) -> (version: Int, engine: String)? {
    guard line.hasPrefix(headPrefix) else { return nil }
    let parts = line.dropFirst(headPrefix.count).split(separator: ",")
    guard parts.count == 2, let version = Int(parts[0]), parts[1].hasPrefix(" of ") else {
      return nil
    }
    return (version, String(parts[1].dropFirst(4)))
  }

  static func parse(tail line: String) -> (counts: DumpCounts, sum: String)? {
    guard line.hasPrefix(tailPrefix) else { return nil }
    let words = line.dropFirst(tailPrefix.count).split(separator: " ")
    guard words.count == 6, let tables = Int(words[0]), let rows = Int(words[2]) else {
      return nil
    }
    return (DumpCounts(tables: tables, rows: rows), String(words[5]))
  }
}

/// How much a dump holds.
public struct DumpCounts: Equatable, Sendable {
  public var tables: Int
  public var rows: Int

  public init(tables: Int = 0, rows: Int = 0) {
    self.tables = tables
    self.rows = rows
  }
}
