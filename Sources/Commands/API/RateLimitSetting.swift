import AdapterCore

/// How often requests are sent: `rate_limit`.
enum RateLimitSetting: Equatable {
  /// As the server's responses say.
  case servers
  /// That, and no more than so many.
  case limited(RateLimit)
  case none

  /// nil for what is no limit.
  init?(_ text: String) {
    if text == "none" {
      self = .none
    } else if let limit = RateLimit(text) {
      self = .limited(limit)
    } else {
      return nil
    }
  }

  func pacer(identity: [String], _ operation: OperationContext) -> (any HTTPPacer)? {
    let folder = BaseDirectory.state.path.map { $0 + "/rate" }
    switch self {
    case .none: return nil
    case .servers: return RateLimiter(nil, folder: folder, identity: identity, operation)
    case .limited(let limit):
      return RateLimiter(limit, folder: folder, identity: identity, operation)
    }
  }
}
