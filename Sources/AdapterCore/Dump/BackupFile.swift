import Platform

extension AtomicFile {
  /// The unfinished file of a backup; throws what a person can do something about.
  public static func forBackup(
    _ path: String, mode: UInt32 = 0o600, overwrite: Bool, needsName: Bool = false
  ) throws(AdapterError) -> AtomicFile {
    do throws(Errno) {
      return try AtomicFile(
        path, mode: mode, replacesExisting: overwrite, needsName: needsName)
    } catch {
      let hint: String? =
        switch error {
        case .alreadyExists: "--overwrite replaces it"
        case .invalidArgument, .isDirectory: "a backup is written into a regular file"
        default: nil
        }
      throw AdapterError(error, doing: "write", path: path, hint: hint)
    }
  }
}

extension DumpWriter {
  /// Writes a dump into a file of its own, reads it again, and lets it appear at `path`; whatever fails,
  /// nothing is left. Returns its size in bytes.
  public static func write(
    to path: String, overwrite: Bool, engine: String, _ operation: OperationContext,
    progress: (BackupProgress) -> Void,
    _ body: (DumpWriter) throws(AdapterError) -> DumpCounts
  ) throws(AdapterError) -> Int {
    let file = try AtomicFile.forBackup(path, overwrite: overwrite)
    let writer = DumpWriter(descriptor: file.descriptor, path: path, engine: engine)
    let counts = try body(writer)
    try writer.finish(counts)
    let bytes = writer.byteCount
    progress(BackupProgress(.copying, doneBytes: bytes, totalBytes: bytes))
    let written = try DumpFile(duplicating: file.descriptor, named: path, operation)
    guard try written.verify(engine: engine, progress: progress) == counts else {
      throw AdapterError(.io, "\(path) does not hold what was written to it")
    }
    try operation.cancellation.check()
    do throws(Errno) {
      try file.commit()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
    return bytes
  }

  /// Says how much was written, each time that some was.
  @inline(__always)
  public func report(_ progress: (BackupProgress) -> Void) {
    guard byteCount != reportedBytes else { return }
    reportedBytes = byteCount
    progress(BackupProgress(.copying, doneBytes: byteCount))
  }
}
