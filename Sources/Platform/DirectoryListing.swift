import Glibc

extension FileSystem {
  /// The names in a folder, sorted, without `.` and `..` (readdir(3)).
  public static func names(in folder: String) throws(Errno) -> [String] {
    guard let stream = opendir(folder) else { throw Errno.current }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      // readdir tells its end and its errors apart by errno alone.
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    let error = Errno.current
    guard error.rawValue == 0 else { throw error }
    return names.sorted()
  }
}
