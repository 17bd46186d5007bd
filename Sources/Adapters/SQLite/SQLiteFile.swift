import Platform

/// What a database file shows by its first bytes (https://www.sqlite.org/fileformat2.html, 1.3).
enum SQLiteFile {
  private static let magic = Array("SQLite format 3\0".utf8)

  /// Whether the file's last page is not whole, and no journal is there that would say why.
  static func endsWithinPage(_ descriptor: Int32, _ path: String) throws(Errno) -> Bool {
    let status = try FileStatus(descriptor: descriptor)
    guard status.kind == .regular else { return false }
    var header = [UInt8](repeating: 0, count: 18)
    var result: Result<Int, Errno> = .success(0)
    header.withUnsafeMutableBytes { buffer in
      do throws(Errno) {
        result = .success(try readSome(from: descriptor, into: buffer))
      } catch {
        result = .failure(error)
      }
    }
    guard try result.get() == header.count, header.starts(with: magic) else { return false }
    // 65536 does not fit and stands as 1.
    let stored = Int(header[16]) << 8 | Int(header[17])
    let pageSize = stored == 1 ? 65_536 : stored
    guard pageSize >= 512, status.size % pageSize != 0 else { return false }
    return !FileSystem.exists(path + "-journal") && !FileSystem.exists(path + "-wal")
  }
}
