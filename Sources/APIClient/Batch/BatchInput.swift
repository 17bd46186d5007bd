import AdapterCore
import Glibc
import Platform

/// The lines of a batch, read as they are needed; nothing waits for one that is not there yet.
public final class BatchInput {
  public enum Line {
    /// Without its line break; borrowed until the next call.
    case line(BorrowedBytes)
    /// It has more than 64 MiB, and is passed over.
    case tooLong
    /// There is none yet: ask again when the descriptor can be read.
    case none(descriptor: Int32)
    case end
  }

  static let maximumLineBytes = 64 << 20

  private let name: String
  private let file: FileDescriptor
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
  /// What is read and not given out.
  private var unread = 0..<0
  /// Up to where no line break stands.
  private var searched = 0
  private var isAtEnd = false
  private var isPassingOver = false
  /// Whether the last line had its line break.
  public private(set) var isLineEnded = true
  /// The size of a regular file; nil for anything else.
  public let size: Int?
  /// Bytes of the lines that were given out.
  public private(set) var byteCount = 0

  /// Opens a file; "-" is stdin. Throws as opening it does.
  public convenience init(path: String) throws(AdapterError) {
    do throws(Errno) {
      let file =
        path == "-" ? try FileDescriptor.duplicate(0) : try FileDescriptor.openForReading(path)
      if file.isDirectory { throw .isDirectory }
      self.init(file, named: path == "-" ? "standard input" : path)
    } catch {
      let hint = error == .noSuchFile ? "check the path; - is standard input" : nil
      throw AdapterError(error, doing: "read", path: path, hint: hint)
    }
  }

  init(_ file: consuming FileDescriptor, named name: String) {
    self.file = file
    self.name = name
    let status = try? FileStatus(descriptor: self.file.rawValue)
    size = status.flatMap { $0.kind == .regular ? $0.size : nil }
  }

  deinit { buffer.deallocate() }

  /// Throws `io` when it cannot be read.
  public func next() throws(AdapterError) -> Line {
    while true {
      if let line = takeLine() { return line }
      if isAtEnd { return .end }
      if unread.count >= Self.maximumLineBytes, !isPassingOver {
        isPassingOver = true
        return .tooLong
      }
      guard try readMore() else { return .none(descriptor: file.rawValue) }
    }
  }

  private func takeLine() -> Line? {
    let start = buffer.baseAddress.map { $0 + searched }
    let count = unread.upperBound - searched
    guard let found = start.flatMap({ memchr($0, 0x0A, count) }), count > 0 else {
      searched = unread.upperBound
      return isAtEnd && !unread.isEmpty ? give(upTo: unread.upperBound, isEnded: false) : nil
    }
    let end = UnsafeRawPointer(found) - UnsafeRawPointer(buffer.baseAddress ?? found)
    return give(upTo: end, isEnded: true)
  }

  private func give(upTo end: Int, isEnded: Bool) -> Line? {
    let line = unread.lowerBound..<end
    unread = (isEnded ? end + 1 : end)..<unread.upperBound
    searched = unread.lowerBound
    isLineEnded = isEnded
    byteCount += line.count + (isEnded ? 1 : 0)
    if isPassingOver {
      isPassingOver = false
      return takeLine()
    }
    var bytes = UnsafeRawBufferPointer(rebasing: buffer[line])
    if bytes.last == 0x0D { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
    return .line(bytes.bindMemory(to: UInt8.self))
  }

  /// False when nothing is there to be read now.
  private func readMore() throws(AdapterError) -> Bool {
    if isPassingOver {
      byteCount += unread.count
      unread = 0..<0
      searched = 0
    }
    makeRoom()
    do throws(Errno) {
      guard try waitUntilReadable(file.rawValue, timeout: .zero) else { return false }
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[unread.upperBound...])
      let count = try readSome(from: file.rawValue, into: rest)
      isAtEnd = count == 0
      unread = unread.lowerBound..<unread.upperBound + count
      return true
    } catch {
      throw AdapterError(error, reading: name)
    }
  }

  private func makeRoom() {
    if unread.lowerBound > 0 {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[unread])
      buffer.copyMemory(from: rest)
      unread = 0..<rest.count
      searched = rest.count
    }
    guard unread.count == buffer.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: buffer.count * 2, alignment: 1)
    larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
    buffer.deallocate()
    buffer = larger
  }
}
