import AdapterCore
import Foundation
import Platform
import Synchronization
import Testing

@Suite struct CancellationTests {
  @Test func runsEachHandlerOnceAndKeepsTheFirstReason() {
    let cancellation = Cancellation()
    let calls = Counter()
    _ = cancellation.addHandler { calls.add() }
    let removed = cancellation.addHandler { calls.add() }
    cancellation.removeHandler(removed)
    cancellation.cancel(.signal(2))
    cancellation.cancel(.timeout)
    #expect(calls.value == 1)
    #expect(cancellation.reason == .signal(2))
    #expect(cancellation.error?.kind == .cancelled)
    _ = cancellation.addHandler { calls.add() }
    #expect(calls.value == 2)
  }

  @Test func whatPutsThingsInOrderIsShieldedFromTheLeader() throws {
    let leader = Cancellation()
    let follower = Cancellation(following: leader)
    #expect(!follower.isCancelled)
    leader.cancel(.timeout)
    #expect(follower.reason == .timeout)
    #expect(throws: AdapterError.self) { try follower.check() }
    try follower.shielding { () throws(AdapterError) in
      try follower.shielding { () throws(AdapterError) in try follower.check() }
      try follower.check()
      #expect(follower.error == nil)
    }
    #expect(follower.isCancelled)
  }

  @Test func removingWaitsForARunningHandler() throws {
    let cancellation = Cancellation()
    let isRunning = DispatchSemaphore(value: 0)
    let ended = Counter()
    let registration = cancellation.addHandler {
      isRunning.signal()
      usleep(50_000)
      ended.add()
    }
    let thread = try Thread(name: "cancel") { cancellation.cancel(.timeout) }
    isRunning.wait()
    cancellation.removeHandler(registration)
    #expect(ended.value == 1)
    thread.join()
  }

  @Test func aReadEndsWhenTheOperationIsCancelled() throws {
    let pipe = Pipe()
    let operation = OperationContext()
    let thread = try Thread(name: "cancel") {
      usleep(20_000)
      operation.cancellation.cancel(.signal(15))
    }
    #expect(kind { () throws(AdapterError) in try read(pipe, operation) } == .cancelled)
    thread.join()
  }

  @Test func aReadEndsAtTheDeadline() throws {
    let pipe = Pipe()
    let operation = OperationContext(deadline: .after(.milliseconds(20)))
    #expect(kind { () throws(AdapterError) in try read(pipe, operation) } == .timeout)
  }

  @Test func aReadGivesWhatIsThere() throws {
    let pipe = Pipe()
    let operation = OperationContext()
    try pipe.fileHandleForWriting.write(contentsOf: Data("abc".utf8))
    #expect(try read(pipe, operation) == 3)
    try pipe.fileHandleForWriting.close()
    #expect(try read(pipe, operation) == 0)
  }

  @Test func aSleepEndsEarlyOnlyWhenItMust() throws {
    let start = MonotonicInstant.now
    try OperationContext().sleep(for: .milliseconds(30))
    #expect(MonotonicInstant.now.since(start) >= .milliseconds(30))
    let late = OperationContext(deadline: .after(.milliseconds(10)))
    #expect(kind { () throws(AdapterError) in try late.sleep(for: .seconds(60)) } == .timeout)
    let cancelled = OperationContext()
    cancelled.cancellation.cancel(.signal(2))
    #expect(
      kind { () throws(AdapterError) in try cancelled.sleep(for: .seconds(60)) } == .cancelled)
    #expect(MonotonicInstant.now.since(start) < .seconds(30))
  }

  private func read(_ pipe: Pipe, _ operation: OperationContext) throws(AdapterError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
    defer { buffer.deallocate() }
    return try operation.read(
      into: buffer, from: pipe.fileHandleForReading.fileDescriptor, named: "a pipe")
  }

  private func kind<Result>(
    _ body: () throws(AdapterError) -> Result
  ) -> ErrorKind? {
    do throws(AdapterError) {
      _ = try body()
      return nil
    } catch {
      return error.kind
    }
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
  }
}
