import AdapterCore
import Platform

/// How `--stats` prints the figures of a finished command on stderr.
public enum StatsReport {
  /// One line for a person.
  public static func text(_ figures: Metrics.Snapshot) -> String {
    var parts: [String] = []
    if let time = figures.connectTime { parts.append("connect \(milliseconds(time)) ms") }
    if let time = figures.firstRowTime { parts.append("first row \(milliseconds(time)) ms") }
    parts.append("total \(milliseconds(figures.totalTime)) ms")
    parts.append("rows \(figures.rows)")
    parts.append("bytes \(figures.bytes)")
    parts.append("retries \(figures.retries)")
    return "stats: " + parts.joined(separator: ", ") + "\n"
  }

  /// One line of JSON; times in milliseconds, null for what did not happen.
  public static func json(_ figures: Metrics.Snapshot) -> String {
    let connect = figures.connectTime.map(milliseconds) ?? "null"
    let firstRow = figures.firstRowTime.map(milliseconds) ?? "null"
    return "{\"connect_ms\":\(connect),\"first_row_ms\":\(firstRow),"
      + "\"total_ms\":\(milliseconds(figures.totalTime)),\"rows\":\(figures.rows),"
      + "\"bytes\":\(figures.bytes),\"retries\":\(figures.retries)}\n"
  }

  /// Milliseconds with three decimals.
  private static func milliseconds(_ duration: Duration) -> String {
    let microseconds = duration.inNanoseconds / 1000
    let fraction = String(microseconds % 1000)
    let zeros = String(repeating: "0", count: 3 - fraction.count)
    return "\(microseconds / 1000).\(zeros)\(fraction)"
  }
}
