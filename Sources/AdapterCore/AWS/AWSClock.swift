import Platform
import Synchronization

/// How far the servers' clock is from this machine's, as far as signatures must keep to it.
public final class AWSClock: Sendable {
  /// Servers take what is signed up to 15 minutes, some up to 5 minutes, away from their time.
  private static let tolerance: Int64 = 240

  /// Seconds that the server is ahead.
  private let skew = Atomic<Int64>(0)

  public init() {}

  /// Seconds since 1970.
  var now: Int64 { secondsSince1970() + skew.load(ordering: .relaxed) }

  /// Takes the time from a refusal; how many seconds the server is ahead of this machine, where that may
  /// be why it refuses, otherwise nil.
  public func learn(from refusal: HTTPResponseHead) -> Int64? {
    guard let ahead = refusal.clockLead,
      abs(ahead - skew.load(ordering: .relaxed)) > Self.tolerance
    else { return nil }
    skew.store(ahead, ordering: .relaxed)
    return ahead
  }
}

extension HTTPResponseHead {
  /// Seconds that the server's clock is ahead of this machine's, by the field Date.
  public var clockLead: Int64? {
    headers["Date"].flatMap(HTTPDate.parse).map { $0 - secondsSince1970() }
  }
}
