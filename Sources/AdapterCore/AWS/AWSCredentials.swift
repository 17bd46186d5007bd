/// What proves to AWS who asks.
public struct AWSCredentials: Equatable, Sendable {
  public var accessKeyID: String
  public var secretAccessKey: Secret
  /// Of temporary credentials alone.
  public var sessionToken: Secret?

  public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }
}
