import AdapterCore
import Platform

/// Keeps the cache within its size: a file holds about how much there is, and who takes it beyond the
/// limit removes what was not used for the longest time.
struct CacheRoom {
  let folder: String
  let maximumBytes: Int
  /// What belongs to no response is left for so long: it may be of one that is being stored.
  private static let patience: Int64 = 600

  /// Lets the next one who stores count anew.
  static func forgetCount(folder: String) { FileSystem.remove(folder + "/size") }

  /// Counts bytes that were stored, and makes room when they are too many.
  func take(_ bytes: Int) throws(Errno) {
    let file = try FileDescriptor.openShared(folder + "/size")
    try file.lock()
    let text = String(decoding: try file.contents(limit: 32), as: UTF8.self)
    var total = (Int(text) ?? maximumBytes) &+ bytes
    // A damaged number is found out by counting.
    if total > maximumBytes || total < 0 { total = evict(to: maximumBytes / 5 * 4) }
    try file.overwrite(with: Array(String(total).utf8))
  }

  /// Removes what was used least lately until no more than `goal` bytes are left; returns how many are.
  private func evict(to goal: Int) -> Int {
    let survey = CacheSurvey(folder: folder)
    for path in survey.strayPaths(olderThan: secondsSince1970() - Self.patience) {
      FileSystem.remove(path)
    }
    var total = survey.entries.reduce(0) { $0 + $1.byteCount }
    for entry in survey.entries.sorted(by: { $0.used < $1.used }) {
      guard total > goal else { break }
      entry.remove()
      total -= entry.byteCount
    }
    return total
  }
}
