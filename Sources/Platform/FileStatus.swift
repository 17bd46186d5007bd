import Glibc

/// What stat(2) says of a path, symbolic links followed.
public struct FileStatus: Sendable {
  public enum Kind: Equatable, Sendable { case regular, directory, pipe, socket, device, other }

  /// What tells a file from every other one, whatever path leads to it.
  public struct Identity: Equatable, Sendable {
    let device: dev_t
    let inode: ino_t
  }

  public let kind: Kind
  /// In bytes; 0 for what has no size.
  public let size: Int
  /// The permission bits.
  public let permissions: mode_t
  public let identity: Identity
  /// Nanoseconds since 1970 of the last change of the content.
  public let modifiedNanoseconds: Int64

  /// Seconds since 1970 of the last change of the content.
  public var modified: Int64 { modifiedNanoseconds / 1_000_000_000 }

  /// Throws `noSuchFile` when there is nothing.
  public init(path: String) throws(Errno) {
    var status = stat()
    try valueOrErrno { stat(path, &status) }
    self.init(status)
  }

  /// Of an open descriptor (fstat(2)).
  public init(descriptor: Int32) throws(Errno) {
    var status = stat()
    try valueOrErrno { fstat(descriptor, &status) }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      case S_IFCHR, S_IFBLK: .device
      default: .other
      }
    size = Int(status.st_size)
    permissions = status.st_mode & 0o7777
    identity = Identity(device: status.st_dev, inode: status.st_ino)
    modifiedNanoseconds =
      Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}
