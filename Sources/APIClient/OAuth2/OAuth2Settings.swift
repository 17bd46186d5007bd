import AdapterCore
import Platform

/// How a token is asked for by the grant of client credentials (RFC 6749, section 4.4).
public struct OAuth2Settings: Equatable, Sendable {
  /// How the client says who it is (section 2.3.1).
  public enum ClientAuthentication: String, Sendable {
    /// In the Authorization field.
    case basic
    /// As fields of the content.
    case body
  }

  public var tokenURL: HTTPURL
  public var clientID: String
  public var clientSecret: Secret
  /// Separated by spaces.
  public var scope: String?
  public var audience: String?
  public var clientAuthentication = ClientAuthentication.basic

  public init(tokenURL: HTTPURL, clientID: String, clientSecret: Secret) {
    self.tokenURL = tokenURL
    self.clientID = clientID
    self.clientSecret = clientSecret
  }

  /// All that a token depends on.
  public var identity: [String] {
    [
      "oauth2", tokenURL.text, clientID, clientSecret.reveal(), scope ?? "", audience ?? "",
      clientAuthentication.rawValue,
    ]
  }

  /// The request for a token.
  func makeRequest() -> HTTPRequest {
    var pairs = [("grant_type", "client_credentials")]
    if let scope { pairs.append(("scope", scope)) }
    if let audience { pairs.append(("audience", audience)) }
    var headers = HTTPHeaders([.init("Accept", "application/json")])
    let (name, secret) = (clientID, clientSecret.reveal())
    switch clientAuthentication {
    case .basic:
      let pair = "\(HTTPURL.formEncoded(name)):\(HTTPURL.formEncoded(secret))"
      headers["Authorization"] = "Basic \(Base64.text(of: Array(pair.utf8)))"
    case .body: pairs += [("client_id", name), ("client_secret", secret)]
    }
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    let content = pairs.map { "\($0.0)=\(HTTPURL.formEncoded($0.1))" }.joined(separator: "&")
    return HTTPRequest(
      method: "POST", url: tokenURL, headers: headers, body: HTTPBytesBody(Array(content.utf8)))
  }
}
