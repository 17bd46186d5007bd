import AdapterCore
import Platform

/// What a signature by AWS Signature Version 4 needs, from a profile, flags and AWS's own variables.
struct AWSSettings {
  var region: String?
  var service: String?
  var accessKeyID: String?
  var secretAccessKey: Secret?
  var sessionToken: Secret?

  /// The signer of `--aws-sigv4 REGION/SERVICE`.
  ///
  /// - Parameter user: --user, which may hold the keys.
  static func signer(
    scope: String, user: APISettings.Authentication
  ) throws(AdapterError) -> AWSSigner {
    let parts = scope.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
      throw AdapterError(
        .usage, "--aws-sigv4 takes REGION/SERVICE, such as eu-west-1/execute-api")
    }
    var settings = AWSSettings()
    settings.region = String(parts[0])
    settings.service = String(parts[1])
    if case .aws(let signer) = user {
      let known = signer.credentials
      settings.accessKeyID = known.accessKeyID
      settings.secretAccessKey = known.secretAccessKey
      settings.sessionToken = known.sessionToken
    }
    if case .basic(let key, let secret) = user {
      settings.accessKeyID = key
      settings.secretAccessKey = secret
    }
    return try settings.signer()
  }

  /// Throws `config` without keys or a region; the service must be known.
  func signer() throws(AdapterError) -> AWSSigner {
    let region =
      region ?? Environment.nonEmptyValue("AWS_REGION")
      ?? Environment.nonEmptyValue("AWS_DEFAULT_REGION")
    guard let region, let service else {
      throw AdapterError(
        .config, "no AWS region is known", hint: "set auth.region, or AWS_REGION")
    }
    return AWSSigner(credentials: try credentials(), region: region, service: service)
  }

  /// Keys of one place: a token of the environment never goes with a profile's key.
  private func credentials() throws(AdapterError) -> AWSCredentials {
    if let accessKeyID, let secretAccessKey {
      return AWSCredentials(
        accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken)
    }
    guard accessKeyID == nil, secretAccessKey == nil,
      let key = Environment.nonEmptyValue("AWS_ACCESS_KEY_ID"),
      let secret = Environment.nonEmptyValue("AWS_SECRET_ACCESS_KEY")
    else {
      throw AdapterError(
        .config, "no AWS keys are known",
        hint: "set auth.access_key_id and auth.secret_access_key, or AWS_ACCESS_KEY_ID and "
          + "AWS_SECRET_ACCESS_KEY")
    }
    return AWSCredentials(
      accessKeyID: key, secretAccessKey: Secret(secret),
      sessionToken: Environment.nonEmptyValue("AWS_SESSION_TOKEN").map { Secret($0) })
  }
}
