import CPosix
import Glibc

/// A file that appears at its path only when it is complete.
///
/// Until `commit`, which flushes it to the disk and gives it its name, the file that stood there before
/// is untouched. Where the file system can, the unfinished file has no name at all, so that nothing of
/// it stays however nb ends; elsewhere it has another name in the same folder and is removed when
/// the value ends, and when nb dies by a signal that it can take.
public struct AtomicFile: ~Copyable {
  /// The name of the unfinished file; nil without one. Who opens it by this name must have closed it
  /// before `commit`.
  public let temporaryPath: String?
  /// The file to be: symbolic links resolved, so that a link stays a link.
  public let path: String
  private let replacesExisting: Bool
  private let file: FileDescriptor
  private let cleanupSlot: Int32

  /// Creates the unfinished file in the folder of `path`, which need not exist.
  ///
  /// Throws `invalidArgument` when what stands there is a device, a pipe or a socket: a rename would
  /// put a file in its place.
  ///
  /// - Parameters:
  ///   - mode: a new file's permissions, less the umask; one that is replaced hands on its own.
  ///   - replacesExisting: false makes this and `commit` throw `alreadyExists` when a file stands
  ///     there.
  ///   - needsName: whether a library opens the unfinished file by `temporaryPath`.
  public init(
    _ path: String, mode: mode_t = 0o666, replacesExisting: Bool = true, needsName: Bool = false
  ) throws(Errno) {
    let resolved = FileSystem.realPath(path) ?? path
    let previous = try? FileStatus(path: resolved)
    if previous?.kind == .directory { throw .isDirectory }
    if !replacesExisting && FileSystem.exists(path) { throw .alreadyExists }
    if let kind = previous?.kind, kind != .regular { throw .invalidArgument }
    let created = try createUnfinished(beside: resolved, mode: mode, needsName: needsName)
    self.path = resolved
    self.replacesExisting = replacesExisting
    temporaryPath = created.path
    file = FileDescriptor(owning: created.descriptor)
    cleanupSlot = created.path.map { nb_unlink_on_death($0) } ?? -1
    if let previous { fchmod(created.descriptor, previous.permissions) }
  }

  deinit { discard() }

  /// For writing the content, and for reading it again.
  public var descriptor: Int32 { file.rawValue }

  /// Flushes the content to the disk and gives it its name; throws what failed, and the unfinished
  /// file is removed.
  ///
  /// - Parameter isDurable: false for what may be lost or cut short by a power cut, and costs no wait
  ///   for the disk.
  public consuming func commit(isDurable: Bool = true) throws(Errno) {
    if isDurable { try file.sync() }
    let to = path
    if let from = temporaryPath {
      if replacesExisting {
        try valueOrErrno { rename(from, to) }
      } else {
        try renameExclusively(from, to)
      }
    } else {
      try link()
    }
    guard isDurable else { return }
    // The name itself is only safe on the disk once the folder is.
    try FileDescriptor.openDirectory(FileSystem.parent(of: to)).sync()
  }

  /// Names the file that has no name; over an existing one by way of a rename.
  private borrowing func link() throws(Errno) {
    let (descriptor, to) = (file.rawValue, path)
    do throws(Errno) {
      try valueOrErrno { nb_link_descriptor(descriptor, to) }
      return
    } catch {
      guard error == .alreadyExists, replacesExisting else { throw error }
    }
    let linked = try createTemporary(beside: to) { (candidate) throws(Errno) in
      try valueOrErrno { nb_link_descriptor(descriptor, candidate) }
    }
    let slot = nb_unlink_on_death(linked.path)
    defer { nb_keep_on_death(slot) }
    do throws(Errno) {
      try valueOrErrno { rename(linked.path, to) }
    } catch {
      unlink(linked.path)
      throw error
    }
  }

  /// Forgets the unfinished file; after `commit` its name is gone already.
  private func discard() {
    guard let temporaryPath else { return }
    unlink(temporaryPath)
    nb_keep_on_death(cleanupSlot)
  }
}

/// The file of `AtomicFile`, with a name or without.
private func createUnfinished(
  beside path: String, mode: mode_t, needsName: Bool
) throws(Errno) -> (path: String?, descriptor: Int32) {
  if !needsName, let descriptor = openUnnamed(beside: path, mode: mode) {
    return (nil, descriptor)
  }
  if needsName { removeLeftovers(in: FileSystem.parent(of: path)) }
  let created = try createTemporary(beside: path, mark: ownMark) { (candidate) throws(Errno) in
    try valueOrErrno { nb_open(candidate, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
  }
  return (created.path, created.result)
}

/// Opens a file without a name in the folder of `path`; nil where there is no such thing, or no /proc
/// to name it by later.
private func openUnnamed(beside path: String, mode: mode_t) -> Int32? {
  let descriptor = nb_open_unnamed(FileSystem.parent(of: path), mode)
  guard descriptor >= 0 else { return nil }
  if FileSystem.exists("/proc/self/fd/\(descriptor)") { return descriptor }
  close(descriptor)
  return nil
}

/// Calls `create` with unused names in the folder of `path` until it does not throw `alreadyExists`.
private func createTemporary(
  beside path: String, mark: String = "", _ create: (String) throws(Errno) -> Int32
) throws(Errno) -> (path: String, result: Int32) {
  while true {
    // Hidden, and recognisably nb's should a power cut leave it behind.
    let name = ".nb-\(mark)\(makeUniqueName()).tmp"
    let candidate = FileSystem.parent(of: path) + "/" + name
    do throws(Errno) {
      return (candidate, try create(candidate))
    } catch {
      if error != .alreadyExists { throw error }
    }
  }
}

/// What the names of this process's unfinished files begin with.
private var ownMark: String { "\(machineMark)-\(getpid())-" }

/// Stands for where process numbers mean the same: a folder may be shared by machines and containers.
private var machineMark: String {
  var hash = SHA256()
  for path in ["/etc/machine-id", "/proc/sys/kernel/hostname"] {
    if let file = try? SmallFile(reading: path, limit: 4096) { hash.update(file.bytes) }
  }
  if let status = try? FileStatus(path: "/proc/self/ns/pid") {
    hash.update("\(status.identity.inode)".utf8)
  }
  return String(hash.hexDigest().prefix(12))
}

/// Removes the unfinished files in a folder that processes of this machine left when they were killed.
private func removeLeftovers(in folder: String) {
  let mark = ".nb-\(machineMark)-"
  for name in (try? FileSystem.names(in: folder)) ?? [] where name.hasPrefix(mark) {
    let number = pid_t(name.dropFirst(mark.utf8.count).prefix { $0.isNumber }) ?? 0
    guard name.hasSuffix(".tmp"), number > 0, kill(number, 0) != 0, errno == ESRCH else { continue }
    unlink(folder + "/" + name)
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
