import Platform

/// Where configuration files are looked for.
public struct ConfigLocations: Sendable {
  /// Given with --config or NB_CONFIG: replaces the user's file and must exist.
  public var explicitFile: String?
  /// `$XDG_CONFIG_HOME/nb/config.toml`, by default under `~/.config`; nil without a home.
  public var userFile: String?
  public var home: String?
  /// Where the search for `nb.toml` begins; nil: nowhere.
  public var workingDirectory: String?

  public init(
    explicitFile: String? = nil, userFile: String? = nil, home: String? = nil,
    workingDirectory: String? = nil
  ) {
    self.explicitFile = explicitFile
    self.userFile = userFile
    self.home = home
    self.workingDirectory = workingDirectory
  }

  /// The usual places of this process.
  public init(explicitFile: String?) {
    home = Environment.nonEmptyValue("HOME")
    userFile = BaseDirectory.configuration.path.map { $0 + "/config.toml" }
    workingDirectory = FileSystem.workingDirectory
    self.explicitFile = explicitFile ?? Environment.nonEmptyValue("NB_CONFIG")
  }

  /// The file that `nb config set` changes.
  public var editedFile: String? { explicitFile ?? userFile }

  public static let projectFileName = "nb.toml"

  /// The project's file: the first `nb.toml` from the working directory upwards. The search ends at a
  /// repository's root (a folder with `.git`), at the home folder and at the root.
  ///
  /// One in a folder that everybody can write to counts only if it is the user's own: otherwise
  /// anyone could put one into /tmp.
  public func findProjectFile() -> String? {
    guard let workingDirectory else { return nil }
    var folder = workingDirectory
    while true {
      let path = folder == "/" ? "/nb.toml" : folder + "/" + Self.projectFileName
      if FileSystem.exists(path), Self.isTrusted(path, folder: folder) {
        return folder == workingDirectory ? Self.projectFileName : path
      }
      if folder == "/" || folder == home || FileSystem.exists(folder + "/.git") { return nil }
      folder = FileSystem.parent(of: folder)
    }
  }

  private static func isTrusted(_ path: String, folder: String) -> Bool {
    let permissions = (try? FileStatus(path: folder))?.permissions ?? 0
    return permissions & 0o002 == 0 || FileSystem.isOwn(path)
  }
}
