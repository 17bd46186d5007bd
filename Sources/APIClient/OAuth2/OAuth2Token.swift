import AdapterCore
import JSON
import Platform

/// A token with the time that it is good for, in seconds since 1970 by this machine's clock.
struct OAuth2Token: Equatable, Sendable {
  var text: Secret
  var received: Int64
  var expires: Int64

  /// For a server that does not say how long a token is good.
  private static let defaultLifetime: Int64 = 300
  private static let longestLifetime: Int64 = 366 * 86_400

  /// Reads the answer of a token endpoint (RFC 6749, section 5.1).
  init(answer: [UInt8], from url: HTTPURL, now: Int64) throws(AdapterError) {
    guard let document = try? JSONParser.parse(answer),
      let token = document["access_token"]?.string, !token.isEmpty
    else {
      throw AdapterError(.protocolViolation, "\(url) answers without an access_token in JSON")
    }
    if let type = document["token_type"]?.string, type.lowercased() != "bearer" {
      throw AdapterError(
        .protocolViolation, "\(url) gives a token of the type '\(type)'; only Bearer is known")
    }
    guard HTTPHeaders.isValid(name: "Authorization", value: token) else {
      throw AdapterError(.protocolViolation, "\(url) gives a token with control characters")
    }
    // Some servers write the number as text.
    let stated =
      document["expires_in"]?.double.map { Int64(max(0, min($0, 1e9))) }
      ?? document["expires_in"]?.string.flatMap { Int64($0) }
    text = Secret(token)
    received = now
    expires = now + min(max(stated ?? Self.defaultLifetime, 0), Self.longestLifetime)
  }

  /// Whether it may be used: a little before its end it may not, since the way takes time as well.
  func isGood(now: Int64) -> Bool {
    let margin = min(60, (expires - received) / 10)
    return now >= received && now < expires - margin
  }

  // MARK: On the disk

  init?(stored bytes: [UInt8]) {
    guard let document = try? JSONParser.parse(bytes), let token = document["token"]?.string,
      let received = document["received"]?.int64, let expires = document["expires"]?.int64,
      HTTPHeaders.isValid(name: "Authorization", value: token)
    else { return nil }
    text = Secret(token)
    self.received = received
    self.expires = expires
  }

  var stored: [UInt8] {
    let document: JSONValue = [
      "token": .string(text.reveal()), "received": .number(JSONNumber(received)),
      "expires": .number(JSONNumber(expires)),
    ]
    return Array(document.text().utf8)
  }
}
