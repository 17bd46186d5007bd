import Testing
import Transport

@testable import RedisQueue

/// The slots of a cluster, checked with what CLUSTER KEYSLOT answers.
@Suite struct SlotMapTests {
  @Test(arguments: [
    ("foo", 12182), ("", 0), ("{user1000}.following", 3443), ("{user1000}.followers", 3443),
    ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015), ("foo{bar}{zap}", 5061), ("123456789", 12739),
  ])
  func aKeyHasTheSlotOfItsTag(_ key: String, _ slot: Int) {
    #expect(SlotMap.slot(of: key) == slot)
  }

  @Test func aSlotThatMovedIsAtItsNewNode() {
    var map = SlotMap()
    let first = TransportEndpoint.tcp(host: "a", port: 1)
    let second = TransportEndpoint.tcp(host: "b", port: 2)
    map.move(7, to: first)
    map.move(7, to: second)
    #expect(map.node(of: 7) == second)
    #expect(map.node(of: 8) == nil)
    #expect(map.nodes == [first, second])
  }

  @Test func aRedirectIsReadAndOtherErrorsAreNone() {
    let asked = TransportEndpoint.tcp(host: "a", port: 1)
    let moved = RedisRedirect("MOVED 3999 127.0.0.1:6381", from: asked)
    #expect(moved?.isForGood == true)
    #expect(moved?.slot == 3999)
    #expect(moved?.node == .tcp(host: "127.0.0.1", port: 6381))
    let ask = RedisRedirect("ASK 1 :6382", from: asked)
    #expect(ask?.isForGood == false)
    // Without a name it is the host that was asked.
    #expect(ask?.node == .tcp(host: "a", port: 6382))
    #expect(RedisRedirect("MOVED 1 ::1:7000", from: asked)?.node == .tcp(host: "::1", port: 7000))
    #expect(RedisRedirect("ERR no", from: asked) == nil)
  }
}
