import AdapterCore

/// The settings `auth.*` of a profile.
struct ProfileCredentials {
  var user: String?
  var password: Secret?
  private var token: Secret?
  private var aws = AWSSettings()
  private var kind: Target.Setting?
  private var oauth2 = OAuth2Credentials()

  init() {}

  mutating func read(_ setting: Target.Setting) throws(AdapterError) {
    switch setting.key {
    case "auth", "auth.type": kind = setting
    case "auth.user": user = setting.value
    case "auth.password": password = Secret(setting.value)
    case "auth.token": token = Secret(setting.value)
    case "auth.region": aws.region = setting.value
    case "auth.service": aws.service = setting.value
    case "auth.access_key_id": aws.accessKeyID = setting.value
    case "auth.secret_access_key": aws.secretAccessKey = Secret(setting.value)
    case "auth.session_token": aws.sessionToken = Secret(setting.value)
    case _ where OAuth2Credentials.keys.contains(setting.key): try oauth2.read(setting)
    default:
      let known =
        [
          "auth.type", "auth.user", "auth.password", "auth.token", "auth.region", "auth.service",
          "auth.access_key_id", "auth.secret_access_key", "auth.session_token",
        ] + OAuth2Credentials.keys
      throw setting.error(
        "unknown setting '\(setting.key)'",
        hint: closestMatch(to: setting.key, in: known).map { "did you mean '\($0)'?" }
          ?? "known: \(known.joined(separator: ", "))")
    }
  }

  /// nil without any of them. Throws `config` for a kind that lacks what it needs.
  func authentication() throws(AdapterError) -> APISettings.Authentication? {
    guard let kind else {
      if let token { return .bearer(token) }
      return user.map { .basic(user: $0, password: password ?? Secret("")) }
    }
    switch kind.value {
    case "none": return APISettings.Authentication.none
    case "netrc": return .netrc
    case "bearer":
      guard let token else { throw missing("auth.token", kind) }
      return .bearer(token)
    case "basic":
      guard let user else { throw missing("auth.user", kind) }
      return .basic(user: user, password: password ?? Secret(""))
    case "digest":
      guard let user else { throw missing("auth.user", kind) }
      return .digest(user: user, password: password ?? Secret(""))
    case "oauth2": return .oauth2(try oauth2.settings(kind))
    case "aws":
      guard aws.service != nil else { throw missing("auth.service", kind) }
      do throws(AdapterError) {
        return .aws(try aws.signer())
      } catch {
        throw kind.error(error.message, hint: error.hint)
      }
    default:
      throw kind.error(
        "there is no kind of authentication '\(kind.value)'",
        hint: "the kinds are none, bearer, basic, digest, netrc, oauth2 and aws")
    }
  }

  private func missing(_ key: String, _ kind: Target.Setting) -> AdapterError {
    kind.error("\(kind.value) authentication needs \(key)")
  }
}
