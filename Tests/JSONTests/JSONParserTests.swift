import JSON
import Platform
import Testing

@Suite struct JSONParserTests {
  @Test func keepsKeyOrderAndRepeatedKeys() throws {
    let value = try JSONParser.parse(#"{"b":1,"a":2,"b":3}"#)
    #expect(value.object?.keys == ["b", "a", "b"])
    #expect(value["b"]?.int64 == 3)
    #expect(value.text() == #"{"b":1,"a":2,"b":3}"#)
  }

  @Test(arguments: [
    "9223372036854775807", "-9223372036854775808", "123456789012345678901234567890", "1.10",
    "1e400", "-0", "-0.0", "1E+2",
  ])
  func keepsNumbersAsWritten(_ text: String) throws {
    let value = try JSONParser.parse(text)
    #expect(value.number?.text == text)
    #expect(value.text() == text)
  }

  @Test func numbersAreReadExactlyOrNotAtAll() throws {
    #expect(try JSONParser.parse("9223372036854775807").int64 == .max)
    #expect(try JSONParser.parse("9223372036854775808").int64 == nil)
    #expect(try JSONParser.parse("1.0").int64 == nil)
    #expect(try JSONParser.parse("1e400").double == nil)
    #expect(try JSONParser.parse("2.5").double == 2.5)
  }

  @Test func resolvesEscapes() throws {
    let value = try JSONParser.parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00""#)
    #expect(value.string == "\"\\/\u{8}\u{C}\n\r\tAé€😀")
  }

  @Test(arguments: [
    (#"{"a":1,"#, 1, 8, "expected a string but found the end of the text"),
    ("[1\n 2]", 2, 2, "expected ',' or ']' but found '2'"),
    ("{\"é\": tru}", 1, 7, "expected a value but found 't'"),
    ("01", 1, 1, "a number must not begin with 0"),
    ("1.", 1, 3, "expected a digit after the decimal point but found the end of the text"),
    ("[\"abc", 1, 2, "the string is not closed"),
    (#"["\ud800"]"#, 1, 3, #"lone surrogate in \u escape"#),
    (#"["\ude00"]"#, 1, 3, #"lone surrogate in \u escape"#),
    ("\"a\u{1}\"", 1, 3, "control character 0x01 must be escaped in a string"),
    ("[] x", 1, 4, "expected the end of the text but found 'x'"),
    (#"{"a" 1}"#, 1, 6, "expected ':' but found '1'"),
    ("", 1, 1, "expected a value but found the end of the text"),
    ("\u{FEFF}[]", 1, 1, "expected a value but found '\u{FEFF}'"),
  ])
  func tellsWhatIsWrongAndWhere(_ text: String, line: Int, column: Int, message: String) {
    #expect {
      try JSONParser.parse(text)
    } throws: { error in
      guard let error = error as? JSONError else { return false }
      return error.message == message && error.line == line && error.column == column
    }
  }

  @Test func refusesInvalidUTF8() {
    #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xC3, 0x28, 0x22]) }
    #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test func limitsDepth() throws {
    let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    _ = try JSONParser.parse(deepest)
    #expect {
      try JSONParser.parse("[" + deepest + "]")
    } throws: { error in
      (error as? JSONError)?.message == "nested deeper than 512"
    }
    #expect(throws: JSONError.self) {
      try JSONParser.parse(String(repeating: #"{"a":["#, count: 100_000))
    }
  }

  /// The parser, the validator and the writer agree on whatever bytes come.
  @Test func survivesRandomBytes() throws {
    var generator = SplitMix64(seed: 1)
    let alphabet = Array(#"{}[]",:\ u0123ed8.-+eEtrufalsn"#.utf8) + [0xC3, 0xA9, 0xED, 0x00, 0x0A]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let value = try? JSONParser.parse(bytes)
      #expect((value != nil) == bytes.withUnsafeBufferPointer { JSONParser.isValid($0) })
      if let value {
        #expect(try JSONParser.parse(value.text()) == value)
        #expect(try JSONParser.parse(value.text(pretty: true)) == value)
      }
    }
  }
}

/// A small seeded generator, so that a failure can be repeated (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
