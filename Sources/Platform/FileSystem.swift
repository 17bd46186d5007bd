import Glibc

/// Questions about paths.
public enum FileSystem {
  /// Whether something is at `path`, a dangling symbolic link included (lstat(2)).
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether everybody may create files in the folder, as in /tmp.
  public static func isWritableByAll(_ folder: String) -> Bool {
    var status = stat()
    return stat(folder, &status) == 0 && status.st_mode & S_IWOTH != 0
  }

  /// Whether the file belongs to the user who runs nb.
  public static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_uid == geteuid()
  }

  /// The working directory's absolute path (getcwd(3)); nil when it was removed.
  public static var workingDirectory: String? {
    guard let path = getcwd(nil, 0) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// The path without symbolic links (realpath(3)); nil when nothing is there.
  public static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether two paths lead to one file, or would once both are created.
  public static func isSameFile(_ left: String, _ right: String) -> Bool {
    if let left = try? FileStatus(path: left), let right = try? FileStatus(path: right) {
      return left.identity == right.identity
    }
    guard let left = place(of: left), let right = place(of: right) else { return false }
    return left == right
  }

  /// Where a path leads that need not exist: its folder without symbolic links, and its name.
  private static func place(of path: String) -> String? {
    if let resolved = realPath(path) { return resolved }
    guard let folder = realPath(parent(of: path)), let name = path.split(separator: "/").last else {
      return nil
    }
    return folder + "/" + name
  }

  /// The last part of a path: "c" of "a/b/c".
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Where the next read of an open file begins (lseek(2)).
  public static func offset(of descriptor: Int32) throws(Errno) -> Int {
    try valueOrErrno { lseek(descriptor, 0, SEEK_CUR) }
  }

  /// Lets the next read of an open file begin there (lseek(2)).
  public static func seek(_ descriptor: Int32, to offset: Int) throws(Errno) {
    try valueOrErrno { lseek(descriptor, offset, SEEK_SET) }
  }

  /// The folder that holds `path`: everything before the last slash; "." without one.
  public static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Creates the folder and those above it (mkdir(2)); existing ones are left alone.
  public static func createFolders(_ path: String, mode: mode_t = 0o777) throws(Errno) {
    if path.isEmpty || path == "/" || exists(path) { return }
    try createFolders(parent(of: path), mode: mode)
    do throws(Errno) {
      try valueOrErrno { mkdir(path, mode) }
    } catch {
      if error != .alreadyExists { throw error }
    }
  }

  /// Throws unless this user may create files in the folder (access(2)).
  public static func checkWritable(_ folder: String) throws(Errno) {
    try valueOrErrno { access(folder, W_OK | X_OK) }
  }

  /// Throws unless this user may read what is at `path` (access(2)).
  public static func checkReadable(_ path: String) throws(Errno) {
    try valueOrErrno { access(path, R_OK) }
  }

  /// Makes the file's last change be now (utimensat(2)).
  public static func touch(_ path: String) { utimensat(AT_FDCWD, path, nil, 0) }

  /// Removes a file (unlink(2)); one that is not there, or may not be removed, is left.
  public static func remove(_ path: String) { unlink(path) }
}
