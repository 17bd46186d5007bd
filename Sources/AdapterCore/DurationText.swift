import Platform

extension Duration {
  /// Milliseconds with three decimals: `1234.567`.
  public var millisecondsText: String {
    let microseconds = max(0, inNanoseconds / 1000)
    let fraction = String(microseconds % 1000)
    return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }

  /// Seconds as a person writes them: `30 s`, `0.25 s`.
  public var secondsText: String {
    let seconds = inSeconds
    return seconds == seconds.rounded() ? "\(Int64(seconds)) s" : "\(seconds) s"
  }

  /// Whole seconds; a part of one counts as one.
  public var secondsRoundedUp: Int64 { (inNanoseconds + 999_999_999) / 1_000_000_000 }

  /// Reads `500ms`, `30s`, `5m`, `1h`, `2d`; a bare number is seconds. nil for anything else, for a
  /// negative one, and for more than 100 years.
  public init?(nbText text: String) {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), digits.first != "." else { return nil }
    let factor: Double
    switch text.dropFirst(digits.count) {
    case "us": factor = 1e-6
    case "ms": factor = 1e-3
    case "", "s": factor = 1
    case "m", "min": factor = 60
    case "h": factor = 3600
    case "d": factor = 86400
    default: return nil
    }
    let seconds = number * factor
    guard seconds <= 3_155_760_000 else { return nil }
    self = .nanoseconds(Int64(seconds * 1e9))
  }
}
