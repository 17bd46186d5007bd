import Foundation
import Platform
import TestSupport
import Testing

@testable import AdapterCore

/// Limits as they are written, the turns under them, and what servers say of their own.
@Suite struct RateLimitTests {
  @Test(arguments: [
    ("100/min", 100, 60.0), ("5/s", 5, 1), ("1000/h", 1000, 3600), ("20/10s", 20, 10),
    ("3/500ms", 3, 0.5), ("1/day", 1, 86_400),
  ])
  func readsLimits(_ text: String, _ count: Int, _ seconds: Double) throws {
    let limit = try #require(RateLimit(text))
    #expect(limit.count == count)
    #expect(limit.period.inSeconds == seconds)
  }

  @Test(arguments: [
    "", "100", "0/s", "-1/s", "1/", "/s", "1/s/s", "x/min", "1/0s", "1/fortnight", "2000000/s",
  ])
  func refusesWhatIsNone(_ text: String) { #expect(RateLimit(text) == nil) }

  private func instant(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 1_000_000_000_000 + milliseconds * 1_000_000)
  }

  @Test func noWindowHasMore() throws {
    let directory = try TemporaryDirectory()
    let limit = try #require(RateLimit("5/s"))
    var turns: [Int64] = []
    var now: Int64 = 0
    for number in 0..<40 {
      // Each by another process, as far as the ledger can tell.
      let ledger = RateLedger(try .openShared(directory.file("ledger")), limit)
      let turn = try #require(try ledger.take(now: instant(now), before: nil))
      turns.append(turn.nanoseconds)
      now += Int64(number * 37 % 300)
    }
    for (index, turn) in turns.enumerated() where index >= 5 {
      #expect(turn - turns[index - 5] >= 1_000_000_000)
    }
    #expect(turns[4] - turns[0] < 1_000_000_000)
  }

  @Test func aTurnThatComesTooLateIsNotTaken() throws {
    let directory = try TemporaryDirectory()
    let ledger = RateLedger(
      try .openShared(directory.file("ledger")), RateLimit(count: 1, period: .seconds(10)))
    #expect(try ledger.take(now: instant(0), before: nil) == instant(0))
    for _ in 0..<3 { #expect(try ledger.take(now: instant(1), before: instant(5000)) == nil) }
    #expect(try ledger.take(now: instant(2), before: nil) == instant(10_200))
  }

  @Test(arguments: [[UInt8](), [1, 2, 3], Array(repeating: 0xFF, count: 100)])
  func aLedgerOfAnotherStartOrADamagedOneIsBegunAnew(_ bytes: [UInt8]) throws {
    let directory = try TemporaryDirectory()
    try Data(bytes).write(to: URL(fileURLWithPath: directory.file("ledger")))
    let limit = RateLimit(count: 2, period: .seconds(10))
    let ledger = RateLedger(try .openShared(directory.file("ledger")), limit)
    #expect(try ledger.take(now: instant(7), before: nil) == instant(7))
    #expect(try ledger.take(now: instant(8), before: nil) == instant(8))
    #expect(try ledger.take(now: instant(9), before: nil) == instant(10_207))
  }

  private func pause(_ fields: [String: String], status: Int = 200) -> Double? {
    let headers = HTTPHeaders(fields.map { HTTPHeaders.Field($0.key, $0.value) })
    return ServerRateLimit.pause(after: HTTPResponseHead(status: status, headers: headers))?
      .inSeconds
  }

  @Test func readsWhatServersSay() {
    #expect(pause(["RateLimit-Remaining": "0", "RateLimit-Reset": "30"]) == 30)
    #expect(pause(["RateLimit-Remaining": "1", "RateLimit-Reset": "30"]) == nil)
    #expect(pause(["RateLimit": "limit=100, remaining=0, reset=50"]) == 50)
    #expect(pause(["RateLimit": #""default";r=0;t=40"#]) == 40)
    #expect(pause(["RateLimit": #""hour";r=5;t=900, "second";r=0;t=1"#]) == 1)
    #expect(pause(["RateLimit": #""default";r=3;t=40"#]) == nil)
    let date = "Sun, 06 Nov 2094 08:49:37 GMT"
    let epoch = HTTPDate.parse(date) ?? 0
    let reset = ["X-RateLimit-Remaining": "0", "Date": date]
    #expect(pause(reset.merging(["X-RateLimit-Reset": "\(epoch + 25)"]) { $1 }) == 25)
    #expect(pause(reset.merging(["X-RateLimit-Reset": "\(epoch * 1000 + 2500)"]) { $1 }) == 3)
    #expect(pause(reset.merging(["X-RateLimit-Reset": "12"]) { $1 }) == 12)
    #expect(pause(reset.merging(["X-RateLimit-Reset": "\(epoch - 5)"]) { $1 }) == nil)
    #expect(pause(["Retry-After": "7"], status: 429) == 7)
    #expect(pause(["Retry-After": "7"], status: 503) == nil)
    #expect(pause(["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "nan"]) == nil)
    #expect(pause(["RateLimit-Remaining": "0", "RateLimit-Reset": "999999999"]) == 3600)
  }
}
