import AdapterCore
import Platform

/// The content of a stored response, open: it stays readable when another process replaces it.
final class CachedBody {
  /// Content up to here is looked through before any of it is used.
  private static let checkedBytes = 1 << 20
  private static let pieceBytes = 256 * 1024

  private let file: FileDescriptor
  private let byteCount: Int
  private let checksum: String

  /// nil when the file is gone, cut short or damaged.
  init?(_ path: String, of response: StoredResponse) {
    guard let file = try? FileDescriptor.openForReading(path),
      let status = try? FileStatus(descriptor: file.rawValue), status.size == response.byteCount
    else { return nil }
    self.file = file
    byteCount = response.byteCount
    checksum = response.checksum
    if byteCount <= Self.checkedBytes {
      guard (try? send { _ throws(AdapterError) in }) != nil else { return nil }
    }
  }

  /// Hands the content on, piece by piece. Throws `io` when it turns out to be damaged.
  func send(_ take: (BorrowedBytes) throws(AdapterError) -> Void) throws(AdapterError) {
    guard byteCount > 0 else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(byteCount, Self.pieceBytes), alignment: 1)
    defer { buffer.deallocate() }
    var offset = 0
    var sum = Checksum()
    while offset < byteCount {
      let count = try read(at: offset, into: buffer)
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self)
      sum.add(piece)
      offset += count
      if offset == byteCount, sum.text != checksum { throw Self.damaged }
      try take(piece)
    }
  }

  private func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(AdapterError) -> Int {
    let count = try? file.read(at: offset, into: buffer)
    guard let count, count > 0 else { throw Self.damaged }
    return min(count, byteCount - offset)
  }

  private static var damaged: AdapterError {
    AdapterError(
      .io, "the content in the cache is damaged", hint: "run it again with --no-cache")
  }
}
