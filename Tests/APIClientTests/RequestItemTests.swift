import APIClient
import AdapterCore
import JSON
import Testing

@Suite struct RequestItemTests {
  private func item(_ text: String) throws(AdapterError) -> RequestItem {
    try RequestItem(text) { path throws(AdapterError) in Array("content of \(path)".utf8) }
  }

  @Test func theFirstSeparatorCounts() throws {
    #expect(try item("q==a=b:c") == .query(name: "q", value: "a=b:c"))
    #expect(try item("X-Time:12:30=1") == .header(name: "X-Time", value: "12:30=1"))
    #expect(try item("X-Gone:") == .removedHeader(name: "X-Gone"))
    #expect(try item("X-Empty;") == .header(name: "X-Empty", value: ""))
    #expect(try item("file@/tmp/a=b") == .upload(name: "file", path: "/tmp/a=b"))
    guard case .field(let path, let text) = try item(#"a\:b\=c=d:=e"#) else {
      Issue.record("no field")
      return
    }
    #expect(path.text == "a:b=c")
    #expect(text == "d:=e")
  }

  @Test func valuesComeFromFiles() throws {
    guard case .field(_, let text) = try item("note=@a.txt") else {
      Issue.record("no field")
      return
    }
    #expect(text == "content of a.txt")
    #expect(throws: AdapterError.self) { try item("note:=@a.txt") }
  }

  @Test(arguments: [
    ("a", "{\"a\":1}"), ("a[b]", "{\"a\":{\"b\":1}}"), ("a[]", "{\"a\":[1]}"),
    ("a[2]", "{\"a\":[null,null,1]}"), ("[]", "[1]"), ("[0][x]", "[{\"x\":1}]"),
    (#"a\[b\]"#, "{\"a[b]\":1}"), ("a[b][][c]", "{\"a\":{\"b\":[{\"c\":1}]}}"),
  ])
  func namesNest(_ name: String, _ document: String) throws {
    let parts = RequestParts([try item("\(name):=1")])
    let content = try #require(try parts.content(.json, OperationContext()))
    let body = try #require(content.body as? HTTPBytesBody)
    #expect(String(decoding: body.bytes, as: UTF8.self) == document)
  }

  @Test(arguments: ["a[", "a]", "a[b", "a[b]c", "a[b]]", "a[[b]]"])
  func bracketsMustMatch(_ name: String) {
    #expect(throws: AdapterError.self) { try item("\(name)=1") }
  }

  @Test func noValueStandsInAnError() {
    for text in ["s3cret", "X A:s3cret", "a:={s3cret", "X-A:s3cret\n"] {
      do {
        _ = try item(text)
        Issue.record("\(text) was read")
      } catch {
        #expect(text == "s3cret" || !error.message.contains("s3cret"), "\(error.message)")
      }
    }
  }
}
