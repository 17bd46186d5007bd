import APIClient
import JSON
import Platform
import Testing

@Suite struct JSONIndenterTests {
  private func indent(_ text: String, piece: Int, usesColor: Bool = false) -> String {
    let output = OutputBuffer.inMemory()
    var indenter = JSONIndenter(output, usesColor: usesColor)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      bytes[start..<min(start + piece, bytes.count)].withUnsafeBufferPointer { indenter.write($0) }
    }
    indenter.finish()
    return output.takeString()
  }

  @Test(arguments: [
    #"{"a":[1,-2.5e3,{"b":null}],"c":"x, \"y\": {z}","d":{},"e":[],"f":true}"#, "[]", "{}", "1",
    "\"a\"", #"[[],[[]],{"a":{}}]"#,
  ])
  func isTheSameAsTheWriters(_ text: String) throws {
    let expected = try JSONParser.parse(text).text(pretty: true) + "\n"
    for piece in [1, 2, 7, 1000] { #expect(indent(text, piece: piece) == expected) }
    #expect(indent(expected, piece: 3) == expected)
  }

  @Test func documentsInARowHaveALineEach() {
    #expect(indent("1\n\"a\"\n{}\n", piece: 100) == "1\n\"a\"\n{}\n")
  }

  @Test func namesAndValuesHaveColours() {
    #expect(
      indent(#"{"a":"b"}"#, piece: 1, usesColor: true)
        == "{\n  \u{1B}[34m\"a\"\u{1B}[0m: \u{1B}[32m\"b\"\u{1B}[0m\n}\n")
  }
}
