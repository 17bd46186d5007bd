import AdapterCore
import CLI
import HTTPCache
import Platform

/// Whether and how responses are kept: `cache`, `cache_ttl` and `cache_max_size`.
struct CacheSettings {
  var isOn = false
  var timeToLive: Duration?
  var maximumBytes = CacheOptions.defaultMaximumBytes

  static let keys = ["cache", "cache_ttl", "cache_max_size"]

  mutating func read(_ setting: Target.Setting) throws(AdapterError) {
    switch setting.key {
    case "cache": isOn = try setting.boolean()
    case "cache_ttl": timeToLive = try setting.duration()
    default: maximumBytes = try setting.byteSize()
    }
  }

  /// `--cache-ttl` says that there is to be a cache.
  mutating func read(_ invocation: Invocation) throws(AdapterError) {
    if let duration = try invocation.duration(APIFlags.cacheTTL) {
      timeToLive = duration
      isOn = true
    }
    if let isOn = invocation.toggle(APIFlags.cache) { self.isOn = isOn }
  }

  static var folder: String? { BaseDirectory.cache.path.map { $0 + "/http" } }

  /// The client with a cache before it, where there is to be one.
  func client(
    before inner: any HTTPClient, identity: () -> [String], _ operation: OperationContext
  ) -> any HTTPClient {
    guard isOn else { return inner }
    guard let folder = Self.folder else {
      operation.note("there is no cache without XDG_CACHE_HOME or HOME")
      return inner
    }
    let seconds = timeToLive.map { $0.inNanoseconds / 1_000_000_000 }
    return CachingClient(
      inner, folder: folder,
      CacheOptions(timeToLive: seconds, maximumBytes: maximumBytes), identity: identity(),
      operation)
  }
}
