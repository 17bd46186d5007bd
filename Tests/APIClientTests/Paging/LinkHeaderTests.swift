import APIClient
import AdapterCore
import Testing

@Suite struct LinkHeaderTests {
  @Test(arguments: [
    (#"<https://h/a?page=2>; rel="next", <https://h/a?page=9>; rel="last""#, "https://h/a?page=2"),
    (#"<a,b;c>; title="x, <y>; rel=\"next\""; rel=next"#, "a,b;c"),
    (#"<x>; rel="prev first",</y>;rel="last  NEXT";rel=prev"#, "/y"),
    (#"<x>; rel=prev; rel=next, <y> ; REL = "next""#, "y"), ("<>; rel=next", ""),
    (#"nonsense; rel=next, <z>; rel="next"#, "z"), (#"<a>; flag; rel=next"#, "a"),
    (#"<a>; anchor="/other"; rel=next, <b>; rel=next"#, "b"), (#"<a>;;rel=next"#, "a"),
    ("<a; rel=next", nil), ("", nil), (",,", nil), (#"<a>; rel="nextish""#, nil),
  ])
  func findsTheNextPage(_ value: String, _ target: String?) {
    let headers = HTTPHeaders([HTTPHeaders.Field("link", value)])
    #expect(LinkHeader.target("next", in: headers) == target)
  }

  @Test func looksThroughAllFields() {
    let headers = HTTPHeaders([
      HTTPHeaders.Field("Link", "<a>; rel=prev"), HTTPHeaders.Field("Link", "<b>; rel=next"),
    ])
    #expect(LinkHeader.target("next", in: headers) == "b")
    #expect(LinkHeader.target("last", in: headers) == nil)
  }
}
