import AdapterCore
import Platform

/// The content of a response on its way into the cache: a file that has no name before all of it is
/// there.
final class CacheWriter {
  let bodyName: String
  private var file: AtomicFile?
  private let output: OutputBuffer
  private var checksum = Checksum()
  private(set) var byteCount = 0
  /// More is not kept: one response must not drive out all others.
  private let limit: Int

  init(folder: String, bodyName: String, limit: Int) throws(Errno) {
    self.bodyName = bodyName
    self.limit = limit
    try FileSystem.createFolders(folder, mode: 0o700)
    let file = try AtomicFile(folder + "/" + bodyName, mode: 0o600)
    output = OutputBuffer(descriptor: file.descriptor, capacity: 64 * 1024)
    self.file = consume file
  }

  /// false: it has become too large to be kept.
  func append(_ bytes: BorrowedBytes) throws(Errno) -> Bool {
    byteCount += bytes.count
    guard byteCount <= limit else { return false }
    checksum.add(bytes)
    output.append(bytes)
    try output.flushIfFull()
    return true
  }

  /// Gives the file its name. Not flushed to the disk: what a power cut damages counts as not stored.
  func commit() throws(Errno) -> String {
    try output.flush()
    if let file = file.take() { try file.commit(isDurable: false) }
    return checksum.text
  }
}
