import Platform

/// A point in time by which work must be done; `never` for none.
public struct Deadline: Equatable, Sendable {
  /// nil: no deadline.
  public let instant: MonotonicInstant?

  public static let never = Deadline(instant: nil)

  public init(instant: MonotonicInstant?) { self.instant = instant }

  /// The deadline `duration` from now.
  public static func after(_ duration: Duration) -> Deadline {
    Deadline(instant: MonotonicInstant.now.advanced(by: duration))
  }

  public var isPassed: Bool { instant.map { $0 <= .now } ?? false }

  /// Time left, never negative; nil without a deadline.
  public var remaining: Duration? {
    instant.map { max(.zero, $0.since(.now)) }
  }

  /// So much later; never stays never.
  public func later(by duration: Duration) -> Deadline {
    Deadline(instant: instant?.advanced(by: duration))
  }

  /// The earlier of two deadlines.
  public func earlier(of other: Deadline) -> Deadline {
    guard let instant else { return other }
    guard let otherInstant = other.instant else { return self }
    return instant < otherInstant ? self : other
  }
}
