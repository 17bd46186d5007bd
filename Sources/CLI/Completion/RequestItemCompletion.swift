/// What may stand for a part of an HTTP request: header fields, whose names are known.
enum RequestItemCompletion {
  /// What people send, of the registry of header fields (RFC 9110, section 16.3.1) and beside it.
  private static let fields = [
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control",
    "Content-Encoding", "Content-Language", "Content-Type", "Cookie", "Forwarded", "Host",
    "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
    "If-Unmodified-Since", "Origin", "Prefer", "Range", "Referer", "Traceparent", "User-Agent",
    "X-Api-Key", "X-Forwarded-For", "X-Http-Method-Override", "X-Request-Id", "X-Requested-With",
  ]

  private static let types = [
    "application/json", "application/merge-patch+json", "application/x-ndjson",
    "application/x-www-form-urlencoded", "application/xml", "text/csv", "text/plain",
  ]

  private static func values(of name: String) -> [String] {
    switch name {
    case "accept", "content-type": types
    case "accept-encoding": ["br", "gzip", "identity", "zstd"]
    case "cache-control": ["max-age=0", "max-stale", "no-cache", "no-store"]
    case "prefer": ["respond-async", "return=minimal", "return=representation"]
    default: []
    }
  }

  /// Names with their colon; behind it values. Letters stay as they were typed.
  static func answer(startingWith current: String) -> CompletionAnswer {
    let typed = current.lowercased()
    guard let colon = typed.firstIndex(of: ":") else {
      return CompletionAnswer(fitting(fields.map { $0 + ":" }, typed, current))
    }
    let words = values(of: String(typed[..<colon])).map { String(typed[...colon]) + $0 }
    return CompletionAnswer(fitting(words, typed, current))
  }

  private static func fitting(
    _ words: [String], _ typed: String, _ current: String
  ) -> [CompletionAnswer.Candidate] {
    words.filter { $0.lowercased().hasPrefix(typed) }.map {
      .init(current + $0.dropFirst(current.count))
    }
  }
}
