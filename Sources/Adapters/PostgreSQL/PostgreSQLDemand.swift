import AdapterCore
import Glibc

/// What a column's type asks of a cell on its way into it: how it is written, and what is refused for
/// the server would change it without a word.
enum PostgreSQLDemand: Equatable {
  case integer, boolean, bytes, text, date
  /// Digits behind the point.
  case decimal(scale: Int)
  /// Digits of a second's fraction.
  case time(digits: Int)
  case timestamp(digits: Int, isZoned: Bool)
  case other

  /// - Parameter type: as format_type gives it.
  init(type: String) {
    let type = DeclaredType(type)
    let digits = type.arguments.first ?? 6
    switch type.name {
    case "smallint", "integer", "bigint": self = .integer
    case "boolean": self = .boolean
    case "bytea": self = .bytes
    case "text", "character", "name", "json", "jsonb", "xml": self = .text
    case "date": self = .date
    case "numeric" where !type.arguments.isEmpty:
      self = .decimal(scale: type.arguments.count > 1 ? type.arguments[1] : 0)
    case "time": self = .time(digits: digits)
    case "timestamp": self = .timestamp(digits: digits, isZoned: type.words.contains("with"))
    default: self = .other
    }
    if type.words.last?.hasSuffix("[]") == true { self = .other }
  }

  var isDate: Bool {
    switch self {
    case .date, .timestamp: true
    default: false
    }
  }

  /// What is wrong with text for the column; nil: the server keeps or refuses it.
  func objection(to utf8: BorrowedBytes) -> StaticString? {
    switch self {
    case .decimal(let scale):
      let power = NumberShape.lowestPower(utf8)
      return power.map { $0 < -scale } == true ? "has more digits behind the point" : nil
    case .time(let digits):
      return TimeText.fractionDigits(utf8) > digits ? "has more digits of a second" : nil
    case .date, .timestamp: return objection(toDate: utf8)
    case .bytes: return nil
    case .integer, .boolean, .text, .other:
      guard let base = utf8.baseAddress, memchr(base, 0, utf8.count) != nil else { return nil }
      return "holds U+0000, which PostgreSQL has no place for"
    }
  }

  private func objection(toDate utf8: BorrowedBytes) -> StaticString? {
    guard let time = TimeText(utf8) else {
      return Self.isRelative(utf8) ? "is relative to the present time" : nil
    }
    guard case .timestamp(let digits, let isZoned) = self else {
      return time.isMidnight ? nil : "has a time of day"
    }
    if time.fractionDigits > digits { return "has more digits of a second" }
    return time.offset != nil && !isZoned ? "has a time zone" : nil
  }

  /// `now`, `today` and their kin, which the server would replace.
  private static func isRelative(_ utf8: BorrowedBytes) -> Bool {
    guard let first = utf8.first(where: { $0 > 0x20 }), "NTYnty".utf8.contains(first) else {
      return false
    }
    let word = String(decoding: utf8, as: UTF8.self).lowercased().drop { $0 == " " }
    return ["now", "today", "tomorrow", "yesterday"].contains { word.hasPrefix($0) }
  }
}
