import AdapterCore
import Testing

@testable import HTTPCache

/// How old a response is and how old it may be (RFC 9111, section 4.2).
@Suite struct FreshnessTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT
  static let date: Int64 = 784_111_777

  private func freshness(
    _ fields: [String: String], status: Int = 200, sent: Int64 = date, arrived: Int64 = date,
    now: Int64, override: Int64? = nil
  ) -> Freshness {
    let headers = HTTPHeaders(fields.map { HTTPHeaders.Field($0.key, $0.value) })
    return Freshness(
      HTTPResponseHead(status: status, headers: headers), requestTime: sent, responseTime: arrived,
      now: now, override: override)
  }

  private func mayBeUsed(
    _ fields: [String: String], after seconds: Int64, request: String = "", override: Int64? = nil
  ) -> Bool {
    let asked = CacheControl(HTTPHeaders([.init("Cache-Control", request)]))
    return freshness(fields, now: Self.date + seconds, override: override).mayBeUsed(for: asked)
  }

  @Test func theAgeCountsTheWayAndTheServersOwn() {
    #expect(freshness([:], now: Self.date + 5).age == 5)
    #expect(freshness(["Age": "10"], now: Self.date + 5).age == 15)
    // The clock of the server is three seconds behind, or it took as long.
    let date = ["Date": "Sun, 06 Nov 1994 08:49:34 GMT"]
    #expect(freshness(date, now: Self.date + 5).age == 8)
    #expect(freshness(["Age": "10"], sent: Self.date - 2, now: Self.date + 5).age == 17)
    #expect(freshness([:], now: Self.date - 1).age == .max)
  }

  @Test func maxAgeComesBeforeExpires() {
    let both = [
      "Cache-Control": "max-age=60, s-maxage=1", "Expires": "Sun, 06 Nov 1994 09:49:37 GMT",
      "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
    ]
    #expect(mayBeUsed(both, after: 59))
    #expect(!mayBeUsed(both, after: 60))
    var expires = both
    expires["Cache-Control"] = nil
    #expect(mayBeUsed(expires, after: 3599))
    #expect(!mayBeUsed(expires, after: 3600))
    #expect(!mayBeUsed(["Expires": "0"], after: 0))
  }

  @Test func nothingIsGuessed() {
    #expect(!mayBeUsed(["Last-Modified": "Sun, 06 Nov 1984 08:49:37 GMT"], after: 0))
  }

  @Test func directivesOfBothSidesCount() {
    let hour = ["Cache-Control": "max-age=3600"]
    #expect(!mayBeUsed(hour, after: 1, request: "no-cache"))
    #expect(!mayBeUsed(hour, after: 11, request: "max-age=10"))
    #expect(!mayBeUsed(hour, after: 3550, request: "min-fresh=60"))
    #expect(mayBeUsed(hour, after: 3700, request: "max-stale=100"))
    #expect(!mayBeUsed(hour, after: 3701, request: "max-stale=100"))
    #expect(!mayBeUsed(["Cache-Control": "max-age=60, no-cache"], after: 0))
    let strict = ["Cache-Control": "max-age=60, must-revalidate"]
    #expect(!mayBeUsed(strict, after: 61, request: "max-stale"))
  }

  @Test func theUsersWordComesBeforeTheServers() {
    #expect(mayBeUsed(["Cache-Control": "no-cache, max-age=0"], after: 9, override: 10))
    #expect(!mayBeUsed(["Cache-Control": "max-age=100"], after: 10, override: 10))
    let failure = freshness([:], status: 404, now: Self.date, override: 10)
    #expect(failure.lifetime == 0)
  }

  @Test func staleIfErrorCountsFromTheEndOfFreshness() {
    let fields = ["Cache-Control": "max-age=10, stale-if-error=20"]
    #expect(freshness(fields, now: Self.date + 30).mayBeUsedAfterError)
    #expect(!freshness(fields, now: Self.date + 31).mayBeUsedAfterError)
    #expect(!freshness([:], now: Self.date).mayBeUsedAfterError)
    let strict = ["Cache-Control": "max-age=10, stale-if-error=20, must-revalidate"]
    #expect(!freshness(strict, now: Self.date + 11).mayBeUsedAfterError)
  }
}
