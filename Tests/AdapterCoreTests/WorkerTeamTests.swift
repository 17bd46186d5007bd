import AdapterCore
import Platform
import Synchronization
import Testing

@Suite struct WorkerTeamTests {
  @Test(arguments: [1, 4]) func everyItemIsWorkedOnOnce(_ count: Int) throws {
    let sum = Atomic<Int>(0)
    let team = try WorkerTeam<Int>(count: count, name: "test", OperationContext()) { item in
      sum.wrappingAdd(item, ordering: .relaxed)
    }
    for item in 1...1000 { try team.submit(item) }
    try team.finish()
    #expect(sum.load(ordering: .relaxed) == 500_500)
    #expect(team.takeSpent() != nil)
  }

  @Test func itemsRunAtTheSameTime() throws {
    let barrier = Atomic<Int>(0)
    let team = try WorkerTeam<Int>(count: 3, name: "test", OperationContext()) { _ in
      barrier.wrappingAdd(1, ordering: .sequentiallyConsistent)
      let end = MonotonicInstant.now.advanced(by: .seconds(30))
      while barrier.load(ordering: .sequentiallyConsistent) < 3, .now < end {}
    }
    for item in 0..<3 { try team.submit(item) }
    try team.finish()
    #expect(barrier.load(ordering: .relaxed) == 3)
  }

  @Test func theFirstErrorStopsAll() throws {
    let done = Atomic<Int>(0)
    let team = try WorkerTeam<Int>(count: 2, name: "test", OperationContext()) {
      item throws(AdapterError) in
      if item == 5 { throw AdapterError(.data, "five") }
      done.wrappingAdd(1, ordering: .relaxed)
    }
    #expect {
      for item in 0..<100_000 { try team.submit(item) }
      try team.finish()
    } throws: {
      ($0 as? AdapterError)?.message == "five"
    }
    team.abandon()
    #expect(done.load(ordering: .relaxed) < 1000)
  }

  @Test func aCancelledOperationEndsTheWait() throws {
    let operation = OperationContext()
    let isReleased = Atomic<Bool>(false)
    let team = try WorkerTeam<Int>(count: 1, name: "test", operation) { _ in
      while !isReleased.load(ordering: .relaxed) {}
    }
    try team.submit(1)
    operation.cancellation.cancel(.signal(2))
    #expect {
      for item in 2...9 { try team.submit(item) }
    } throws: {
      ($0 as? AdapterError)?.kind == .cancelled
    }
    isReleased.store(true, ordering: .relaxed)
    team.abandon()
  }
}
