import CPosix
import Glibc

/// A file that appears at its path only when it is complete.
///
/// It is written under another name in the same folder; `commit` flushes it to the disk and renames
/// it. Until then the file that stood there before is untouched. Without `commit` the unfinished
/// file is removed: when the value ends, and when nb dies by a signal.
public struct AtomicFile: ~Copyable {
  /// Where the content is written until `commit`. Another library may open it by this name; it must
  /// have closed it before `commit`.
  public let temporaryPath: String
  /// The file to be: symbolic links resolved, so that a link stays a link.
  public let path: String
  private let replacesExisting: Bool
  private let file: FileDescriptor
  private let cleanupSlot: Int32

  /// Creates the unfinished file beside `path`, which need not exist.
  ///
  /// Throws `invalidArgument` when what stands there is a device, a pipe or a socket: a rename would
  /// put a file in its place.
  ///
  /// - Parameters:
  ///   - mode: a new file's permissions, less the umask; one that is replaced hands on its own.
  ///   - replacesExisting: false makes this and `commit` throw `alreadyExists` when a file stands
  ///     there.
  public init(
    _ path: String, mode: mode_t = 0o666, replacesExisting: Bool = true
  ) throws(Errno) {
    let resolved = FileSystem.realPath(path) ?? path
    let previous = try? FileStatus(path: resolved)
    if previous?.kind == .directory { throw .isDirectory }
    if !replacesExisting && FileSystem.exists(path) { throw .alreadyExists }
    if let kind = previous?.kind, kind != .regular { throw .invalidArgument }
    let (temporary, descriptor) = try createTemporary(beside: resolved, mode: mode)
    self.path = resolved
    self.replacesExisting = replacesExisting
    temporaryPath = temporary
    file = FileDescriptor(owning: descriptor)
    cleanupSlot = nb_unlink_on_death(temporary)
    if let previous { fchmod(descriptor, previous.permissions) }
  }

  deinit { discard() }

  /// For writing the content.
  public var descriptor: Int32 { file.rawValue }

  /// Flushes the content to the disk and gives it its name; throws what failed, and the unfinished
  /// file is removed.
  public consuming func commit() throws(Errno) {
    try file.sync()
    let (from, to) = (temporaryPath, path)
    if replacesExisting {
      try valueOrErrno { rename(from, to) }
    } else {
      try renameExclusively(from, to)
    }
    // The rename itself is only safe on the disk once the folder is.
    try FileDescriptor.openDirectory(FileSystem.parent(of: to)).sync()
  }

  /// Forgets the unfinished file; after `commit` its name is gone already.
  private func discard() {
    unlink(temporaryPath)
    nb_keep_on_death(cleanupSlot)
  }
}

/// Creates a file of an unused name in the folder of `path`, with `mode` less the umask.
private func createTemporary(
  beside path: String, mode: mode_t
) throws(Errno) -> (path: String, descriptor: Int32) {
  while true {
    // Hidden, and recognisably nb's should a power cut leave it behind.
    let name = ".nb-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let candidate = FileSystem.parent(of: path) + "/" + name
    do throws(Errno) {
      let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
      return (candidate, try valueOrErrno { nb_open(candidate, flags, mode) })
    } catch {
      if error != .alreadyExists { throw error }
    }
  }
}

/// Renames, but never over an existing file. File systems without that operation (EINVAL) leave a
/// short moment between the look and the rename.
private func renameExclusively(_ from: String, _ to: String) throws(Errno) {
  do throws(Errno) {
    try valueOrErrno { nb_rename_exclusive(from, to) }
  } catch {
    guard error == .invalidArgument else { throw error }
    if FileSystem.exists(to) { throw .alreadyExists }
    try valueOrErrno { rename(from, to) }
  }
}
