import AdapterCore

/// The one place that decides what of an exchange may be shown: in `-v`, HAR files, curl lines and
/// messages.
public enum Redactor {
  /// Fields that prove who asks, beyond those whose name says so.
  private static let secretFields: Set<String> = [
    "authorization", "proxy-authorization", "cookie", "set-cookie",
  ]

  /// Whether a field of this name proves who asks.
  public static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    return (secretFields.contains(name) || Secret.isSecretName(name))
      && !name.hasPrefix("access-control-")
  }

  /// The value of a field, or its scheme and `***` where it is a secret.
  public static func value(of field: HTTPHeaders.Field) -> String {
    guard isSecret(field.name) else { return field.value }
    let name = field.name.lowercased()
    if name == "set-cookie" || name == "cookie" {
      return field.value.prefix { $0 != "=" } + "=***"
    }
    let words = field.value.split(separator: " ", maxSplits: 1)
    return words.count == 2 && name.hasSuffix("authorization") ? "\(words[0]) ***" : "***"
  }

  /// A URL without its password and the secrets of its query.
  public static func url(_ text: String) -> String {
    guard let parsed = try? HTTPURL.parse(text) else { return "***" }
    return parsed.url.redacted
  }
}
