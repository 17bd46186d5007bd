import Platform

/// nb's settings from everywhere: NB_* variables, the project's file, the user's file, defaults.
/// Flags come before all of them and are the caller's. Files are read on first need.
public final class Configuration {
  /// Where a value comes from.
  public enum Source: Equatable, Sendable {
    case environment(String)
    case file(ConfigFile.Scope, SourcePosition)
    case `default`

    /// "NB_OUTPUT", "nb.toml:3:1", "default".
    public var description: String {
      switch self {
      case .environment(let name): name
      case .file(_, let position): position.description
      case .default: "default"
      }
    }
  }

  /// A setting's value and where it comes from.
  public struct Value: Equatable, Sendable {
    public var text: String
    public var source: Source
  }

  public private(set) lazy var locations = makeLocations()
  private let makeLocations: () -> ConfigLocations
  private let environment: (String) -> String?
  private var loadedFiles: [ConfigFile]?

  /// `locations` is asked for on the first need of a file.
  public init(
    _ locations: @escaping @autoclosure () -> ConfigLocations,
    environment: @escaping (String) -> String? = Environment.value
  ) {
    makeLocations = locations
    self.environment = environment
  }

  /// The files that exist, the one that comes first in front. Throws as reading one does.
  public func files() throws(AdapterError) -> [ConfigFile] {
    if let loadedFiles { return loadedFiles }
    var files: [ConfigFile] = []
    // What is there and cannot be read is an error: silence would change what commands do.
    if let path = locations.findProjectFile() {
      files.append(try ConfigFile(path: path, scope: .project))
    }
    if let path = locations.explicitFile {
      files.append(try ConfigFile(path: path, scope: .user))
    } else if let path = locations.userFile, FileSystem.exists(path) {
      files.append(try ConfigFile(path: path, scope: .user))
    }
    loadedFiles = files
    return files
  }

  // MARK: - Settings

  /// Every value of the key, the one that counts first, the default last. Throws `config` for a
  /// variable that does not fit.
  public func values(of key: ConfigKey) throws(AdapterError) -> [Value] {
    var values: [Value] = []
    if let value = try environmentValue(of: key) { values.append(value) }
    for file in try files() {
      for entry in file.entries where entry.key == key.name {
        values.append(Value(text: entry.value, source: .file(file.scope, entry.position)))
      }
    }
    if let text = key.defaultValue { values.append(Value(text: text, source: .default)) }
    return values
  }

  /// The value that counts; nil when it is set nowhere and has no fixed default. Reads no file when
  /// a variable gives it.
  public func value(of key: ConfigKey) throws(AdapterError) -> String? {
    if let value = try environmentValue(of: key) { return value.text }
    return try values(of: key).first?.text
  }

  /// The value of a key that is a boolean.
  public func boolean(_ key: ConfigKey) throws(AdapterError) -> Bool? {
    try value(of: key).map { $0 == "true" }
  }

  /// The value of a key that is an integer.
  public func integer(_ key: ConfigKey) throws(AdapterError) -> Int? {
    try value(of: key).flatMap { Int($0) }
  }

  /// The value of a key that is a duration.
  public func duration(_ key: ConfigKey) throws(AdapterError) -> Duration? {
    try value(of: key).flatMap { Duration(nbText: $0) }
  }

  private func environmentValue(of key: ConfigKey) throws(AdapterError) -> Value? {
    guard let name = key.environment, let text = try key.value(in: environment) else { return nil }
    return Value(text: text, source: .environment(name))
  }

  // MARK: - Profiles

  /// All profiles by name, the project's before the user's; of two of one name only the project's
  /// counts, whole: a project must not lead a password of the user's to a host of its own.
  public func profiles() throws(AdapterError) -> [ConfigFile.Profile] {
    var profiles: [ConfigFile.Profile] = []
    for profile in try files().flatMap(\.profiles)
    where !profiles.contains(where: { $0.name == profile.name }) {
      profiles.append(profile)
    }
    return profiles
  }

  /// The profile of this name; throws `notFound` with a suggestion.
  public func profile(_ name: String) throws(AdapterError) -> ConfigFile.Profile {
    let profiles = try profiles()
    if let profile = profiles.first(where: { $0.name == name }) { return profile }
    let guess = closestMatch(to: name, in: profiles.map(\.name))
    let place = locations.editedFile ?? ConfigLocations.projectFileName
    throw AdapterError(
      .notFound, "no profile '\(name)'",
      hint: guess.map { "did you mean '@\($0)'?" } ?? "add [profile.\(name)] to \(place)")
  }

  // MARK: - Targets

  /// The address that a target on the command line names: a profile is looked up, secrets it refers
  /// to are fetched, and a password in a URL gets a note.
  ///
  /// Throws `usage` for a malformed target, `notFound` for an unknown profile, `config` for a
  /// malformed file.
  public func address(
    of text: String, _ operation: OperationContext
  ) throws(AdapterError) -> Target.Address {
    let resolver = ProfileResolver(operation: operation)
    switch try Target.parse(text) {
    case .profile(let name):
      return try resolver.address(of: try profile(name))
    case .address(let address):
      if let password = address.password, !password.reveal().isEmpty {
        operation.note(
          "a password on the command line can be seen by others; "
            + "use a profile, or ?password=env:NAME")
      }
      return try resolver.fetchSecrets(of: address)
    }
  }
}
