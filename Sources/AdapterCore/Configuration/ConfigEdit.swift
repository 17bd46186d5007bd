import Platform

/// Changes to a configuration file, as `nb config set` and `unset` make them.
public struct ConfigEdit {
  public let path: String
  public let scope: ConfigFile.Scope

  public init(path: String, scope: ConfigFile.Scope) {
    self.path = path
    self.scope = scope
  }

  /// Sets a key; the file and its folders are created when they are missing, for nobody else to
  /// read.
  ///
  /// Throws `usage` for an unknown key or a value that does not fit, `config` when the file is wrong
  /// or would be, and as writing does; in every case the file is as it was.
  public func set(_ name: String, to text: String) throws(AdapterError) {
    let value = try value(text, of: name)
    var editor = try TOMLEditor(try read() ?? [], file: path)
    try editor.set(Self.parts(name), to: value)
    try write(editor.bytes)
  }

  /// Removes a key; throws `notFound` when the file does not have it.
  public func unset(_ name: String) throws(AdapterError) {
    try Self.check(name)
    var editor = try TOMLEditor(try read() ?? [], file: path)
    guard try editor.remove(Self.parts(name)) else {
      throw AdapterError(
        .notFound, "\(name) is not set in \(path)",
        hint: "`nb config explain \(name)` shows where it is set")
    }
    try write(editor.bytes)
  }

  // MARK: - Keys and values

  /// Whether a key of this name may stand in a file: one of the table, or one of a profile.
  ///
  /// Throws `usage` with a suggestion.
  public static func check(_ name: String) throws(AdapterError) {
    if ConfigKey.named(name) != nil { return }
    let parts = parts(name)
    if parts.first == "profile" {
      guard parts.count >= 3, !parts.contains(""),
        parts[1].utf8.allSatisfy(ConfigFile.isProfileNameByte)
      else {
        throw AdapterError(
          .usage, "'\(name)' names no setting of a profile",
          hint: "write profile.NAME.KEY, for example profile.prod.url")
      }
      return
    }
    let guess = closestMatch(to: name, in: ConfigKey.all.map(\.name))
    throw AdapterError(
      .usage, "unknown key '\(name)'",
      hint: guess.map { "did you mean '\($0)'?" } ?? "`nb config list` shows the keys there are")
  }

  /// A key's parts; what follows a profile's name may hold dots of its own (`pragma.cache_size`).
  private static func parts(_ name: String) -> [String] {
    name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  private func value(_ text: String, of name: String) throws(AdapterError) -> TOMLValue {
    try Self.check(name)
    guard let key = ConfigKey.named(name) else { return TOMLValue(guessing: text) }
    guard let value = key.normalize(text) else {
      throw AdapterError(
        .usage, "\(name) \(key.requirement), not '\(text)'", hint: key.suggestion(for: text))
    }
    switch key.kind {
    case .boolean, .integer: return .bare(value)
    case .text, .path, .choice, .duration: return .string(value)
    }
  }

  // MARK: - The file

  /// nil when there is no file.
  private func read() throws(AdapterError) -> [UInt8]? {
    do throws(Errno) {
      return try SmallFile(reading: path, limit: ConfigFile.sizeLimit).bytes
    } catch {
      if error == .noSuchFile { return nil }
      throw AdapterError(error, doing: "read the configuration", path: path)
    }
  }

  private func write(_ bytes: [UInt8]) throws(AdapterError) {
    // What would be refused when it is read is not written.
    _ = try ConfigFile(bytes, path: path, scope: scope)
    do throws(Errno) {
      try FileSystem.createFolders(FileSystem.parent(of: path), mode: 0o700)
      try SmallFile.replace(path, with: bytes, mode: scope == .user ? 0o600 : 0o644)
    } catch {
      throw AdapterError(error, doing: "write the configuration", path: path)
    }
  }
}
