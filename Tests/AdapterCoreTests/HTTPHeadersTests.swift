import AdapterCore
import Testing

@Suite struct HTTPHeadersTests {
  @Test func namesHaveNoCase() {
    var headers = HTTPHeaders([.init("Accept", "a"), .init("X-A", "1"), .init("ACCEPT", "b")])
    #expect(headers["accept"] == "a")
    #expect(headers.values("Accept") == ["a", "b"])
    headers["accept"] = "c"
    #expect(headers.fields.map(\.name) == ["accept", "X-A"])
    headers["x-a"] = nil
    #expect(!headers.contains("X-A"))
  }

  @Test func commasWithinQuotesPartNothing() {
    let headers = HTTPHeaders([
      .init("Link", "<a>; rel=\"x, y\", <b>"), .init("Link", " , <c>; t=\"\\\",\""),
    ])
    #expect(headers.list("link") == ["<a>; rel=\"x, y\"", "<b>", "<c>; t=\"\\\",\""])
  }

  @Test(arguments: [
    ("X-A", "b c\t", true), ("X A", "b", false), ("", "b", false), ("X:", "b", false),
    ("X", "a\r\nY: b", false), ("X", "a\0", false), ("X", "é", true),
  ])
  func aFieldCannotBeginAnother(_ name: String, _ value: String, _ isValid: Bool) {
    #expect(HTTPHeaders.isValid(name: name, value: value) == isValid)
  }

  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
      ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Tue, 29 Feb 2028 23:59:60 GMT", 1_835_481_600), ("tomorrow", nil), ("", nil),
      ("Sun, 06 Nov 1994 28:49:37 GMT", nil), ("Sun, 06 Nix 1994 08:49:37 GMT", nil),
    ] as [(String, Int64?)])
  func readsDatesOfAllForms(_ text: String, _ seconds: Int64?) {
    #expect(HTTPDate.parse(text) == seconds)
  }
}
