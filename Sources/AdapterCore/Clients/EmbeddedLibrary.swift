import CToml

/// A library that is part of the executable.
public struct EmbeddedLibrary: Equatable, Sendable {
  public let name: String
  public let version: String
  /// What nb does with it, a few words.
  public let serves: String
  /// Features it was built with.
  public let features: [String]

  public init(name: String, version: String, serves: String, features: [String] = []) {
    self.name = name
    self.version = version
    self.serves = serves
    self.features = features
  }

  /// The parser of configuration files.
  public static let toml = EmbeddedLibrary(
    name: "toml++", version: String(cString: nb_toml_version()), serves: "configuration files")
}
