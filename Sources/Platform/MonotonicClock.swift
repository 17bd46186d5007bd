import Glibc

/// The monotonic clock (clock_gettime(2), CLOCK_MONOTONIC): never set back.
public struct MonotonicInstant: Comparable, Sendable {
  public let nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static var now: MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Time since `earlier`.
  public func since(_ earlier: MonotonicInstant) -> Duration {
    .nanoseconds(nanoseconds - earlier.nanoseconds)
  }

  /// The instant `duration` later, saturating.
  public func advanced(by duration: Duration) -> MonotonicInstant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.inNanoseconds)
    return MonotonicInstant(nanoseconds: overflow ? .max : sum)
  }

  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
  /// Whole nanoseconds, saturating.
  public var inNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    return product + attoseconds / 1_000_000_000
  }

  /// Whole milliseconds, at least one for what is longer than nothing.
  public var inMilliseconds: Int64 { self > .zero ? max(1, inNanoseconds / 1_000_000) : 0 }

  /// Seconds as a floating-point number.
  public var inSeconds: Double { Double(inNanoseconds) / 1e9 }
}

/// Seconds since 1970-01-01 UTC (time(2)).
public func secondsSince1970() -> Int64 { Int64(time(nil)) }

/// Milliseconds since 1970-01-01 UTC (clock_gettime(2), CLOCK_REALTIME).
public func millisecondsSince1970() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// Sleeps for `duration`, or until a signal arrives (nanosleep(2)).
public func sleepFor(_ duration: Duration) {
  let nanoseconds = max(0, duration.inNanoseconds)
  var request = timespec(
    tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  nanosleep(&request, nil)
}
