import JSON
import Platform
import Testing

@Suite struct JSONWriterTests {
  private func written(_ bytes: [UInt8]) -> String {
    let output = OutputBuffer.inMemory()
    bytes.withUnsafeBufferPointer { output.appendJSONString($0) }
    return output.takeString()
  }

  @Test func escapesWhatMustBe() {
    #expect(
      written(Array("a\"b\\c\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}é/".utf8))
        == "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f\u{7F}é/\"")
  }

  @Test func findsEscapesAtEveryOffset() throws {
    for length in 0..<40 {
      for offset in 0..<length {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
        bytes[offset] = 0x1F
        let text = written(bytes)
        #expect(try JSONParser.parse(text).string == String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  @Test func replacesBytesThatAreNotUTF8() {
    #expect(written([0x61, 0xFF, 0x62]) == "\"a\u{FFFD}b\"")
    #expect(written([0xE2, 0x82]) == "\"\u{FFFD}\u{FFFD}\"")
    #expect(written([0xED, 0xA0, 0x80, 0x0A]) == "\"\u{FFFD}\u{FFFD}\u{FFFD}\\n\"")
  }

  @Test(arguments: [
    0.1, 5, 1e16, 1e-5, -0.0, 1.7976931348623157e308, .leastNonzeroMagnitude, 0.30000000000000004,
    123456.789,
  ])
  func doublesReadBackTheSame(_ value: Double) throws {
    let output = OutputBuffer.inMemory()
    output.appendJSON(value)
    let text = output.takeString()
    let read = try #require(try JSONParser.parse(text).double)
    #expect(read.bitPattern == value.bitPattern)
    #expect(text == value.description)
  }

  @Test func nonFiniteNumbersAreStrings() {
    let output = OutputBuffer.inMemory()
    for value in [Double.nan, .infinity, -.infinity] { output.appendJSON(value) }
    #expect(output.takeString() == #""NaN""Infinity""-Infinity""#)
    #expect(JSONNumber(Double.nan) == nil)
  }

  @Test func indents() {
    let value: JSONValue = ["a": [1, nil, true], "b": [:], "c": []]
    #expect(
      value.text(pretty: true) == """
        {
          "a": [
            1,
            null,
            true
          ],
          "b": {},
          "c": []
        }
        """)
    #expect(value.text() == #"{"a":[1,null,true],"b":{},"c":[]}"#)
  }
}
