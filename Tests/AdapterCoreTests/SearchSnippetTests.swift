import AdapterCore
import Testing

@Suite struct SearchSnippetTests {
  private func snippet(_ text: String, _ words: String..., always: Bool = false) -> String? {
    var maker = SearchSnippet(
      marking: words.map {
        SearchSnippet.Word($0.filter { $0 != "*" }, isPrefix: $0.hasSuffix("*"))
      },
      SearchRequest.Highlight(open: "[", close: "]"))
    var output: [UInt8] = []
    var text = text
    let isShown = text.withUTF8 { maker.append(of: $0, to: &output, always: always) }
    return isShown ? String(decoding: output, as: UTF8.self) : nil
  }

  @Test func everyMatchIsMarkedWhateverItsCase() {
    #expect(snippet("Swift, a swift: swifts.", "swift") == "[Swift], a [swift]: swifts.")
    #expect(snippet("Swift, a swift: swifts.", "swift*") == "[Swift], a [swift]: [swifts].")
    #expect(snippet("“Äpfel” und ÄPFEL", "äpfel") == "“[Äpfel]” und [ÄPFEL]")
    #expect(snippet("bread", "breads") == nil)
  }

  @Test func accentsDoNotCount() {
    #expect(snippet("uber ÜBER u\u{308}ber über", "über") == "[uber] [ÜBER] [u\u{308}ber] [über]")
    #expect(snippet("Čenĕk straße æon", "cenek") == "[Čenĕk] straße æon")
    #expect(snippet("Über æon ж", "ber", "ж") == "Über æon [ж]")
  }

  @Test func aLongTextIsCutAroundTheFirstMatch() {
    let text = (1...100).map { "w\($0)" }.joined(separator: " ")
    #expect(
      snippet(text, "w50")
        == "…w45 w46 w47 w48 w49 [w50] w51 w52 w53 w54 w55 w56 w57 w58 w59 w60…")
    #expect(snippet(text, "w2")?.hasPrefix("w1 [w2] w3") == true)
    #expect(snippet(text, "w2")?.hasSuffix(" w16…") == true)
    #expect(snippet(text, "w99")?.hasSuffix(" w98 [w99] w100") == true)
    #expect(snippet(text, "none", always: true)?.hasPrefix("w1 w2 ") == true)
    #expect(snippet(text, "none") == nil)
  }

  @Test func aTextWithoutWordsHasAnEmptySnippet() {
    #expect(snippet("", "x", always: true) == "")
    #expect(snippet("…?!", "x", always: true) == "")
    #expect(snippet("", "x") == nil)
  }
}
