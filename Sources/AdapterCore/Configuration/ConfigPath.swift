import Platform

/// Paths written in configuration files.
enum ConfigPath {
  /// The path with `~/` replaced by the home folder, and a relative one taken from `folder`.
  static func resolve(_ path: String, folder: String?) -> String {
    if path.hasPrefix("~/"), let home = Environment.nonEmptyValue("HOME") {
      return home + path.dropFirst()
    }
    guard !path.hasPrefix("/"), let folder, folder != "." else { return path }
    return folder + (folder.hasSuffix("/") ? "" : "/") + path
  }
}
