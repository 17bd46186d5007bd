import Platform

/// At most so many requests in any period of this length.
public struct RateLimit: Equatable, Sendable {
  public var count: Int
  public var period: Duration

  /// More are no limit that is worth a file.
  private static let maximumCount = 1_000_000

  public init(count: Int, period: Duration) {
    self.count = count
    self.period = period
  }

  /// Reads `100/min`, `5/s`, `1000/h`, `20/10s`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let count = Int(parts[0]), (1...Self.maximumCount).contains(count),
      let period = Self.period(String(parts[1])), period >= .milliseconds(1)
    else { return nil }
    self.init(count: count, period: period)
  }

  private static func period(_ text: String) -> Duration? {
    switch text {
    case "s", "sec", "second": .seconds(1)
    case "m", "min", "minute": .seconds(60)
    case "h", "hour": .seconds(3600)
    case "d", "day": .seconds(86_400)
    default: text.first?.isNumber == true ? Duration(nbText: text) : nil
    }
  }

  /// The time that the turn of one request and of the one `count` before it are apart: a little more
  /// than the period, since requests that are held up on their way come closer to each other.
  var spacing: Duration { period + period / 50 }
}
