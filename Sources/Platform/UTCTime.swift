/// A time of day in UTC, in the proleptic Gregorian calendar.
public struct UTCTime: Equatable, Sendable {
  public let year, month, day, hour, minute, second: Int

  /// The time `seconds` after 1970-01-01T00:00:00Z.
  public init(secondsSince1970 seconds: Int64) {
    let days = Int((Double(seconds) / 86_400).rounded(.down))
    let secondOfDay = Int(seconds) - days * 86_400
    hour = secondOfDay / 3600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
    // Years counted from 1 March of year 0, so that a leap day is the last day of its year; an era
    // is the 400 years after which the calendar repeats.
    let daysFromMarch0 = days + 719_468
    let era = Int((Double(daysFromMarch0) / 146_097).rounded(.down))
    let dayOfEra = daysFromMarch0 - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The days from 1970-01-01 to a date; its inverse is above.
  public static func days(year: Int, month: Int, day: Int) -> Int {
    let yearFromMarch = month > 2 ? year : year - 1
    let era = Int((Double(yearFromMarch) / 400).rounded(.down))
    let yearOfEra = yearFromMarch - era * 400
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The seconds from 1970-01-01T00:00:00Z to the start of a day; month 13 is January of the next
  /// year.
  public static func secondsSince1970(year: Int, month: Int, day: Int) -> Int64 {
    Int64(days(year: year, month: month, day: day)) * 86_400
  }

  /// The time now (time(2)).
  public static var now: UTCTime { UTCTime(secondsSince1970: Platform.secondsSince1970()) }

  /// Seconds since 1970-01-01T00:00:00Z; the inverse of `init`.
  public var secondsSince1970: Int64 {
    Self.secondsSince1970(year: year, month: month, day: day)
      + Int64(hour * 3600 + minute * 60 + second)
  }

  /// `2024-01-31T23:59:59Z` (ISO 8601).
  public var iso8601: String {
    "\(pad(year, 4))-\(pad(month))-\(pad(day))T\(pad(hour)):\(pad(minute)):\(pad(second))Z"
  }

  /// `2024-01-31T23:59:59.123Z`, of milliseconds since 1970.
  public static func iso8601(milliseconds: Int64) -> String {
    let time = UTCTime(secondsSince1970: milliseconds / 1000)
    return time.iso8601.dropLast() + ".\(time.pad(Int(milliseconds % 1000), 3))Z"
  }

  /// `20240131235959`, which sorts as text.
  public var compact: String {
    pad(year, 4) + [month, day, hour, minute, second].map { pad($0) }.joined()
  }

  private func pad(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
