import AdapterCore
import JSON
import Platform

/// What of an exchange is recorded as `***`.
struct HARRedaction {
  let showsSecrets: Bool

  func value(of field: HTTPHeaders.Field) -> String {
    showsSecrets ? field.value : Redactor.value(of: field)
  }

  func secret(_ text: String) -> String { showsSecrets ? text : "***" }

  func url(_ url: HTTPURL) -> String { showsSecrets ? url.text : url.redacted }

  /// Types whose fields have names that say what is secret.
  static func mayHoldSecrets(_ type: String) -> Bool { type.contains("json") || isForm(type) }

  private static func isForm(_ type: String) -> Bool {
    type.hasPrefix("application/x-www-form-urlencoded")
  }

  /// Content without the values of fields that name a secret.
  func content(_ text: String, type: String) -> String {
    guard !showsSecrets else { return text }
    let type = type.lowercased()
    if Self.isForm(type) {
      return text.split(separator: "&", omittingEmptySubsequences: false).map { pair in
        let name = pair.prefix { $0 != "=" }
        return Secret.isSecretName(String(name)) ? "\(name)=***" : String(pair)
      }.joined(separator: "&")
    }
    guard type.contains("json"), let document = try? JSONParser.parse(Array(text.utf8)) else {
      return text
    }
    let redacted = Self.redacted(document)
    return redacted == document ? text : redacted.text()
  }

  private static func redacted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map(redacted))
    case .object(let object):
      return .object(
        JSONObject(
          object.members.map { member in
            let isSecret = Secret.isSecretName(member.key) && member.value.array == nil
            return JSONObject.Member(
              key: member.key, value: isSecret ? "***" : redacted(member.value))
          }))
    default: return value
    }
  }
}
