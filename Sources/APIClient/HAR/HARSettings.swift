/// What a record of exchanges holds, and where it goes.
public struct HARSettings: Equatable, Sendable {
  public var path: String
  public var showsSecrets: Bool
  /// Who writes it: "nb" and its version.
  public var creatorVersion: String

  public init(path: String, showsSecrets: Bool, creatorVersion: String) {
    self.path = path
    self.showsSecrets = showsSecrets
    self.creatorVersion = creatorVersion
  }
}
