import AdapterCore
import Platform

/// How `--stats` prints the figures of a finished command on stderr.
public enum StatsReport {
  /// One line for a person.
  public static func text(_ figures: Metrics.Snapshot) -> String {
    var parts: [String] = []
    if let time = figures.connectTime { parts.append("connect \(time.millisecondsText) ms") }
    if let time = figures.firstRowTime { parts.append("first row \(time.millisecondsText) ms") }
    parts.append("total \(figures.totalTime.millisecondsText) ms")
    parts.append("rows \(figures.rows)")
    parts.append("bytes \(figures.bytes)")
    parts.append("retries \(figures.retries)")
    let line = "stats: " + parts.joined(separator: ", ") + "\n"
    return line + (figures.http.map(text) ?? "")
  }

  /// A second line, of the last response; times since its request began.
  private static func text(_ http: HTTPFigures) -> String {
    var parts = phases(http.timings).compactMap { name, time in
      time.map { "\(name) \($0.millisecondsText) ms" }
    }
    parts.append("HTTP/\(http.version)")
    if let use = http.cacheUse { parts.append("cache \(use.rawValue)") }
    parts.append("requests \(http.requests)")
    parts.append("connections \(http.connections)")
    if http.cached > 0 { parts.append("cached \(http.cached)") }
    if http.revalidated > 0 { parts.append("revalidated \(http.revalidated)") }
    parts.append("received \(http.receivedBytes)")
    return "stats: " + parts.joined(separator: ", ") + "\n"
  }

  private static func json(_ http: HTTPFigures) -> String {
    let times = phases(http.timings).map { name, time in
      "\"\(name == "first byte" ? "first_byte" : name)_ms\":\(time.map(\.millisecondsText) ?? "null")"
    }
    let cache = http.cacheUse.map { "\"\($0.rawValue)\"" } ?? "null"
    return "{\(times.joined(separator: ",")),\"version\":\"\(http.version)\","
      + "\"cache\":\(cache),\"requests\":\(http.requests),"
      + "\"connections\":\(http.connections),\"cached\":\(http.cached),"
      + "\"revalidated\":\(http.revalidated),\"received_bytes\":\(http.receivedBytes)}"
  }

  /// nil: there was no such phase, as on a connection that was there already.
  private static func phases(_ timings: HTTPTimings) -> [(name: String, time: Duration?)] {
    [
      ("dns", timings.nameLookup), ("connect", timings.connect), ("tls", timings.tls),
      ("first byte", timings.firstByte), ("response", timings.total),
    ]
  }

  /// One line of JSON; times in milliseconds, null for what did not happen.
  public static func json(_ figures: Metrics.Snapshot) -> String {
    let connect = figures.connectTime.map(\.millisecondsText) ?? "null"
    let firstRow = figures.firstRowTime.map(\.millisecondsText) ?? "null"
    return "{\"connect_ms\":\(connect),\"first_row_ms\":\(firstRow),"
      + "\"total_ms\":\(figures.totalTime.millisecondsText),\"rows\":\(figures.rows),"
      + "\"bytes\":\(figures.bytes),\"retries\":\(figures.retries)"
      + (figures.http.map { ",\"http\":" + json($0) } ?? "") + "}\n"
  }
}
