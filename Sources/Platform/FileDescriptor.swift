import CPosix
import Glibc

/// A file descriptor that this value owns: closed once, when the value ends.
public struct FileDescriptor: ~Copyable, Sendable {
  public let rawValue: Int32

  /// Takes ownership of `rawValue`.
  public init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { Glibc.close(rawValue) }

  /// Opens a file for reading, close-on-exec (open(2)).
  public static func openForReading(_ path: String) throws(Errno) -> FileDescriptor {
    FileDescriptor(owning: try valueOrErrno { nb_open(path, O_RDONLY | O_CLOEXEC, 0) })
  }

  /// Opens a file whose writes go behind its end, made if there is none (open(2), O_APPEND).
  public static func openForAppending(
    _ path: String, mode: mode_t = 0o666
  ) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      owning: try valueOrErrno { nb_open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode) })
  }

  /// Another descriptor of the same open file, close-on-exec (fcntl(2), F_DUPFD_CLOEXEC).
  public static func duplicate(_ descriptor: Int32) throws(Errno) -> FileDescriptor {
    FileDescriptor(owning: try valueOrErrno { nb_fcntl(descriptor, F_DUPFD_CLOEXEC, 0) })
  }

  /// Creates a file, or truncates it; with `exclusive`, refuses an existing one (EEXIST).
  public static func create(
    _ path: String, mode: mode_t = 0o666, exclusive: Bool = false
  ) throws(Errno) -> FileDescriptor {
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (exclusive ? O_EXCL : O_TRUNC)
    return FileDescriptor(owning: try valueOrErrno { nb_open(path, flags, mode) })
  }

  /// Opens the controlling terminal for reading and writing (tty(4)); throws without one.
  public static func openTerminal() throws(Errno) -> FileDescriptor {
    FileDescriptor(
      owning: try valueOrErrno { nb_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC, 0) })
  }

  /// Opens a directory, for fsync(2) and flock(2).
  public static func openDirectory(_ path: String) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      owning: try valueOrErrno { nb_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) })
  }

  /// Opens a file without a name, which ends with its descriptor (open(2), O_TMPFILE).
  public static func openUnnamed(in folder: String) throws(Errno) -> FileDescriptor {
    FileDescriptor(owning: try valueOrErrno { nb_open_unnamed(folder, 0o600) })
  }

  /// Opens a file that processes share by locking it, creating it for this user alone.
  public static func openShared(_ path: String) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      owning: try valueOrErrno { nb_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) })
  }

  /// Reads up to `buffer.count` bytes from `offset` on; 0 at the end (pread(2)).
  public func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    let descriptor = rawValue
    return try valueOrErrno { pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// Flushes the file to the disk (fsync(2)).
  public func sync() throws(Errno) {
    let descriptor = rawValue
    try valueOrErrno { fsync(descriptor) }
  }

  /// Takes an exclusive flock(2), waiting for who has it: for what nobody holds long.
  public func lock() throws(Errno) {
    let descriptor = rawValue
    try valueOrErrno { flock(descriptor, LOCK_EX) }
  }

  /// Gives the lock up.
  public func unlock() { flock(rawValue, LOCK_UN) }

  /// The number at `offset`, in this machine's byte order; 0 where the file has ended.
  public func integer(at offset: Int) throws(Errno) -> Int64 {
    let descriptor = rawValue
    var number: Int64 = 0
    let count = try valueOrErrno { pread(descriptor, &number, 8, off_t(offset)) }
    return count == 8 ? number : 0
  }

  /// Writes a number at `offset`.
  public func write(_ number: Int64, at offset: Int) throws(Errno) {
    let descriptor = rawValue
    var number = number
    let count = try valueOrErrno { pwrite(descriptor, &number, 8, off_t(offset)) }
    guard count == 8 else { throw .noSpace }
  }

  /// The first bytes of the file, at most `limit` (pread(2)).
  public func contents(limit: Int) throws(Errno) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
    defer { buffer.deallocate() }
    return Array(buffer[..<(try read(at: 0, into: buffer))])
  }

  /// Makes the bytes all that the file holds (pwrite(2), ftruncate(2)).
  public func overwrite(with bytes: [UInt8]) throws(Errno) {
    let descriptor = rawValue
    let written = try valueOrErrno {
      bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
    guard written == bytes.count else { throw .noSpace }
    try valueOrErrno { ftruncate(descriptor, off_t(bytes.count)) }
  }

  /// Cuts the file off behind that many bytes (ftruncate(2)).
  public func truncate(to byteCount: Int) throws(Errno) {
    let descriptor = rawValue
    try valueOrErrno { ftruncate(descriptor, off_t(byteCount)) }
  }

  /// Takes an exclusive flock(2) without waiting; false when another process holds it.
  public func tryLock() throws(Errno) -> Bool {
    let descriptor = rawValue
    do throws(Errno) {
      try valueOrErrno { flock(descriptor, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      if error == .wouldBlock { return false }
      throw error
    }
  }
}

/// Writes all of `bytes`, however often write(2) takes only a part.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(Errno) {
  var rest = bytes
  while !rest.isEmpty {
    let written = try valueOrErrno { write(descriptor, rest.baseAddress, rest.count) }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
}

extension FileDescriptor {
  /// Whether it is a directory (fstat(2)).
  public var isDirectory: Bool {
    var status = stat()
    return fstat(rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
