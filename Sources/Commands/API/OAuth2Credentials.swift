import APIClient
import AdapterCore

/// The settings `auth.*` of a profile that say how a token is got.
struct OAuth2Credentials {
  static let keys = [
    "auth.token_url", "auth.client_id", "auth.client_secret", "auth.scope", "auth.audience",
    "auth.client_auth",
  ]

  private var tokenURL: HTTPURL?
  private var clientID: String?
  private var clientSecret: Secret?
  private var scope: String?
  private var audience: String?
  private var clientAuthentication = OAuth2Settings.ClientAuthentication.basic

  mutating func read(_ setting: Target.Setting) throws(AdapterError) {
    switch setting.key {
    case "auth.token_url": tokenURL = try url(setting)
    case "auth.client_id": clientID = setting.value
    case "auth.client_secret": clientSecret = Secret(setting.value)
    case "auth.scope": scope = setting.value
    case "auth.audience": audience = setting.value
    default:
      guard let style = OAuth2Settings.ClientAuthentication(rawValue: setting.value) else {
        throw setting.error("auth.client_auth takes basic or body")
      }
      clientAuthentication = style
    }
  }

  private func url(_ setting: Target.Setting) throws(AdapterError) -> HTTPURL {
    let parsed: HTTPURL.WithCredentials
    do throws(AdapterError) {
      parsed = try HTTPURL.parse(setting.value)
    } catch {
      throw setting.error(error.message, hint: error.hint)
    }
    guard parsed.user == nil, parsed.password == nil else {
      throw setting.error(
        "auth.token_url holds a user or a password",
        hint: "they belong into auth.client_id and auth.client_secret")
    }
    return parsed.url
  }

  /// Throws `config` where something is missing.
  func settings(_ kind: Target.Setting) throws(AdapterError) -> OAuth2Settings {
    guard let tokenURL, let clientID, let clientSecret else {
      throw kind.error(
        "oauth2 authentication needs auth.token_url, auth.client_id and auth.client_secret")
    }
    var settings = OAuth2Settings(
      tokenURL: tokenURL, clientID: clientID, clientSecret: clientSecret)
    settings.scope = scope
    settings.audience = audience
    settings.clientAuthentication = clientAuthentication
    return settings
  }
}
