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

  @Test(arguments: [
    ("{\"a\u{1B}\":\"\u{1B}[31mX\u{7}\"}", #"{"a\u001b": "\u001b[31mX\u0007"}"#),
    ("\"\u{9B}31m\u{85}\"", #""\u009b31m\u0085""#),
    (
      "\"\u{200E}\u{200F}\u{202A}\u{202E}\u{2066}\u{2069}\"",
      #""\u200e\u200f\u202a\u202e\u2066\u2069""#
    ),
    ("\u{1B}]0;t\u{7}\u{9B}", #"\x1b]0;t\x07\x9b"#), ("tru\u{8}e", #"tru\x08e"#),
    (#""\"# + "\u{1B}\u{9B}\"", #""\\u001b\u009b""#),
    (#""\"\\"# + "\u{1B}\"", #""\"\\\u001b""#),
    ("\"a\tb\nc\rd\u{7F}\"", #""a\u0009b\u000ac\u000dd\u007f""#),
    ("\"é😀\u{A0}\"", "\"é😀\u{A0}\""),
  ])
  func whatIsNotPrintableIsEscaped(_ text: String, _ expected: String) {
    // Line breaks of the layout are no part of this.
    let shown = indent(text, piece: 1000).filter { $0 != "\n" }.split(separator: "  ").joined()
    #expect(shown == expected)
    #expect(!indent(text, piece: 1000, usesColor: true).contains("\u{7}"))
  }

  @Test func bytesThatAreNoCharactersAreEscaped() {
    let output = OutputBuffer.inMemory()
    var indenter = JSONIndenter(output, usesColor: false)
    let bytes: [UInt8] = [0x22, 0x9B, 0xFF, 0x22, 0x0A, 0x9B]
    bytes.withUnsafeBufferPointer { indenter.write($0) }
    indenter.finish()
    #expect(output.takeString() == "\"\\u009b\\u00ff\"\n\\x9b\n")
  }

  @Test func namesAndValuesHaveColours() {
    #expect(
      indent(#"{"a":"b"}"#, piece: 1, usesColor: true)
        == "{\n  \u{1B}[34m\"a\"\u{1B}[0m: \u{1B}[32m\"b\"\u{1B}[0m\n}\n")
  }
}
