import AdapterCore
import Platform

/// The width of the partitions that are made one after the other.
enum PartitionPeriod: Equatable {
  case hour, day, week, month, quarter, year
  case number(Int64)

  static let words = ["hour", "day", "week", "month", "quarter", "year"]

  /// Throws `usage` for what is neither a word nor a number above 0.
  init(_ text: String) throws(AdapterError) {
    switch text {
    case "hour": self = .hour
    case "day": self = .day
    case "week": self = .week
    case "month": self = .month
    case "quarter": self = .quarter
    case "year": self = .year
    default:
      guard let number = Int64(text), number > 0 else {
        throw AdapterError(
          .usage,
          "--every takes a number above 0 or \(Self.words.joined(separator: ", ")), not '\(text)'",
          hint: closestMatch(to: text, in: Self.words).map { "did you mean '\($0)'?" })
      }
      self = .number(number)
    }
  }

  /// Whether it divides time, not numbers.
  var isOfTime: Bool { if case .number = self { false } else { true } }

  private static let monday = UTCTime.secondsSince1970(year: 1970, month: 1, day: 5)

  /// The start of the period that holds a time, in seconds since 1970; a number stays as it is.
  func start(of time: Int64) -> Int64 {
    switch self {
    case .hour: return Self.floor(time, 3600)
    case .day: return Self.floor(time, 86_400)
    case .week: return Self.floor(time - Self.monday, 7 * 86_400) + Self.monday
    case .number: return time
    case .month, .quarter, .year:
      let date = UTCTime(secondsSince1970: time)
      return UTCTime.secondsSince1970(
        year: date.year, month: (date.month - 1) / months * months + 1, day: 1)
    }
  }

  /// The end of the period that holds a time.
  func end(of time: Int64) -> Int64 {
    let start = start(of: time)
    switch self {
    case .hour: return start + 3600
    case .day: return start + 86_400
    case .week: return start + 7 * 86_400
    case .number(let width): return start + width
    case .month, .quarter, .year:
      let date = UTCTime(secondsSince1970: start)
      return UTCTime.secondsSince1970(year: date.year, month: date.month + months, day: 1)
    }
  }

  private var months: Int { self == .year ? 12 : self == .quarter ? 3 : 1 }

  private static func floor(_ time: Int64, _ width: Int64) -> Int64 {
    let rest = time % width
    return time - (rest < 0 ? rest + width : rest)
  }
}
