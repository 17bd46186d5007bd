import Glibc

/// Questions about paths.
public enum FileSystem {
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

  /// Creates the folder and those above it (mkdir(2)); existing ones are left alone.
  public static func createFolders(_ path: String, mode: mode_t = 0o777) throws(Errno) {
    if path.isEmpty || path == "/" || FileStatus.exists(path) { return }
    try createFolders(parentFolder(of: path), mode: mode)
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

  /// Removes a file (unlink(2)); one that is not there, or may not be removed, is left.
  public static func remove(_ path: String) { unlink(path) }
}
