import Platform
import Testing

@Suite struct PrintableTextTests {
  @Test(arguments: [
    ("\u{1B}[31m", "\\x1b[31m"), ("a\u{7F}b", "a\\x7fb"), ("\u{9B}", "\\x9b"), ("\u{0}", "\\x00"),
    ("\r\n", "\\r\\n"), ("a\u{202E}b", "a\\u202eb"), ("\u{2066}\u{2069}", "\\u2066\\u2069"),
    ("\u{200E}\u{200F}\u{61C}", "\\u200e\\u200f\\u061c"), ("\u{2028}\u{2029}", "\\u2028\\u2029"),
  ])
  func whatSteersATerminalIsEscaped(text: String, shown: String) {
    #expect(text.escapingControls() == shown)
    #expect("é" + text.escapingControls() + "日" == "é" + shown + "日")
  }

  @Test(arguments: ["", "plain", "tab\there", "é日本😀👩‍👩‍👧", "a\u{A0}b", "שלום"])
  func otherTextStays(_ text: String) { #expect(text.escapingControls() == text) }

  @Test func exceptionsStay() {
    #expect("a\tb\nc\r".escapingControls(but: []) == "a\\tb\\nc\\r")
    #expect("a\tb\nc\r".escapingControls(but: .lineFeed) == "a\\tb\nc\\r")
    #expect("a\tb\nc\r".escapingControls(but: [.tab, .lineFeed]) == "a\tb\nc\\r")
  }

  @Test(arguments: [
    ([0x61, 0xFF, 0x62], "a\\xffb"), ([0xE2, 0x80], "\\xe2\\x80"), ([0xC2, 0x9B], "\\x9b"),
    ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
  ])
  func strayBytesAreEscaped(bytes: [UInt8], shown: String) {
    let output = OutputBuffer.inMemory()
    bytes.withUnsafeBufferPointer {
      #expect(!PrintableText.isPrintable($0))
      PrintableText.append($0, to: output)
    }
    #expect(output.takeString() == shown)
  }
}
