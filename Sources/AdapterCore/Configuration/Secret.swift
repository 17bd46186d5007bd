/// A password, token or key. It prints as `***` wherever it is interpolated, described, dumped or
/// reflected; only `reveal()` gives the text.
public struct Secret: Equatable, Sendable {
  private let text: String

  public init(_ text: String) { self.text = text }

  /// The text, for handing to a client library.
  public func reveal() -> String { text }

  /// Whether a setting of this name holds a secret: a word of it says so, or it ends in "key"
  /// (`token`, `sslpassword`, `secret_access_key`; not `foreign_keys`).
  public static func isSecretName(_ name: String) -> Bool {
    let words = name.lowercased().split { "._-".contains($0) }
    // Where a secret comes from is none: `token_url`. An Idempotency-Key is a name, not a secret.
    if words.last == "url" || words == ["idempotency", "key"] { return false }
    return words.last == "key" || words.contains { word in secretWords.contains { $0 == word } }
  }

  private static let secretWords = [
    "password", "sslpassword", "passwd", "pass", "passphrase", "pwd", "token", "secret", "apikey",
    "credential", "credentials", "authorization",
  ]
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "***" }
  public var debugDescription: String { "***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
