import Platform
import Synchronization
import Testing

@testable import AdapterCore

@Suite struct RetryTests {
  /// A clock that moves only by sleeping.
  private final class Clock: Sendable {
    private let state = Mutex((now: Int64(1_000_000_000), slept: [Duration]()))
    let chance: Double

    init(chance: Double = 1) { self.chance = chance }

    var slept: [Duration] { state.withLock { $0.slept } }

    func advance(_ duration: Duration) { state.withLock { $0.now += duration.inNanoseconds } }

    var timing: Retry.Timing {
      Retry.Timing(
        now: { MonotonicInstant(nanoseconds: self.state.withLock { $0.now }) },
        sleep: { (duration, _) throws(AdapterError) in
          self.state.withLock {
            $0.slept.append(duration)
            $0.now += duration.inNanoseconds
          }
        },
        random: { self.chance })
    }
  }

  private let busy = AdapterError(.temporary, "busy", isRetryable: true)

  /// Runs work that fails `failures` times, then succeeds; returns the attempts made.
  private func attempts(
    failures: Int, _ retry: Retry, error: AdapterError? = nil
  ) throws(AdapterError) -> Int {
    var made = 0
    return try retry.run { () throws(AdapterError) in
      made += 1
      if made <= failures { throw error ?? busy }
      return made
    }
  }

  @Test func workThatSucceedsRunsOnce() throws {
    let clock = Clock()
    let operation = OperationContext()
    #expect(try attempts(failures: 0, Retry(.init(), operation, timing: clock.timing)) == 1)
    #expect(clock.slept.isEmpty)
    #expect(operation.metrics.snapshot.retries == 0)
  }

  @Test func theBoundOfTheWaitDoublesUpToItsMaximum() throws {
    let clock = Clock()
    let operation = OperationContext()
    let policy = Retry.Policy(
      attempts: 6, firstDelay: .milliseconds(100), maximumDelay: .milliseconds(500), budget: nil)
    #expect(try attempts(failures: 5, Retry(policy, operation, timing: clock.timing)) == 6)
    #expect(
      clock.slept == [100, 200, 400, 500, 500].map { Duration.milliseconds($0) })
    #expect(operation.metrics.snapshot.retries == 5)
  }

  @Test func eachWaitIsAnnouncedBeforeItBegins() throws {
    let clock = Clock()
    let policy = Retry.Policy(attempts: 3, firstDelay: .milliseconds(100))
    let retry = Retry(policy, OperationContext(), timing: clock.timing)
    var waits: [String] = []
    #expect(throws: AdapterError.self) {
      try retry.run(
        willWait: { error, delay, number, limit in
          let slept = clock.slept.count
          waits.append("\(error.message) \(delay.inMilliseconds) \(number)/\(limit) \(slept)")
        },
        { () throws(AdapterError) in throw busy })
    }
    #expect(waits == ["busy 100 1/2 0", "busy 200 2/2 1"])
  }

  @Test func theWaitIsARandomPartOfItsBound() throws {
    let clock = Clock(chance: 0.25)
    let policy = Retry.Policy(attempts: 3, firstDelay: .milliseconds(100))
    _ = try attempts(failures: 2, Retry(policy, OperationContext(), timing: clock.timing))
    #expect(clock.slept == [.milliseconds(25), .milliseconds(50)])
  }

  @Test func manyAttemptsDoNotOverflowTheBound() throws {
    let clock = Clock()
    let policy = Retry.Policy(
      attempts: 200, firstDelay: .seconds(1), maximumDelay: .seconds(2), budget: nil)
    #expect(
      try attempts(failures: 199, Retry(policy, OperationContext(), timing: clock.timing)) == 200)
    #expect(clock.slept.last == .seconds(2))
  }

  @Test func anErrorThatIsNotRetryableEndsAtOnce() {
    let clock = Clock()
    let error = AdapterError(.failed, "syntax error")
    #expect(throws: error) {
      try attempts(
        failures: 9, Retry(.init(), OperationContext(), timing: clock.timing), error: error)
    }
    #expect(clock.slept.isEmpty)
  }

  @Test func theLastErrorSaysHowOftenItWasTried() {
    let clock = Clock()
    let policy = Retry.Policy(attempts: 3, firstDelay: .seconds(1), budget: nil)
    var expected = busy
    expected.details = ["gave up after 3 attempts in 3.0 s"]
    #expect(throws: expected) {
      try attempts(failures: 9, Retry(policy, OperationContext(), timing: clock.timing))
    }
    #expect(throws: busy) {
      try attempts(failures: 9, Retry(.never, OperationContext(), timing: clock.timing))
    }
  }

  @Test func noAttemptBeginsPastTheBudget() {
    let clock = Clock()
    let policy = Retry.Policy(
      attempts: 100, firstDelay: .seconds(1), maximumDelay: .seconds(1), budget: .seconds(4))
    #expect(throws: AdapterError.self) {
      try attempts(failures: 99, Retry(policy, OperationContext(), timing: clock.timing))
    }
    #expect(clock.slept.count == 4)
  }

  @Test func aDeadlineThatLeavesNoTimeIsATimeout() {
    let clock = Clock()
    let deadline = Deadline(instant: MonotonicInstant(nanoseconds: 2_500_000_000))
    let policy = Retry.Policy(attempts: 9, firstDelay: .seconds(1))
    #expect {
      try attempts(
        failures: 9, Retry(policy, OperationContext(deadline: deadline), timing: clock.timing))
    } throws: { error in
      let error = error as? AdapterError
      return error?.kind == .timeout
        && error?.details == ["no time was left to try again after: busy"]
    }
    #expect(clock.slept == [.seconds(1)])
  }

  @Test func cancellationEndsARealWaitEarly() throws {
    let operation = OperationContext()
    let policy = Retry.Policy(
      attempts: 2, firstDelay: .seconds(3600), maximumDelay: .seconds(3600), budget: nil)
    let timing = Retry.Timing(random: { 1 })
    let start = MonotonicInstant.now
    let thread = try Thread(name: "cancel") {
      sleepFor(.milliseconds(20))
      operation.cancellation.cancel(.signal(2))
    }
    #expect {
      try attempts(failures: 9, Retry(policy, operation, timing: timing))
    } throws: { ($0 as? AdapterError)?.kind == .cancelled }
    #expect(MonotonicInstant.now.since(start) < .seconds(60))
    thread.join()
  }

  @Test func workCancelledWhileItRunsIsNotRepeated() {
    let operation = OperationContext()
    #expect {
      try Retry(.init(), operation).run { () throws(AdapterError) in
        operation.cancellation.cancel(.timeout)
        throw busy
      }
    } throws: { ($0 as? AdapterError)?.kind == .timeout }
  }
}
