import AdapterCore
import CSQLite
import Platform

extension SQLiteDatabase {
  var backup: (any DatabaseBackup)? { SQLiteBackup(self) }
}

/// Backup and restore by SQLite's online backup (sqlite3_backup_init).
///
/// It copies pages, so unlike VACUUM INTO it keeps everything as it is (row ids, page size,
/// user_version, application_id) and needs none of the collations, functions and modules that an
/// application defines. The reader's transaction stays open for the whole copy: without that
/// the copy would begin again whenever another connection writes, and need never end.
final class SQLiteBackup: DatabaseBackup {
  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  func backUp(
    to path: String, overwrite: Bool, progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> BackupSummary {
    try refuseOwnFile(path, "backed up to")
    let file = try createFile(path, overwrite: overwrite)
    let bytes = try writeCopy(to: file.temporaryPath ?? file.path, as: path, progress)
    try database.operation.cancellation.check()
    do throws(Errno) {
      try file.commit()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
    return BackupSummary(bytes: bytes)
  }

  /// Creates the unfinished file, which SQLite opens by its name; throws `conflict` for a file that must not be replaced.
  private func createFile(_ path: String, overwrite: Bool) throws(AdapterError) -> AtomicFile {
    // A log or journal that is left beside the file would be played into the new database.
    for ending in ["-wal", "-journal"] where FileSystem.exists(path + ending) {
      throw AdapterError(
        .conflict, "cannot write \(path): \(path + ending) shows that it is a database in use",
        hint: "nb db restore replaces the content of a live database")
    }
    // Who may not read the database may not read its backup.
    let mode = (try? FileStatus(path: database.path))?.permissions ?? 0o666
    return try AtomicFile.forBackup(
      path, mode: mode & 0o666, overwrite: overwrite, needsName: true)
  }

  private func writeCopy(
    to temporaryPath: String, as path: String, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Int {
    let copy = try SQLiteAdapter.connect(
      temporaryPath, try SQLiteSettings([]), SQLOpenOptions(access: .write), database.operation,
      displayName: path)
    defer { copy.close() }
    // The file counts only once it is complete and flushed, so it needs no journal of its own.
    try copy.run("PRAGMA locking_mode=exclusive; PRAGMA journal_mode=off; PRAGMA synchronous=off")
    try database.holdingSnapshot { () throws(AdapterError) in
      try copyPages(from: database, to: copy, progress)
    }
    // The copy of a database in WAL mode says that it is one too; a backup should be a single
    // file that opens without write permission.
    try copy.run("PRAGMA journal_mode=delete")
    progress(BackupProgress(.verifying))
    try copy.verify(as: database.displayName)
    return try copy.extent().bytes
  }

  // MARK: Restore

  func restore(
    from path: String, confirm: (RestorePlan) throws(AdapterError) -> Bool,
    progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Bool {
    try refuseOwnFile(path, "restored from")
    let backup = try openBackup(path)
    defer { backup.close() }
    // What is verified must be what is copied.
    return try backup.holdingSnapshot { () throws(AdapterError) in
      let extent = try backup.extent()
      guard extent.bytes > 0 else {
        throw AdapterError(.data, "cannot restore from \(path): the file is empty")
      }
      progress(BackupProgress(.verifying))
      try backup.verify(as: path)
      guard try confirm(RestorePlan(current: try database.extent(), backup: extent)) else {
        return false
      }
      try replaceContent(with: backup, progress)
      return true
    }
  }

  private func openBackup(_ path: String) throws(AdapterError) -> SQLiteDatabase {
    do throws(AdapterError) {
      return try SQLiteAdapter.openConnection(
        Target.Address(scheme: "sqlite", path: path), SQLOpenOptions(access: .read),
        database.operation)
    } catch {
      var error = error
      // The hint of a missing database is to create it.
      if error.kind == .notFound { error.hint = "check the path of the backup" }
      throw error
    }
  }

  /// Copies under one exclusive transaction, which sqlite3_backup_finish rolls back unless the copy
  /// is complete. The journal mode stays what it was.
  private func replaceContent(
    with backup: SQLiteDatabase, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    let mode = try database.textPragma("journal_mode")
    let pageSize = try database.integerPragma("page_size")
    // A log holds pages of one size.
    if mode == "wal", try backup.integerPragma("page_size") != pageSize {
      try database.run("PRAGMA journal_mode=delete", doing: .other("leave WAL mode"))
    }
    defer { restoreJournalMode(mode) }
    do throws(AdapterError) {
      try copyPages(from: backup, to: database, progress)
    } catch {
      // A full disk leaves the journal behind, and with it no space.
      database.rollback()
      throw error
    }
  }

  private func restoreJournalMode(_ mode: String) {
    // Who still holds the database may keep it from changing now; the content is complete.
    if (try? database.textPragma("journal_mode")) != mode {
      try? database.run("PRAGMA journal_mode=\(mode)")
    }
    if mode == "wal" { try? database.run("PRAGMA wal_checkpoint(PASSIVE)") }
  }

  // MARK: Both

  /// Copies all pages, one MiB at a time so that it can be stopped.
  private func copyPages(
    from source: SQLiteDatabase, to destination: SQLiteDatabase,
    _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    let pageSize = try source.integerPragma("page_size")
    let pagesPerStep = Int32(clamping: max(1, (1 << 20) / pageSize))
    guard let copy = sqlite3_backup_init(destination.handle, "main", source.handle, "main") else {
      throw copyError(sqlite3_extended_errcode(destination.handle), source, destination)
    }
    var code = SQLITE_OK
    while code == SQLITE_OK, !source.operation.cancellation.isCancelled {
      code = sqlite3_backup_step(copy, pagesPerStep)
      let total = Int(sqlite3_backup_pagecount(copy)) * pageSize
      let left = Int(sqlite3_backup_remaining(copy)) * pageSize
      progress(BackupProgress(.copying, doneBytes: total - left, totalBytes: total))
    }
    let finishCode = sqlite3_backup_finish(copy)
    guard code == SQLITE_DONE, finishCode == SQLITE_OK else {
      try source.operation.cancellation.check()
      throw copyError(code == SQLITE_DONE ? finishCode : code, source, destination)
    }
  }

  private func copyError(
    _ code: Int32, _ source: SQLiteDatabase, _ destination: SQLiteDatabase
  ) -> AdapterError {
    let work = "copy \(source.displayName) to \(destination.displayName)"
    return destination.error(code, doing: .other(work))
  }

  private func refuseOwnFile(_ path: String, _ action: String) throws(AdapterError) {
    guard FileSystem.isSameFile(database.path, path) else { return }
    throw AdapterError(
      .usage, "\(database.path) cannot be \(action) itself", hint: "name another file")
  }
}

extension SQLiteDatabase {
  /// Runs `body` while this connection sees one state of the database, whatever others commit.
  fileprivate func holdingSnapshot<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try begin(.read)
    // Nothing was changed, so that there is nothing to commit.
    defer { rollback() }
    // BEGIN alone takes no lock; the first read does.
    try ping()
    return try body()
  }
}
