import CPosix
import Glibc

/// A file without a name in memory (memfd_create(2)): what a program is to read, or has printed,
/// without a pipe that somebody has to attend to.
public struct MemoryFile: ~Copyable {
  private let descriptor: FileDescriptor

  /// A file of these bytes, to be read from its beginning.
  public init(_ bytes: [UInt8], name: String) throws(Errno) {
    let file = FileDescriptor(owning: try valueOrErrno { nb_memory_file(name) })
    let output = OutputBuffer(descriptor: file.rawValue, capacity: bytes.count + 1)
    bytes.withUnsafeBufferPointer { output.append($0) }
    try output.flush()
    lseek(file.rawValue, 0, SEEK_SET)
    descriptor = file
  }

  /// What it holds, at most `limit` bytes; throws EFBIG for more.
  public func contents(limit: Int) throws(Errno) -> [UInt8] {
    let size = try FileStatus(descriptor: descriptor.rawValue).size
    guard size <= limit else { throw Errno(rawValue: EFBIG) }
    return try descriptor.contents(limit: size)
  }

  public var rawValue: Int32 { descriptor.rawValue }
}
