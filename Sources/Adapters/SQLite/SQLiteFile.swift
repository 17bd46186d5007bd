import AdapterCore
import CSQLite
import Platform

/// What a database file shows by its first bytes (https://www.sqlite.org/fileformat2.html, 1.3).
enum SQLiteFile {
  private static let magic = Array("SQLite format 3\0".utf8)

  /// Throws `data` when the file's last page is not whole and no journal is there that would say why;
  /// SQLite fills such a page with zeros without a word.
  ///
  /// Reads through the connection's own file (SQLITE_FCNTL_FILE_POINTER): closing a descriptor of
  /// one's own would drop the locks that this process has on the file (fcntl(2)).
  static func refuseCutShort(_ database: SQLiteDatabase) throws(AdapterError) {
    guard endsWithinPage(database.handle), !FileSystem.exists(database.path + "-journal"),
      !FileSystem.exists(database.path + "-wal")
    else { return }
    throw AdapterError(
      .data, "cannot open \(database.path): the file is cut short: it ends within a page",
      code: SQLiteDatabase.name(of: SQLITE_CORRUPT),
      hint: "copy it again, or restore a backup (nb db restore)")
  }

  private static func endsWithinPage(_ handle: OpaquePointer) -> Bool {
    var file: UnsafeMutablePointer<sqlite3_file>?
    let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods else { return false }
    var size: sqlite3_int64 = 0
    var header = [UInt8](repeating: 0, count: 18)
    guard methods.pointee.xFileSize(file, &size) == SQLITE_OK,
      methods.pointee.xRead(file, &header, Int32(header.count), 0) == SQLITE_OK,
      header.starts(with: magic)
    else { return false }
    // 65536 does not fit and stands as 1.
    let stored = Int64(header[16]) << 8 | Int64(header[17])
    let pageSize = stored == 1 ? 65_536 : stored
    return pageSize >= 512 && size % pageSize != 0
  }
}
