import Platform

/// Dates in header fields (RFC 9110, section 5.6.7).
public enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970 of a date in one of the three forms that are or were in use:
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
  /// nil when it is none of them.
  public static func parse(_ text: String) -> Int64? {
    let words = text.split { " -,".contains($0) }
    guard words.count >= 5 else { return nil }
    let isAsctime = words[1].first.map(\.isLetter) ?? false
    let (day, month, year, time) =
      isAsctime
      ? (words[2], words[1], words[4], words[3]) : (words[1], words[2], words[3], words[4])
    let clock = time.split(separator: ":").compactMap { Int($0) }
    guard let monthIndex = months.firstIndex(of: String(month)), let day = Int(day),
      var year = Int(year), clock.count == 3, (1...31).contains(day), (0...9999).contains(year),
      (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
    else { return nil }
    if year < 100 { year += year < 70 ? 2000 : 1900 }
    let days = UTCTime.days(year: year, month: monthIndex + 1, day: day)
    return Int64(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2])
  }
}
