/// What a command's requests came to, for `--stats`.
public struct HTTPFigures: Equatable, Sendable {
  /// Exchanges that ended with a response, the cache's answers included.
  public var requests = 0
  /// Connections that were made for them.
  public var connections = 0
  /// Answers of the cache that nobody was asked for.
  public var cached = 0
  /// Answers of the cache that the server has confirmed.
  public var revalidated = 0
  /// Of content, as it came over the wire.
  public var receivedBytes = 0
  /// Of the last response.
  public var version = ""
  public var timings = HTTPTimings()
  public var cacheUse: HTTPCacheUse?

  mutating func add(_ result: HTTPResult) {
    requests += 1
    if result.attempts > 0, !result.connection.isReused { connections += 1 }
    switch result.cacheUse {
    case .fresh, .stale: cached += 1
    case .revalidated: revalidated += 1
    case .missed, nil: break
    }
    receivedBytes += result.receivedBytes
    version = result.head.version
    timings = result.connection.timings
    cacheUse = result.cacheUse
  }
}
