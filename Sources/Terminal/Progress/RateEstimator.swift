import Glibc
import Platform

/// How fast a task goes on: an exponentially weighted mean of its speed, corrected for the short
/// past at the beginning, so that neither a stall nor a burst makes the remaining time jump.
struct RateEstimator {
  /// A speed of this long ago counts 1/e.
  private static let memory = 8.0

  private var completed: Int
  private var instant: MonotonicInstant
  private var mean = 0.0
  private var weight = 0.0

  init(completed: Int = 0, at instant: MonotonicInstant) {
    self.completed = completed
    self.instant = instant
  }

  /// Takes note of where the task stands.
  mutating func update(completed newCompleted: Int, at now: MonotonicInstant) {
    let seconds = now.since(instant).inSeconds
    guard seconds > 0 else { return }
    let fading = exp(-seconds / Self.memory)
    mean = mean * fading + Double(newCompleted - completed) / seconds * (1 - fading)
    weight = weight * fading + (1 - fading)
    completed = newCompleted
    instant = now
  }

  /// Units a second; nil before the first update and when nothing moves.
  var perSecond: Double? {
    guard weight > 0, mean / weight > 1e-6 else { return nil }
    return mean / weight
  }

  /// Time until `total`; nil when it cannot be told.
  func remaining(to total: Int) -> Duration? {
    guard let perSecond else { return nil }
    let seconds = Double(max(0, total - completed)) / perSecond
    return seconds < 100 * 86400 ? .nanoseconds(Int64(seconds * 1e9)) : nil
  }
}
