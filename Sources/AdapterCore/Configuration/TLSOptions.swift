import Platform

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

  /// The file of the authorities that the system trusts, as Debian, Fedora or Alpine have it; nil where
  /// there is none. For libraries that know no such place.
  public static var systemAuthorityFile: String? {
    [
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
      "/etc/ssl/cert.pem",
    ].first(where: FileSystem.exists)
  }

  /// Takes a setting that names a file, a password or a key: `tls.ca`, `tls.cert`, `tls.key`,
  /// `tls.key_password`, `tls.pinned_key`. False for any other.
  public mutating func take(_ setting: Target.Setting) -> Bool {
    switch setting.key {
    case "tls.ca": authorityFile = setting.value
    case "tls.cert": certificateFile = setting.value
    case "tls.key": keyFile = setting.value
    case "tls.key_password": keyPassword = Secret(setting.value)
    case "tls.pinned_key": pinnedKey = setting.value
    default: return false
    }
    return true
  }
}
