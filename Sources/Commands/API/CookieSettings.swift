import APIClient
import AdapterCore
import AdapterRegistry
import CLI

/// Where cookies are kept: `cookies` of a profile, `--session` and `--cookies`.
struct CookieSettings {
  /// nil: nowhere.
  private(set) var path: String?

  /// The resolver has made the profile's own file of `true`, and nothing of `false`.
  mutating func read(_ setting: Target.Setting) {
    path = setting.value.isEmpty ? nil : setting.value
  }

  mutating func read(_ invocation: Invocation) throws(AdapterError) {
    let (file, session) = (
      invocation.string(APIFlags.cookies), invocation.string(APIFlags.session)
    )
    guard file == nil || session == nil else {
      throw AdapterError(
        .usage, "--cookies and --session are both given", hint: "keep one of them")
    }
    if let file { path = file.isEmpty ? nil : file }
    guard let session else { return }
    guard let place = BaseDirectory.state.cookieFile(named: session) else {
      throw AdapterError(
        .usage, "there is no place for a session '\(session)'",
        hint: "give it a name, and set XDG_STATE_HOME or HOME; --cookies takes a file")
    }
    path = place
  }

  /// nil without cookies.
  func jar(_ operation: OperationContext) throws(AdapterError) -> CookieJar? {
    guard let path else { return nil }
    return try CookieJar(path, operation, isPublicSuffix: AdapterRegistry.isPublicSuffix)
  }
}
