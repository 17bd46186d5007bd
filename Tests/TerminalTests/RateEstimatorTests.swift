import Platform
import Testing

@testable import Terminal

@Suite struct RateEstimatorTests {
  private static let start = MonotonicInstant(nanoseconds: 0)

  private static func after(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
  }

  /// An estimator that has seen `rate` units a second for `seconds`.
  private func steady(_ rate: Double, for seconds: Int) -> RateEstimator {
    var estimator = RateEstimator(at: Self.start)
    for tick in 1...(seconds * 10) {
      estimator.update(completed: Int(Double(tick) * rate / 10), at: Self.after(Double(tick) / 10))
    }
    return estimator
  }

  @Test func isExactFromTheStartWhenNothingChanges() throws {
    for seconds in [1, 10, 100] {
      let estimator = steady(500, for: seconds)
      #expect(abs(try #require(estimator.perSecond) - 500) < 0.01)
      let remaining = try #require(estimator.remaining(to: 500 * seconds + 1000))
      #expect(abs(remaining.inSeconds - 2) < 0.01)
    }
  }

  @Test func aShortStallMovesItLittleAndALongOneMuch() throws {
    var estimator = steady(500, for: 60)
    estimator.update(completed: 30_000, at: Self.after(61))
    #expect(try #require(estimator.perSecond) > 400)
    estimator.update(completed: 30_000, at: Self.after(120))
    #expect(try #require(estimator.perSecond) < 1)
  }

  @Test func isUnknownBeforeAnythingMoves() {
    var estimator = RateEstimator(at: Self.start)
    #expect(estimator.perSecond == nil && estimator.remaining(to: 10) == nil)
    estimator.update(completed: 0, at: Self.after(1))
    #expect(estimator.perSecond == nil && estimator.remaining(to: 10) == nil)
  }

  @Test func aTimeTooFarAwayIsNotTold() {
    var estimator = RateEstimator(at: Self.start)
    estimator.update(completed: 1, at: Self.after(1))
    #expect(estimator.remaining(to: .max) == nil)
  }
}
