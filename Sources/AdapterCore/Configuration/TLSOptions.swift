/// How a server's certificate is checked, and what it is shown.
public struct TLSOptions: Equatable, Sendable {
  public var verifiesServer: Bool
  /// A PEM file of certificates that are trusted in place of the system's.
  public var authorityFile: String?
  public var certificateFile: String?
  public var keyFile: String?
  public var keyPassword: Secret?
  /// `sha256//BASE64`, several separated by `;`: the server's public key must be one of them.
  public var pinnedKey: String?

  public init() { verifiesServer = true }
}
