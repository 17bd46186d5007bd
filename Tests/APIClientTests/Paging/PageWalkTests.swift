import APIClient
import AdapterCore
import Testing

@Suite struct PageWalkTests {
  private func walk(_ scheme: String, _ url: String) throws(AdapterError) -> PageWalk {
    try PageWalk(PagingScheme.parse(scheme, of: "--paginate"), from: HTTPURL.parse(url).url)
  }

  private func page(
    link: String? = nil, pointer: String? = nil, count: Int? = 3, hash: Int = 0,
    from url: String = "http://h/a/b"
  ) throws(AdapterError) -> PageWalk.Page {
    var headers = HTTPHeaders()
    headers["Link"] = link.map { "<\($0)>; rel=next" }
    return PageWalk.Page(
      head: HTTPResponseHead(status: 200, headers: headers), url: try HTTPURL.parse(url).url,
      pointer: pointer, elementCount: count, contentHash: hash)
  }

  @Test(arguments: [
    ("link", "http://h/a?x=1", "c?page=2", "http://h/a/c?page=2"),
    ("link", "http://h/a", "//other/c", "http://other/c"),
    ("next:.n", "http://h/a", "https://h/z", "https://h/z"),
    ("cursor:.n", "http://h/a?x=1", "a&b=/c", "http://h/a?x=1&cursor=a%26b%3D%2Fc"),
    ("cursor:after=.n", "http://h/a?after=0&x=1", "2", "http://h/a?x=1&after=2"),
    ("cursor:page[at]=n", "http://h/a?page%5Bat%5D=0", "2", "http://h/a?page%5Bat%5D=2"),
    ("page", "http://h/a", "", "http://h/a?page=2"),
    ("page", "http://h/?page=0", "", "http://h/?page=1"),
    ("page:p", "http://h/a?p=7&p=8", "", "http://h/a?p=8"),
    ("offset", "http://h/a", "", "http://h/a?offset=3"),
    ("offset:startAt", "http://h/?startAt=10", "", "http://h/?startAt=13"),
  ])
  func goesOnTo(_ scheme: String, _ start: String, _ next: String, _ expected: String) throws {
    var walk = try walk(scheme, start)
    #expect(try walk.advance(behind: page(link: next, pointer: next)))
    #expect(walk.url.text == expected)
    #expect(walk.number == 2)
  }

  @Test(arguments: ["link", "next:.n", "cursor:.n", "page", "offset"])
  func endsWhereThereIsNoMore(_ scheme: String) throws {
    var walk = try walk(scheme, "http://h/a")
    #expect(try !walk.advance(behind: page(count: 0)))
  }

  @Test func circlesAreNoticed() throws {
    var links = try walk("link", "http://h/a")
    #expect(try links.advance(behind: page(link: "/b")))
    #expect(try links.advance(behind: page(link: "/c")))
    let error = #expect(throws: AdapterError.self) { try links.advance(behind: page(link: "/b")) }
    #expect(error?.kind == .protocolViolation)
    var pages = try walk("page", "http://h/a")
    #expect(try pages.advance(behind: page(hash: 1)))
    #expect(try pages.advance(behind: page(hash: 2)))
    #expect(throws: AdapterError.self) { try pages.advance(behind: page(hash: 2)) }
    var feed = try walk("cursor:.n", "http://h/a")
    #expect(try feed.advance(behind: page(pointer: "x")))
    #expect(try !feed.advance(behind: page(pointer: "x", count: 0)))
    var objects = try walk("cursor:.n", "http://h/a")
    #expect(try objects.advance(behind: page(pointer: "x", count: nil)))
    #expect(throws: AdapterError.self) {
      try objects.advance(behind: page(pointer: "x", count: nil))
    }
  }

  @Test func aPlaceThatIsNoneIsRefused() throws {
    var walk = try walk("link", "http://h/a")
    #expect(throws: AdapterError.self) { try walk.advance(behind: page(link: "ftp://h/")) }
    #expect(throws: AdapterError.self) { try self.walk("page", "http://h/?page=x") }
  }

  @Test(arguments: [
    ("", 0), ("links", 0), ("link:x", 0), ("next", 4), ("next:", 5), ("next:.a..b", 8),
    ("cursor:a=.b[]", 9), ("cursor:a=", 9), ("page:", 5), ("cursor:[?a=1]", 7),
  ])
  func aMalformedSchemeIsMarked(_ text: String, _ offset: Int) throws {
    let error = #expect(throws: AdapterError.self) {
      try PagingScheme.parse(text, of: "--paginate")
    }
    #expect(error?.kind == .usage)
    #expect(error?.details.last == "  " + String(repeating: " ", count: offset) + "^", "\(text)")
  }
}
