import AdapterCore
import Platform

/// Lets one process at a time migrate the databases of a folder: flock(2) on the folder itself.
///
/// The kernel drops it when the process dies, it leaves no file behind, and unlike a lock on the
/// database file it cannot disturb SQLite's own locks.
final class SQLiteMigrationLock: MigrationLock {
  private var directory: FileDescriptor?

  /// Throws `temporary` when another process still holds the lock at `wait`.
  init(path: String, wait: Deadline, operation: OperationContext) throws(AdapterError) {
    guard path != ":memory:" else { return }
    let folder = parentFolder(of: path)
    do throws(Errno) {
      let descriptor = try FileDescriptor.openDirectory(folder)
      directory = consume descriptor
    } catch {
      throw AdapterError(error, doing: "open the folder", path: folder)
    }
    while try !tryLock(folder) {
      try operation.cancellation.check()
      if wait.isPassed {
        throw AdapterError(
          .temporary, "another process is migrating a database in \(folder)",
          hint: "wait for it, or raise --lock-timeout", isRetryable: true)
      }
      sleepFor(.milliseconds(50))
    }
  }

  private func tryLock(_ folder: String) throws(AdapterError) -> Bool {
    do throws(Errno) {
      return try directory?.tryLock() ?? true
    } catch {
      throw AdapterError(error, doing: "lock the folder", path: folder)
    }
  }

  func release() { directory = nil }
}
