import AdapterCore
import Testing

@Suite struct HTTPURLTests {
  @Test(arguments: [
    ("http://h", "http://h/"),
    ("HTTPS://Host:443/a/../b//c?x=%20#frag", "https://Host/a/../b//c?x=%20"),
    ("http://h:8080?q", "http://h:8080/?q"), ("http://[::1]:80/", "http://[::1]/"),
    ("http://h/é ü?a=\"b\"", "http://h/%C3%A9%20%C3%BC?a=%22b%22"),
    ("http://h/100%", "http://h/100%"),
    ("http://müller.example/", "http://müller.example/"),
  ])
  func keepsWhatWasWritten(_ text: String, _ expected: String) throws {
    #expect(try HTTPURL.parse(text).url.text == expected)
  }

  @Test func partsTheCredentialsFromTheHost() throws {
    let parsed = try HTTPURL.parse("https://ada:p%40ss:w@h:1/x")
    #expect(parsed.user == "ada")
    #expect(parsed.password == Secret("p@ss:w"))
    #expect(parsed.url.text == "https://h:1/x")
  }

  @Test(arguments: [
    "", "h/x", "ftp://h/", "http:/h", "http:///x", "http://h:0/", "http://h:65536/", "http://h:x/",
    "http://a b/", "http://[::1/", "http://[h]/", "http://h\n/", "http://u:%zz@h/",
  ])
  func refusesWhatIsNone(_ text: String) {
    #expect(throws: AdapterError.self) { try HTTPURL.parse(text) }
  }

  @Test func noPartOfAPasswordStandsInAnError() {
    for text in ["http://u:s3cret@h:x/", "ftp://u:s3cret@h/", "http://u:s3cret%zz@h/"] {
      do {
        _ = try HTTPURL.parse(text)
        Issue.record("\(text) was read")
      } catch {
        #expect(!error.message.contains("s3cret"), "\(error.message)")
      }
    }
  }

  /// RFC 3986, section 5.4, as far as its references stay within http.
  @Test(arguments: [
    ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
    ("/g", "http://a/g"), ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"),
    ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q"), ("g#s", "http://a/b/c/g"),
    (";x", "http://a/b/c/;x"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"),
    ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"),
    ("../..", "http://a/"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
    ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"), ("./g/.", "http://a/b/c/g/"),
    ("g/../h", "http://a/b/c/h"), ("g?y/../x", "http://a/b/c/g?y/../x"),
    ("https://z/y", "https://z/y"),
  ])
  func resolvesReferences(_ reference: String, _ expected: String) throws {
    let base = try HTTPURL.parse("http://a/b/c/d;p?q").url
    #expect(base.resolving(reference)?.text == expected)
  }

  @Test func leavesSecretsOutOfMessages() throws {
    let url = try HTTPURL.parse("https://h/x?api_key=1&X-Amz-Signature=2&page=3&flag").url
    #expect(url.redacted == "https://h/x?api_key=***&X-Amz-Signature=***&page=3&flag")
    #expect("\(url)" == url.redacted)
  }

  @Test func twoURLsOfOneOrigin() throws {
    let one = try HTTPURL.parse("https://Host/a").url
    #expect(try one.origin == HTTPURL.parse("https://host:443/b").url.origin)
    for other in ["http://host/", "https://host:444/", "https://host.example/"] {
      #expect(try one.origin != HTTPURL.parse(other).url.origin)
    }
  }
}
