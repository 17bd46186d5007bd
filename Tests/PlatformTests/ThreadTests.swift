import Platform
import Synchronization
import Testing

@Suite struct ThreadTests {
  @Test func joinWaitsForTheBody() throws {
    let count = Mutex(0)
    let shared = Shared(count: count)
    let threads = (0..<4).map { _ in Handle(shared) }
    for thread in threads { thread.join() }
    #expect(shared.count.withLock { $0 } == 4000)
  }

  private final class Shared: Sendable {
    let count: Mutex<Int>
    init(count: consuming Mutex<Int>) { self.count = count }
  }

  private final class Handle {
    private var thread: Thread?

    init(_ shared: Shared) {
      thread = try? Thread(name: "test") {
        for _ in 0..<1000 { shared.count.withLock { $0 += 1 } }
      }
    }

    func join() { thread.take()?.join() }
  }

  @Test func aConditionWakesAndTimesOut() throws {
    let gate = Gate()
    let opener = try Thread(name: "opener") { gate.open() }
    #expect(gate.waitUntilOpen())
    opener.join()
    let condition = Condition()
    let start = MonotonicInstant.now
    let woken = condition.withLock {
      var woken = true
      let end = start.advanced(by: .milliseconds(20))
      // A wake-up without cause is allowed.
      while woken && MonotonicInstant.now < end { woken = condition.wait(until: end) }
      return woken
    }
    #expect(!woken)
    #expect(MonotonicInstant.now.since(start) >= .milliseconds(20))
  }

  private final class Gate: @unchecked Sendable {
    private let condition = Condition()
    private var isOpen = false

    func open() {
      condition.withLock {
        isOpen = true
        condition.wakeAll()
      }
    }

    func waitUntilOpen() -> Bool {
      condition.withLock {
        while !isOpen { condition.wait() }
        return isOpen
      }
    }
  }
}
