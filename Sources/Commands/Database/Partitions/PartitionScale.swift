import AdapterCore
import Platform

/// A bound as seconds since 1970 or as a number, and back.
struct PartitionScale {
  let table: PartitionedTable

  var isOfTime: Bool { table.keyKind == .date || table.keyKind == .time }

  /// nil for a text that is no date, or no number. A zone counts as none: periods begin at the
  /// session's midnight.
  func number(_ text: String) -> Int64? {
    guard isOfTime else { return Int64(text) }
    let fields = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).map { Int($0) ?? 0 }
    guard fields.count >= 3, text.first?.isNumber == true, (1...12).contains(fields[1]),
      (1...31).contains(fields[2])
    else { return nil }
    let day = UTCTime.secondsSince1970(year: fields[0], month: fields[1], day: fields[2])
    guard fields.count >= 6 else { return day }
    return day + Int64(fields[3] * 3600 + fields[4] * 60 + fields[5])
  }

  /// `2024-01-31`, with the time where there is one; a number as it is.
  func text(_ number: Int64) -> String {
    guard isOfTime else { return String(number) }
    let text = UTCTime(secondsSince1970: number).iso8601
    let time = text.dropFirst(11).dropLast()
    return time == "00:00:00" ? String(text.prefix(10)) : "\(text.prefix(10)) \(time)"
  }
}
