import Transport

/// Where a cluster sends a command: `MOVED 3999 127.0.0.1:6381` for good, `ASK …` this once.
struct RedisRedirect {
  var isForGood: Bool
  var slot: Int
  var node: TransportEndpoint

  /// nil for any other error.
  init?(_ error: String, from asked: TransportEndpoint) {
    let words = error.split(separator: " ")
    guard words.count == 3, words[0] == "MOVED" || words[0] == "ASK", let slot = Int(words[1]),
      let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][colon...].dropFirst()),
      let node = SlotMap.endpoint(String(words[2][..<colon]), port, from: asked)
    else { return nil }
    isForGood = words[0] == "MOVED"
    self.slot = slot
    self.node = node
  }
}
