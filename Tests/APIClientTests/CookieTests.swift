import AdapterCore
import Testing

@testable import APIClient

/// What a host may set and which requests get it (RFC 6265).
@Suite struct CookieTests {
  private static let now: Int64 = 1_700_000_000

  private func cookie(_ text: String, from url: String = "https://www.example.com/a/b?c") -> Cookie?
  {
    guard let url = try? HTTPURL.parse(url).url else { return nil }
    return SetCookie.parse(text, from: url, now: Self.now)
  }

  private func goes(_ text: String, from: String, to: String) -> Bool {
    guard let url = try? HTTPURL.parse(to).url else { return false }
    return cookie(text, from: from)?.belongs(to: url) ?? false
  }

  @Test func readsTheAttributes() throws {
    let plain = try #require(cookie("a=b=c; x"))
    #expect(plain.name == "a")
    #expect(plain.value == "b=c")
    #expect(plain.domain == "www.example.com")
    #expect(plain.isHostOnly)
    #expect(plain.path == "/a")
    #expect(plain.expires == nil)
    let full = try #require(
      cookie(
        "a=\"q r\" ; DOMAIN=.Example.COM; path=/x; secure; HTTPONLY; Max-Age=10; "
          + "Expires=Wed, 21 Oct 2015 07:28:00 GMT; SameSite=Lax"))
    #expect(full.value == "\"q r\"")
    #expect(full.domain == "example.com")
    #expect(!full.isHostOnly && full.isSecure && full.isHTTPOnly)
    #expect(full.path == "/x")
    #expect(full.expires == Self.now + 10)
    #expect(cookie("a=1; Expires=Wed, 21-Oct-2015 07:28:00 GMT")?.isExpired(now: Self.now) == true)
    #expect(cookie("a=1; Max-Age=-1")?.isExpired(now: Self.now) == true)
    #expect(cookie("a=1; Max-Age=x")?.expires == nil)
  }

  @Test(arguments: [
    "", "=", "=v", "novalue", "a=1; Domain=example.org", "a=1; Domain=com",
    "a=1; Domain=ample.com", "a=1; Domain=w.www.example.com", "a=\u{7}",
    "__Host-a=1; Secure; Path=/a", "__Host-a=1; Secure; Path=/; Domain=example.com",
    "__Secure-a=1", "a=\(String(repeating: "x", count: 5000))",
  ])
  func refuses(_ text: String) { #expect(cookie(text) == nil) }

  @Test(arguments: [
    "http://shop.co.uk/", "http://x.github.io/", "http://a.com.au/", "http://10.0.0.1/",
  ])
  func noOneSetsCookiesForStrangers(_ url: String) throws {
    let host = try HTTPURL.parse(url).url.host
    let above = host.drop { $0 != "." }.dropFirst()
    #expect(cookie("a=1; Domain=\(above)", from: url) == nil)
    #expect(cookie("a=1", from: url)?.isHostOnly == true)
  }

  @Test func withoutTLSNothingIsSecure() {
    #expect(cookie("a=1; Secure", from: "http://example.com/") == nil)
    #expect(cookie("a=1; Secure", from: "http://localhost/") != nil)
    #expect(!goes("a=1; Secure", from: "https://e.com/", to: "http://e.com/"))
    #expect(goes("a=1; Secure", from: "https://e.com/", to: "https://e.com/"))
  }

  @Test func goesWhereItBelongs() {
    let wide = "a=1; Domain=example.com"
    #expect(goes(wide, from: "http://www.example.com/", to: "http://example.com/"))
    #expect(goes(wide, from: "http://www.example.com/", to: "http://a.b.EXAMPLE.com/"))
    #expect(!goes(wide, from: "http://www.example.com/", to: "http://badexample.com/"))
    #expect(!goes("a=1", from: "http://example.com/", to: "http://www.example.com/"))
    let deep = "a=1; Path=/docs"
    for (path, fits) in [
      ("/docs", true), ("/docs/", true), ("/docs/x", true), ("/docsx", false), ("/", false),
    ] {
      #expect(goes(deep, from: "http://e.com/", to: "http://e.com\(path)") == fits, "\(path)")
    }
  }

  @Test func theFileIsReadAsItWasWritten() throws {
    let cookies = [
      try #require(cookie("a=1; Domain=example.com; Secure; HttpOnly; Max-Age=50")),
      try #require(cookie("b=")),
    ]
    #expect(CookieFile.parse(Array(CookieFile.text(cookies).utf8)) == cookies)
    #expect(
      CookieFile.parse(Array("# x\r\n\r\ne.com\tFALSE\t/\tFALSE\t0\tn\tv\r\n".utf8))?.count == 1)
    #expect(CookieFile.parse(Array("e.com FALSE / FALSE 0 n v\n".utf8)) == nil)
    #expect(CookieFile.parse([]) == [])
  }
}
