/// How a client uses the cache.
public struct CacheOptions: Equatable, Sendable {
  /// How long a success is fresh, whatever its server says of that, in seconds.
  public var timeToLive: Int64?
  public var maximumBytes: Int

  public init(timeToLive: Int64? = nil, maximumBytes: Int = Self.defaultMaximumBytes) {
    self.timeToLive = timeToLive
    self.maximumBytes = maximumBytes
  }

  public static let defaultMaximumBytes = 256 << 20
}
