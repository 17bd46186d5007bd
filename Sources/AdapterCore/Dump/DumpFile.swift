import Platform

/// A backup as SQL text, opened for reading: whoever puts another file in its place changes nothing.
public final class DumpFile: ByteSource {
  private static let chunkSize = 128 << 10

  private let file: FileDescriptor
  private let path: String
  private let operation: OperationContext
  public let byteCount: Int
  /// How far `read` has come.
  public private(set) var offset = 0
  /// Called by `read` while the file is loaded.
  private var report: ((BackupProgress) -> Void)?
  private var hash = SHA256()
  /// Where the last line begins, and the checksum that it holds.
  private var tail: (offset: Int, sum: String)?

  /// Throws `notFound` without the file, `data` for what is no regular file.
  public init(_ path: String, _ operation: OperationContext) throws(AdapterError) {
    self.path = path
    self.operation = operation
    let status: FileStatus
    do throws(Errno) {
      status = try FileStatus(path: path)
      file = try FileDescriptor.openForReading(path)
    } catch {
      throw AdapterError(error, doing: "open", path: path, hint: "check the path of the backup")
    }
    byteCount = status.size
    guard status.kind == .regular else {
      throw AdapterError(
        .data, "cannot restore from \(path): it is no regular file",
        hint: "the file is read twice, so it can be no pipe")
    }
  }

  /// A file that is open already; `path` is for messages.
  init(duplicating descriptor: Int32, named path: String, _ operation: OperationContext)
    throws(AdapterError)
  {
    self.path = path
    self.operation = operation
    do throws(Errno) {
      file = try FileDescriptor.duplicate(descriptor)
      byteCount = try FileStatus(descriptor: descriptor).size
    } catch {
      throw AdapterError(error, reading: path)
    }
  }

  /// Throws `data` unless all of the file is there as it was written, by a backup of `engine`.
  public func verify(
    engine: String, progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> DumpCounts {
    try checkHead(engine)
    let (counts, sum, end) = try findTail()
    tail = (end, sum)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 16)
    defer { buffer.deallocate() }
    while try read(into: buffer) > 0 {
      progress(BackupProgress(.verifying, doneBytes: offset, totalBytes: byteCount))
    }
    try checkSum()
    return counts
  }

  /// Lets `body` read the file from its first byte on, saying how far it has come, and checks that what
  /// it read is what was verified.
  public func load(
    progress: (BackupProgress) -> Void, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    offset = 0
    hash = SHA256()
    try withoutActuallyEscaping(progress) { (progress) throws(AdapterError) in
      report = progress
      defer { report = nil }
      try body()
    }
    try checkSum()
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    try operation.cancellation.check()
    let count = try read(at: offset, into: buffer)
    let summed = min(count, max(0, (tail?.offset ?? 0) - offset))
    hash.update(
      UnsafeBufferPointer(rebasing: buffer.assumingMemoryBound(to: UInt8.self)[..<summed]))
    offset += count
    if count > 0 {
      report?(BackupProgress(.copying, doneBytes: offset, totalBytes: byteCount))
    }
    return count
  }

  /// Throws `data` unless the bytes that were read are those that were written.
  private func checkSum() throws(AdapterError) {
    guard let tail, hash.hexDigest() == tail.sum else {
      throw damaged("it was changed after it was written (its checksum differs)")
    }
  }

  // MARK: Both ends

  private func checkHead(_ engine: String) throws(AdapterError) {
    let start = try text(at: 0)
    let line = start.split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
    guard let head = DumpFormat.parse(head: String(line)) else {
      throw AdapterError(
        .data, "cannot restore from \(path): it is no backup by nb of a \(engine) database",
        hint: start.hasPrefix("SQLite format 3")
          ? "it is an SQLite database; nb db copy brings its tables over"
          : "nb db exec TARGET -f FILE runs any file of SQL")
    }
    guard head.engine == engine else {
      throw AdapterError(
        .data, "cannot restore from \(path): it is a backup of \(head.engine), not of \(engine)",
        hint: "restore it there; nb db copy brings tables from one engine to another")
    }
    guard head.version == DumpFormat.version else {
      throw AdapterError(
        .data, "cannot restore from \(path): it has format \(head.version), and this nb knows 1",
        hint: "a newer nb reads it; psql or mariadb load it too")
    }
  }

  private func findTail() throws(AdapterError) -> (DumpCounts, sum: String, offset: Int) {
    let start = max(0, byteCount - DumpFormat.longestLine)
    let end = try text(at: start)
    let line = end.split(separator: "\n").last.map(String.init) ?? ""
    guard end.hasSuffix(line + "\n"), let found = DumpFormat.parse(tail: line) else {
      throw damaged("its last line is missing, so it is cut short")
    }
    return (found.counts, found.sum, byteCount - line.utf8.count - 1)
  }

  /// Up to `longestLine` bytes from `offset` on.
  private func text(at offset: Int) throws(AdapterError) -> String {
    var bytes = [UInt8](repeating: 0, count: DumpFormat.longestLine)
    var count = 0
    var failure: AdapterError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(AdapterError) {
        count = try read(at: offset, into: buffer)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(AdapterError) -> Int {
    do throws(Errno) {
      return try file.read(at: offset, into: buffer)
    } catch {
      throw AdapterError(error, reading: path)
    }
  }

  private func damaged(_ reason: String) -> AdapterError {
    AdapterError(
      .data, "cannot restore from \(path): \(reason)",
      hint: "use another copy; nb db exec -f runs it as it is, as far as it goes")
  }
}
