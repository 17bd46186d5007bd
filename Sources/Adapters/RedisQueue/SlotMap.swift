import Transport

/// Which node of a cluster has which hash slots
/// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
struct SlotMap {
  private struct Range {
    var first: Int
    var last: Int
    var node: TransportEndpoint
  }

  private var ranges: [Range] = []
  /// Every node that is known, replicas too: who can say where the slots are when a node is gone.
  private(set) var nodes: [TransportEndpoint] = []

  /// The slot of a key: CRC16 of what stands between its first `{` and the `}` behind it, or of all
  /// of it.
  static func slot(of key: String) -> Int {
    var bytes = Array(key.utf8)[...]
    if let open = bytes.firstIndex(of: UInt8(ascii: "{")) {
      let tag = bytes[(open + 1)...]
      if let close = tag.firstIndex(of: UInt8(ascii: "}")), close > tag.startIndex {
        bytes = tag[..<close]
      }
    }
    // CRC-16/XMODEM.
    var sum: UInt16 = 0
    for byte in bytes {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
    }
    return Int(sum) % 16384
  }

  func node(of slot: Int) -> TransportEndpoint? {
    ranges.last { $0.first <= slot && slot <= $0.last }?.node
  }

  /// One slot has moved.
  mutating func move(_ slot: Int, to node: TransportEndpoint) {
    ranges.removeAll { $0.first == slot && $0.last == slot }
    ranges.append(Range(first: slot, last: slot, node: node))
    add(node)
  }

  /// Takes over the reply of CLUSTER SLOTS: of each range its ends, the primary, the replicas.
  ///
  /// - Parameter asked: the node that gave it, whose own name may be missing.
  mutating func replace(with reply: RedisReply, from asked: TransportEndpoint) {
    var ranges: [Range] = []
    for range in reply.elements where range.count > 2 {
      for index in 2..<range.count {
        guard
          let node = Self.endpoint(range[index][0].text, range[index][1].integer, from: asked)
        else { continue }
        add(node)
        guard index == 2 else { continue }
        ranges.append(Range(first: range[0].integer, last: range[1].integer, node: node))
      }
    }
    if !ranges.isEmpty { self.ranges = ranges }
  }

  /// A node as the server names it; without a name it is the one that was asked.
  static func endpoint(
    _ host: String, _ port: Int, from asked: TransportEndpoint
  ) -> TransportEndpoint? {
    guard port > 0 else { return nil }
    if !host.isEmpty, host != "?" { return .tcp(host: host, port: port) }
    guard case .tcp(let own, _) = asked else { return nil }
    return .tcp(host: own, port: port)
  }

  /// Forgets where slots are; the nodes stay known.
  mutating func forget() { ranges = [] }

  private mutating func add(_ node: TransportEndpoint) {
    if !nodes.contains(node) { nodes.append(node) }
  }
}
