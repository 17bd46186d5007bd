import AdapterCore
import JSON
import Platform

/// Why a token endpoint refuses (RFC 6749, section 5.2).
struct OAuth2Refusal {
  var code: String
  var description: String?

  /// nil for content that does not say so.
  init?(_ content: [UInt8]) {
    guard let document = try? JSONParser.parse(content), let code = document["error"]?.string else {
      return nil
    }
    self.code = String(code.prefix(100)).escapingControls()
    description = document["error_description"]?.string.map {
      String($0.prefix(300)).escapingControls()
    }
  }

  var message: String { description.map { "\(code): \($0)" } ?? code }

  var hint: String? {
    switch code {
    case "invalid_client":
      "are auth.client_id and auth.client_secret right? Some servers want auth.client_auth = \"body\""
    case "invalid_scope": "is auth.scope right?"
    case "unauthorized_client", "unsupported_grant_type":
      "the client must be allowed the grant of client credentials"
    case "invalid_request": "the server may want auth.audience, or another auth.client_auth"
    default: nil
    }
  }
}
