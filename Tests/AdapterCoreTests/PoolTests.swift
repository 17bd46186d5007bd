import Platform
import Synchronization
import Testing

@testable import AdapterCore

@Suite struct PoolTests {
  /// Counts what a pool opens and closes.
  private final class Factory: Sendable {
    struct State {
      var opened = 0
      var closed: [Int] = []
      var checked: [Int] = []
      var sick: Set<Int> = []
      var failuresToCome = 0
    }

    let state = Mutex(State())
    let time = Mutex(MonotonicInstant(nanoseconds: 0))

    var lifecycle: Pool<Int>.Lifecycle {
      .init(
        open: { _ throws(AdapterError) in
          let number = self.state.withLock { state -> Int? in
            if state.failuresToCome > 0 {
              state.failuresToCome -= 1
              return nil
            }
            state.opened += 1
            return state.opened
          }
          guard let number else { throw AdapterError(.unavailable, "refused") }
          return number
        },
        isHealthy: { number in
          self.state.withLock { state in
            state.checked.append(number)
            return !state.sick.contains(number)
          }
        },
        close: { number in self.state.withLock { $0.closed.append(number) } })
    }

    func pool(_ limits: Pool<Int>.Limits) -> Pool<Int> {
      Pool(limits, lifecycle, now: { self.time.withLock { $0 } })
    }

    func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }

    var snapshot: State { state.withLock { $0 } }
  }

  private func waitUntil(_ condition: () -> Bool) {
    let end = MonotonicInstant.now.advanced(by: .seconds(20))
    while !condition() && .now < end { sleepFor(.milliseconds(1)) }
    #expect(condition())
  }

  private let operation = OperationContext()

  @Test func aResourceIsKeptAndUsedAgain() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 2))
    for _ in 0..<5 { #expect(try pool.withResource(operation) { $0 } == 1) }
    #expect(factory.snapshot.opened == 1)
    #expect(factory.snapshot.checked.isEmpty)
    #expect((pool.openCount, pool.idleCount) == (1, 1))
  }

  @Test func nestedUsesGetResourcesOfTheirOwn() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1, overflow: 1))
    try pool.withResource(operation) { (outer) throws(AdapterError) in
      try pool.withResource(operation) { inner in #expect(outer != inner) }
      // The one beyond the size was closed when it came back.
      #expect(factory.snapshot.closed == [2])
    }
    #expect((pool.openCount, pool.idleCount) == (1, 1))
  }

  @Test func aFullPoolTimesOutAndSaysSo() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1, acquireTimeout: .milliseconds(10)))
    try pool.withResource(operation) { (_) throws(AdapterError) in
      #expect {
        try pool.withResource(operation) { _ in }
      } throws: { error in
        let error = error as? AdapterError
        return error?.kind == .temporary && error?.isRetryable == true
          && error?.message == "all 1 connections are in use"
      }
    }
    #expect((pool.openCount, pool.idleCount) == (1, 1))
  }

  @Test func theOperationsDeadlineAndCancellationEndTheWait() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1, acquireTimeout: nil))
    let cancelled = OperationContext()
    try pool.withResource(operation) { (_) throws(AdapterError) in
      #expect {
        let hurried = OperationContext(deadline: .after(.milliseconds(10)))
        try pool.withResource(hurried) { _ in }
      } throws: { ($0 as? AdapterError)?.kind == .timeout }
      let thread = try? Thread(name: "cancel") {
        sleepFor(.milliseconds(10))
        cancelled.cancellation.cancel(.signal(15))
      }
      #expect {
        try pool.withResource(cancelled) { _ in }
      } throws: { ($0 as? AdapterError)?.kind == .cancelled }
      thread?.join()
    }
  }

  @Test func thoseWhoWaitAreServedInOrder() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1))
    let order = Mutex<[Int]>([])
    let release = Atomic<Bool>(false)
    let holder = try Thread(name: "holder") {
      try? pool.withResource(OperationContext()) { _ in
        while !release.load(ordering: .acquiring) { sleepFor(.milliseconds(1)) }
      }
    }
    waitUntil { pool.openCount == 1 && pool.idleCount == 0 }
    for number in 0..<8 {
      _ = try Thread(name: "waiter") {
        try? pool.withResource(OperationContext()) { _ in order.withLock { $0.append(number) } }
      }
      waitUntil { pool.waiterCount == number + 1 }
    }
    release.store(true, ordering: .releasing)
    holder.join()
    waitUntil { order.withLock(\.count) == 8 }
    #expect(order.withLock { $0 } == Array(0..<8))
    #expect(factory.snapshot.opened == 1)
  }

  @Test func manyThreadsNeverShareNorExceedTheLimit() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 2, overflow: 1))
    let inUse = Mutex<Set<Int>>([])
    let uses = Atomic<Int>(0)
    let finished = Atomic<Int>(0)
    for thread in 0..<8 {
      _ = try Thread(name: "user") {
        for turn in 0..<200 {
          try? pool.withResource(OperationContext()) { (resource) throws(AdapterError) in
            let (isFirst, count) = inUse.withLock { ($0.insert(resource).inserted, $0.count) }
            #expect(isFirst && count <= 3)
            uses.add(1, ordering: .relaxed)
            inUse.withLock { _ = $0.remove(resource) }
            if (thread + turn) % 7 == 0 { throw AdapterError(.failed, "no") }
          }
        }
        finished.add(1, ordering: .releasing)
      }
    }
    waitUntil { finished.load(ordering: .acquiring) == 8 }
    #expect(uses.load(ordering: .relaxed) == 1600)
    let state = factory.snapshot
    #expect(pool.openCount == pool.idleCount)
    #expect(pool.openCount <= 2)
    #expect(state.opened - state.closed.count == pool.openCount)
    #expect(Set(state.closed).count == state.closed.count)
    pool.close()
    #expect(factory.snapshot.closed.count == state.opened)
  }

  @Test func aResourceWhoseUseThrewIsCheckedBeforeTheNext() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1))
    func fail() {
      #expect(throws: AdapterError.self) {
        try pool.withResource(operation) { _ throws(AdapterError) in
          throw AdapterError(.failed, "no")
        }
      }
    }
    fail()
    #expect(try pool.withResource(operation) { $0 } == 1)
    #expect(factory.snapshot.checked == [1])
    fail()
    factory.state.withLock { _ = $0.sick.insert(1) }
    #expect(try pool.withResource(operation) { $0 } == 2)
    #expect(factory.snapshot.closed == [1])
    #expect(pool.openCount == 1)
  }

  @Test func aResourceIsCheckedAfterALongRestAndRecycledByAge() throws {
    let factory = Factory()
    let pool = factory.pool(
      .init(size: 1, recycleAge: .seconds(60), checkAfterIdle: .seconds(5)))
    #expect(try pool.withResource(operation) { $0 } == 1)
    factory.advance(.seconds(6))
    #expect(try pool.withResource(operation) { $0 } == 1)
    #expect(factory.snapshot.checked == [1])
    factory.advance(.seconds(61))
    #expect(try pool.withResource(operation) { $0 } == 2)
    #expect(factory.snapshot.closed == [1])
  }

  @Test func whatIsIdleTooLongIsClosed() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 2, idleTimeout: .seconds(10)))
    try pool.withResource(operation) { (_) throws(AdapterError) in
      try pool.withResource(operation) { _ in }
    }
    #expect(pool.idleCount == 2)
    factory.advance(.seconds(11))
    #expect(try pool.withResource(operation) { $0 } == 1)
    #expect(factory.snapshot.closed == [2])
  }

  @Test func aFailureToOpenLeavesRoomForTheNext() throws {
    let factory = Factory()
    factory.state.withLock { $0.failuresToCome = 3 }
    let pool = factory.pool(.init(size: 1))
    for _ in 0..<3 {
      #expect(throws: AdapterError.self) { try pool.withResource(operation) { _ in } }
    }
    #expect(pool.openCount == 0)
    #expect(try pool.withResource(operation) { $0 } == 1)
  }

  @Test func aClosedPoolClosesWhatComesBackAndRefuses() throws {
    let factory = Factory()
    let pool = factory.pool(.init(size: 1))
    try pool.withResource(operation) { _ in pool.close() }
    #expect(factory.snapshot.closed == [1])
    #expect {
      try pool.withResource(operation) { _ in }
    } throws: { ($0 as? AdapterError)?.kind == .unavailable }
  }

  @Test func theEndOfThePoolClosesWhatIsIdle() throws {
    let factory = Factory()
    try factory.pool(.init()).withResource(operation) { _ in }
    #expect(factory.snapshot.closed == [1])
  }
}
