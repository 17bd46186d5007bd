import AdapterCore
import Platform

/// The cache on the disk, which any number of processes may use at once.
///
/// For each response there is a small file that says all but the content, `HASH.head`, and a file with
/// the content, which is written once and never changed. Files appear whole under their names, so that
/// a reader sees the old response or the new one; what a crash leaves is found when room is made.
public final class CacheStore {
  public let folder: String
  let maximumBytes: Int
  private static let headLimit = 2 << 20

  public init(folder: String, maximumBytes: Int) {
    self.folder = folder
    self.maximumBytes = maximumBytes
  }

  // MARK: Finding

  /// A stored response with its content open; nil when there is none that fits or is whole.
  ///
  /// - Parameter varyValue: the request's value of a field that the response depends on.
  func find(
    _ key: CacheKey, varyValue: (String) -> String
  ) -> (name: String, response: StoredResponse, body: CachedBody)? {
    // Another process may replace the response between the two looks.
    for _ in 0..<2 {
      var name = key.name
      guard var record = read(name) else { return nil }
      if case .varies(let names) = record {
        name = key.name(varyingBy: names + names.map(varyValue))
        guard let variant = read(name) else { return nil }
        record = variant
      }
      guard case .response(let response) = record else { return nil }
      let path = shard(name) + "/" + response.bodyName
      if let body = CachedBody(path, of: response) { return (name, response, body) }
    }
    return nil
  }

  private func read(_ name: String) -> StoredResponse.Record? {
    (try? SmallFile(reading: path(name), limit: Self.headLimit))
      .flatMap { StoredResponse.decode($0.bytes) }
  }

  private func path(_ name: String) -> String { shard(name) + "/" + name + ".head" }

  /// The folder of a name: 256 of them, by its first two digits.
  private func shard(_ name: String) -> String { folder + "/" + name.prefix(2) }

  /// A response that was used counts as young when room is made; a minute more or less is nothing.
  func markUsed(_ name: String) {
    let path = path(name)
    guard let status = try? FileStatus(path: path),
      abs(secondsSince1970() - status.modified) > 60
    else { return }
    FileSystem.touch(path)
  }

  // MARK: Storing

  func makeWriter(for key: CacheKey) throws(Errno) -> CacheWriter {
    let unique = makeUniqueName()
    return try CacheWriter(
      folder: shard(key.name), bodyName: "\(key.name).\(unique).body", limit: maximumBytes / 4)
  }

  /// Stores a response whose content is written.
  ///
  /// - Parameter names: the request fields that it depends on, in lower case.
  func save(
    _ head: HTTPResponseHead, of writer: CacheWriter, key: CacheKey, requestTime: Int64,
    host: String, varyingBy names: [String], varyValue: (String) -> String
  ) throws(Errno) {
    let checksum = try writer.commit()
    let response = StoredResponse(
      head, requestTime: requestTime, responseTime: secondsSince1970(), host: host,
      bodyName: writer.bodyName, byteCount: writer.byteCount, checksum: checksum)
    var name = key.name
    if !names.isEmpty {
      try write(.varies(by: names), name)
      name = key.name(varyingBy: names + names.map(varyValue))
    }
    let previous = read(name)
    let headBytes = try write(.response(response), name)
    if case .response(let old) = previous {
      FileSystem.remove(shard(name) + "/" + old.bodyName)
    }
    try CacheRoom(folder: folder, maximumBytes: maximumBytes).take(
      headBytes + response.byteCount)
  }

  /// Replaces what is known of a response; its content stays.
  func update(_ response: StoredResponse, _ name: String) throws(Errno) {
    // Not one that another process has stored meanwhile.
    guard case .response(let present) = read(name), present.bodyName == response.bodyName else {
      return
    }
    try write(.response(response), name)
  }

  @discardableResult
  private func write(_ record: StoredResponse.Record, _ name: String) throws(Errno) -> Int {
    let bytes = StoredResponse.encode(record)
    try SmallFile.replace(path(name), with: bytes, mode: 0o600, isDurable: false)
    return bytes.count
  }

  // MARK: Removing

  func remove(_ name: String) { FileSystem.remove(path(name)) }

  /// Forgets what is stored of a URL, whoever asked for it.
  func invalidate(_ url: HTTPURL) {
    let hash = CacheKey.hash(of: url)
    let folder = shard(hash)
    for name in (try? FileSystem.names(in: folder)) ?? [] where name.hasPrefix(hash + "-") {
      FileSystem.remove(folder + "/" + name)
    }
  }
}
