import Platform

/// One configuration file, read and checked.
public struct ConfigFile: Sendable {
  public enum Scope: String, Sendable {
    /// `nb.toml` of a project: may come from someone else, so it may not run commands.
    case project
    /// The user's own file, or the one given with --config or NB_CONFIG.
    case user
  }

  /// A key and its value as text.
  public struct Entry: Equatable, Sendable {
    /// Dotted; within a profile without `profile.NAME.`.
    public var key: String
    public var value: String
    public var position: SourcePosition
  }

  public struct Profile: Equatable, Sendable {
    public var name: String
    public var scope: Scope
    public var entries: [Entry]
    public var position: SourcePosition
    /// The folder that its relative paths start from; nil: the working directory.
    var folder: String?
    /// Whether others than the owner can read the file.
    var isExposed: Bool

    func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }
  }

  public let path: String
  public let scope: Scope
  /// The settings outside profiles.
  public let entries: [Entry]
  public let profiles: [Profile]

  /// Larger than any configuration that a person writes.
  static let sizeLimit = 1 << 20

  /// Reads the file; throws `notFound`, `denied` or `io`, and `config` with the place of what is
  /// wrong in it.
  init(path: String, scope: Scope) throws(AdapterError) {
    let file: SmallFile
    do throws(Errno) {
      file = try SmallFile(reading: path, limit: Self.sizeLimit)
    } catch {
      throw AdapterError(
        error, doing: "read the configuration", path: path,
        hint: "`nb config path` shows which files are read; --config and NB_CONFIG name another")
    }
    try self.init(
      file.bytes, path: path, scope: scope, isExposed: file.isReadableByOthers)
  }

  /// Reads and checks the text of a configuration file.
  init(
    _ bytes: [UInt8], path: String, scope: Scope, isExposed: Bool = false
  ) throws(AdapterError) {
    self.path = path
    self.scope = scope
    var reader = ConfigFileReader(path: path, scope: scope, isExposed: isExposed)
    try reader.read(try TOMLDocument(bytes, file: path))
    entries = reader.entries
    profiles = reader.profiles
  }

  /// A byte that a profile's name may hold: an ASCII letter or digit, `_` or `-`.
  static func isProfileNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
