import AdapterCore
import Testing

@testable import HTTPCache

/// Cache-Control as it is read (RFC 9111, sections 4.2.1 and 5.2).
@Suite struct CacheControlTests {
  private func read(_ values: String...) -> CacheControl {
    CacheControl(HTTPHeaders(values.map { HTTPHeaders.Field("cache-control", $0) }))
  }

  @Test func readsWhatMatters() {
    var expected = CacheControl()
    expected.maxAge = 60
    expected.mustRevalidate = true
    #expect(read("public, Max-Age=60, s-maxage=9, must-revalidate, x=y") == expected)
    #expect(read("public, max-age=60", "must-revalidate") == expected)
    #expect(read("NO-STORE").noStore)
    #expect(read(#"no-cache="Set-Cookie, X", max-age=1"#).noCache)
    #expect(read(#"private="max-age=5", stale-if-error=7"#).maxAge == nil)
  }

  @Test(arguments: [
    (#"max-age="10""#, 10), ("max-age=-1", 0), ("max-age=", 0), ("max-age", 0), ("max-age=1.5", 0),
    ("max-age=99999999999999999999", 1 << 31), ("max-age=5, max-age=3", 3), ("max-age= 4 ", 4),
  ])
  func aNumberThatIsNoneIsNoTime(_ text: String, _ seconds: Int64) {
    #expect(read(text).maxAge == seconds)
  }

  @Test func whatARequestSays() {
    #expect(read("max-stale").maxStale == .max)
    #expect(read("max-stale=5").maxStale == 5)
    #expect(read("min-fresh=7").minFresh == 7)
    #expect(CacheControl(request: HTTPHeaders([.init("Pragma", "no-cache")])).noCache)
    let both = HTTPHeaders([.init("Pragma", "no-cache"), .init("Cache-Control", "max-age=1")])
    #expect(!CacheControl(request: both).noCache)
  }
}
