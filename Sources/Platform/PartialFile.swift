import CPosix
import Glibc

/// A file that comes in over several runs of nb: content that is kept beside its place until it is
/// complete, unless it is of no use to a later run.
///
/// One process at a time has it (flock(2)).
public final class PartialFile {
  /// Where the content is until `commit`: hidden, in the same folder.
  public let partialPath: String
  private let path: String
  private let file: FileDescriptor
  private var cleanupSlot: Int32?
  private let output: OutputBuffer
  /// Bytes that are there.
  public private(set) var byteCount: Int

  /// Opens what an earlier run left, or creates it.
  ///
  /// Throws `wouldBlock` when another process has it, `isDirectory` and `invalidArgument` when
  /// something stands at `path` that no file can replace.
  public init(for path: String) throws(Errno) {
    let resolved = FileSystem.realPath(path) ?? path
    if let kind = try? FileStatus(path: resolved).kind, kind != .regular {
      throw kind == .directory ? .isDirectory : .invalidArgument
    }
    self.path = resolved
    partialPath =
      FileSystem.parent(of: resolved) + "/." + FileSystem.name(of: resolved) + ".nb-part"
    let name = partialPath
    file = FileDescriptor(
      owning: try valueOrErrno { nb_open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666) })
    guard try file.tryLock() else { throw .wouldBlock }
    byteCount = try FileStatus(descriptor: file.rawValue).size
    output = OutputBuffer(descriptor: file.rawValue, capacity: 256 * 1024)
    try FileSystem.seek(file.rawValue, to: byteCount)
    cleanupSlot = nb_unlink_on_death(partialPath)
  }

  deinit { if let cleanupSlot { nb_keep_on_death(cleanupSlot) } }

  /// Whether a death by signal leaves the content for a later run.
  public func keepOnDeath(_ isKept: Bool) {
    if isKept, let slot = cleanupSlot {
      nb_keep_on_death(slot)
      cleanupSlot = nil
    } else if !isKept, cleanupSlot == nil {
      cleanupSlot = nb_unlink_on_death(partialPath)
    }
  }

  /// Begins anew.
  public func truncate() throws(Errno) {
    output.removeAll()
    let descriptor = file.rawValue
    try valueOrErrno { ftruncate(descriptor, 0) }
    try FileSystem.seek(descriptor, to: 0)
    byteCount = 0
  }

  public func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(Errno) {
    output.append(bytes)
    byteCount += bytes.count
    try output.flushIfFull()
  }

  /// Writes what is buffered.
  public func flush() throws(Errno) { try output.flush() }

  /// Flushes the content to the disk and gives it its name.
  public func commit() throws(Errno) {
    try output.flush()
    try file.sync()
    let (from, to) = (partialPath, path)
    try valueOrErrno { rename(from, to) }
    keepOnDeath(true)
    try FileDescriptor.openDirectory(FileSystem.parent(of: to)).sync()
  }

  /// Removes the content.
  public func remove() {
    output.removeAll()
    unlink(partialPath)
    keepOnDeath(true)
  }
}
