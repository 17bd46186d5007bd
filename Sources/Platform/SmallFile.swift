import CPosix
import Glibc

/// A file small enough to be read whole: a configuration, a secret.
public struct SmallFile: Sendable {
  public let bytes: [UInt8]
  /// Whether its permissions let others than the owner read it.
  public let isReadableByOthers: Bool
  /// Whether it belongs to the user who runs nb.
  public let isOwn: Bool

  /// Reads at most `limit` bytes; throws EFBIG for a longer file, EISDIR for a directory.
  public init(reading path: String, limit: Int) throws(Errno) {
    try self.init(FileDescriptor.openForReading(path), limit: limit)
  }

  /// Reads an open file to its end and closes it.
  public init(_ file: consuming FileDescriptor, limit: Int) throws(Errno) {
    let descriptor = file.rawValue
    var status = stat()
    try valueOrErrno { fstat(descriptor, &status) }
    isReadableByOthers =
      status.st_mode & S_IFMT == S_IFREG && status.st_mode & (S_IRGRP | S_IROTH) != 0
    isOwn = status.st_uid == geteuid()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 1)
    defer { buffer.deallocate() }
    var content: [UInt8] = []
    while true {
      let count = try valueOrErrno { read(descriptor, buffer.baseAddress, buffer.count) }
      if count == 0 { break }
      content += buffer[..<count]
      if content.count > limit { throw Errno(rawValue: EFBIG) }
    }
    bytes = content
  }

  /// Replaces the file at `path`, following symbolic links, in one step: readers see the old content
  /// or the new. An existing file keeps its permissions, a new one gets `mode`.
  ///
  /// - Parameter isDurable: as in `AtomicFile.commit`.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: mode_t, isDurable: Bool = true
  ) throws(Errno) {
    let file = try AtomicFile(path, mode: mode)
    let descriptor = file.descriptor
    let output = OutputBuffer(descriptor: descriptor, capacity: bytes.count + 1)
    bytes.withUnsafeBufferPointer { output.append($0) }
    try output.flush()
    try file.commit(isDurable: isDurable)
  }
}
