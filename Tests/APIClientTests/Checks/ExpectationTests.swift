import APIClient
import AdapterCore
import JSON
import Platform
import Testing

@Suite struct ExpectationTests {
  private static let document = #"""
     {"a": 1.50, "big": 12345678901234567890, "s": "Ada L", "ok": true, "none": null, "e": [],
      "list": [{"n": 1, "state": "up"}, {"n": 2, "state": "up"}], "tags": ["x", "y z"],
      "o": {"k": 1}}
    """#

  private func fault(
    _ text: String, status: Int = 200, content: String = document
  ) throws(AdapterError) -> String? {
    let body = OutputBuffer.inMemory()
    body.append(content)
    let head = HTTPResponseHead(
      status: status,
      headers: HTTPHeaders([
        HTTPHeaders.Field("Content-Type", "application/json; charset=utf-8"),
        HTTPHeaders.Field("X-Trace", "one"), HTTPHeaders.Field("x-trace", "two"),
      ]))
    let result = HTTPResult(
      head: head, url: HTTPURL(scheme: "http", host: "h", port: nil, path: "/"),
      connection: HTTPConnectionInfo(timings: HTTPTimings(total: .milliseconds(250))),
      receivedBytes: 10, decodedBytes: content.utf8.count, attempts: 1)
    return try Expectation.parse(text, of: "--expect").fault(
      in: ObservedResponse(result, content: body))
  }

  @Test(arguments: [
    "status=200", "status==2xx", "status = 2XX", "status!=404", "status<400", "status>=200",
    "status in 200,204", "status in [3xx, 2xx]", "$.a==1.5", "$.a==15e-1", ".a<2", "$.a>1.49999",
    "$.big==12345678901234567890", "$.big>12345678901234567889", "$.big!=12345678901234567891",
    "$.s==Ada L", #"$.s=="Ada L""#, "$.s=='Ada L'", "$.s~^Ada", "$.s !~ ^B", "$.s contains da",
    "$.s<B", "$.ok==true", "$.ok!=false", "$.none==null", "$.none!=1", "$.nope==null", "!$.none",
    "!$.nope", "!$.s.x", "$.s", "$.e", "$.e==[]", "$.list[].state==up", "$.list[].n contains 2",
    "$.tags contains x", #"$.tags contains "y z""#, "$.o contains k", "$.a in 1,1.5",
    #"$.s in ["Bob","Ada L"]"#, "length($.list)==2", "length(list)>1", "$.list[?n==2].state==up",
    "$.o=={\"k\":1}", "$.a=~^1", "header.content-type~^application/json", "header.X-Trace==two",
    "header.x-trace", "!header.nope", "header.nope!=1", "header.nope!~1",
    "header.x-trace in one,three",
    "time<300ms", "time<=0.25s", "time>1ms", "size>10", "size<1k", "body contains Ada", "body",
    "body~\"s\": \"Ada", "size!=0", "$.list[-1].n==2",
  ])
  func holds(_ text: String) throws {
    #expect(try fault(text) == nil)
  }

  @Test(arguments: [
    ("status=404", "it is 200"), ("status!=2xx", "it is 200"), ("status>=400", "it is 200"),
    ("$.a==1", "it is 1.50"), ("$.a==\"1.50\"", "it is 1.50"), ("$.s==Ada", #"it is "Ada L""#),
    ("$.s<A", #"it is "Ada L""#), ("$.s<1", #"it is "Ada L""#), ("$.ok==1", "it is true"),
    ("$.nope==1", "there is none"), ("$.nope", "there is none"), ("$.none", "there is none"),
    ("!$.a", "it is 1.50"), ("$.a.b==1", "$.a is a number, which has no member 'b'"),
    ("$.list[].n==1", "it is 2"), ("$.list[].n contains 3", "it is 1"),
    ("$.e[]==1", "there is none"),
    ("$.tags contains z", #"it is ["x","y z"]"#), ("length(e)>0", "it is 0"),
    ("header.nope", "there is no such field"), ("header.nope==1", "there is no such field"),
    ("header.x-trace==three", #"it is "one""#), ("!header.x-trace", #"it is "one""#),
    ("time<250ms", "it took 250 ms"), ("!body", #"it begins with " {\"a\": 1.50"#),
    ("body==x", #"it begins with " {\"a\""#), ("$.a~^2", "it is 1.50"),
    ("$.none~.", "there is none"),
  ])
  func saysWhatIsThere(_ text: String, _ expected: String) throws {
    let fault = try fault(text)
    #expect(fault?.hasPrefix(expected) ?? false, "\(text): \(fault ?? "holds")")
  }

  @Test func contentThatIsNoJSONIsSaid() throws {
    #expect(try fault("$.a==1", content: "<p>") == #"the content is no JSON: "<p>""#)
    #expect(try fault("$.a", content: "") == "there is no content")
    #expect(try fault("body==<p>", content: "<p>") == nil)
    #expect(try fault("$==1", content: " 1\n") == nil)
    #expect(try fault("$=='x'", content: "\"x\"\n") == nil)
    #expect(try fault("!body", content: "") == nil)
  }

  @Test(arguments: [
    ("", 0), ("stats=200", 0), ("status", 6), ("status~2", 6), ("status==abc", 6), ("status=20", 6),
    ("time<500", 4), ("time<soon", 4), ("size<1T", 4), ("$.a==", 5), ("$.a 1", 4), ("$.[", 2),
    ("header", 6), ("header.", 7), ("!$.a==1", 4), ("$.a~(", 4), ("$.{a}==1", 5), ("body&", 4),
    ("status<4xx", 6), ("nonsense==1", 0), ("size~1", 4),
  ])
  func aMalformedExpectationIsMarked(_ text: String, _ offset: Int) throws {
    let error = #expect(throws: AdapterError.self) { try Expectation.parse(text, of: "--until") }
    #expect(error?.kind == .usage)
    #expect(error?.message.hasPrefix("--until: ") ?? false)
    #expect(error?.details.last == "  " + String(repeating: " ", count: offset) + "^", "\(text)")
  }

  @Test func reportsAreXMLWhateverIsInThem() {
    let report = JUnitReport(
      name: "GET http://h/?a&b", time: .milliseconds(1042),
      cases: [
        JUnitReport.Case(name: "$.a<1", fault: "it is \"<]]>\u{1}\n\u{1F4A5}\""),
        JUnitReport.Case(name: "status=2xx", fault: nil),
      ])
    #expect(
      report.text == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="2" failures="1" errors="0" time="1.042">
          <testsuite name="GET http://h/?a&amp;b" tests="2" failures="1" errors="0" time="1.042">
            <testcase classname="GET http://h/?a&amp;b" name="$.a&lt;1" time="1.042">
              <failure message="$.a&lt;1: it is &quot;&lt;]]&gt;\u{FFFD}&#10;\u{1F4A5}&quot;"/>
            </testcase>
            <testcase classname="GET http://h/?a&amp;b" name="status=2xx" time="1.042"/>
          </testsuite>
        </testsuites>

        """)
  }
}
