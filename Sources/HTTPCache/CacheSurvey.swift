import AdapterCore
import Platform

/// All that lies in the cache.
public struct CacheSurvey {
  private let folder: String
  /// A stored response.
  struct Entry {
    var path: String
    var bodyPath: String?
    /// nil for what only says that responses differ by fields of the request.
    var host: String?
    /// Head and content.
    var byteCount: Int
    /// Nanoseconds since 1970: many may be stored within a second.
    var used: Int64

    func remove() {
      FileSystem.remove(path)
      if let bodyPath { FileSystem.remove(bodyPath) }
    }
  }

  /// What the cache holds of one host.
  public struct HostFigures: Sendable {
    public var host: String
    public var responses = 0
    public var bytes = 0
    /// Seconds since 1970.
    public var lastUsed: Int64 = 0
  }

  private(set) var entries: [Entry] = []
  private var bodies: [(path: String, modified: Int64)] = []

  /// Looks through a cache's folder; one that does not exist is empty.
  public init(folder: String) {
    self.folder = folder
    for shard in (try? FileSystem.names(in: folder)) ?? [] where shard.utf8.count == 2 {
      let path = folder + "/" + shard
      for name in (try? FileSystem.names(in: path)) ?? [] { add(path, name) }
    }
  }

  private mutating func add(_ folder: String, _ name: String) {
    let path = folder + "/" + name
    guard let status = try? FileStatus(path: path) else { return }
    guard name.hasSuffix(".head") else {
      bodies.append((path, status.modified))
      return
    }
    let bytes = (try? SmallFile(reading: path, limit: 2 << 20))?.bytes ?? []
    switch StoredResponse.decode(bytes) {
    case .response(let response):
      entries.append(
        Entry(
          path: path, bodyPath: folder + "/" + response.bodyName, host: response.host,
          byteCount: status.size + response.byteCount, used: status.modifiedNanoseconds))
    case .varies:
      entries.append(Entry(path: path, byteCount: status.size, used: status.modifiedNanoseconds))
    // What is damaged is the first to go.
    case nil: entries.append(Entry(path: path, byteCount: status.size, used: 0))
    }
  }

  /// Files without a response that were there before then.
  func strayPaths(olderThan instant: Int64) -> [String] {
    let known = Set(entries.compactMap(\.bodyPath))
    return bodies.filter { !known.contains($0.path) && $0.modified < instant }.map(\.path)
  }

  /// The figures of each host, by name.
  public var hosts: [HostFigures] {
    var figures: [HostFigures] = []
    for entry in entries {
      guard let host = entry.host else { continue }
      let index =
        figures.firstIndex { $0.host == host }
        ?? {
          figures.append(HostFigures(host: host))
          return figures.count - 1
        }()
      figures[index].responses += 1
      figures[index].bytes += entry.byteCount
      figures[index].lastUsed = max(figures[index].lastUsed, entry.used / 1_000_000_000)
    }
    return figures.sorted { $0.host < $1.host }
  }

  /// Removes what is stored of a host, or everything; returns what it was.
  public func clear(host: String?) -> (responses: Int, bytes: Int) {
    var removed = (responses: 0, bytes: 0)
    for entry in entries where host == nil || entry.host == host {
      entry.remove()
      if entry.host != nil { removed.responses += 1 }
      removed.bytes += entry.byteCount
    }
    if host == nil { for body in bodies { FileSystem.remove(body.path) } }
    CacheRoom.forgetCount(folder: folder)
    return removed
  }
}
