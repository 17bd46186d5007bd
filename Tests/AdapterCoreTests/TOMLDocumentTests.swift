import Testing

@testable import AdapterCore

@Suite struct TOMLDocumentTests {
  private func entries(_ text: String) throws -> [TOMLDocument.Entry] {
    try TOMLDocument(Array(text.utf8), file: "f.toml").entries
  }

  @Test func keysComeInTheOrderOfTheTextWithTheirPlaces() throws {
    let entries = try entries(
      """
      # é
      z = "é" # c
      [b.c]
      x.y = 5
      "odd key" = true
      [a]
      n = 1.5
      """)
    #expect(
      entries.map { $0.path.joined(separator: "/") }
        == ["z", "b", "b/c", "b/c/x", "b/c/x/y", "b/c/odd key", "a", "a/n"])
    #expect(entries[0].value == "é")
    #expect((entries[0].keyPlace.line, entries[0].keyPlace.column) == (2, 1))
    #expect((entries[0].valueBegin.line, entries[0].valueBegin.column) == (2, 5))
    #expect((entries[0].valueEnd.line, entries[0].valueEnd.column) == (2, 8))
    #expect((entries[4].keyPlace.line, entries[4].keyPlace.column) == (4, 3))
    #expect(entries[4].value == "5")
    #expect(entries[5].value == "true")
    #expect(entries[7].value == "1.5")
  }

  @Test func anEmptyTextHasNoKeys() throws {
    #expect(try entries("").isEmpty)
    #expect(try entries("\n# nothing\n").isEmpty)
  }

  @Test(arguments: [
    ("a = ", 1), ("a = 1\nb = \"x\nc = 2", 2), ("a = 1\na = 2", 2), ("[t\n", 1), ("x = 1 2", 1),
    ("a = \u{0}", 1), ("a = nope", 1),
  ])
  func malformedTextIsAConfigErrorWithItsPlace(_ text: String, _ line: Int) {
    #expect {
      try TOMLDocument(Array(text.utf8), file: "f.toml")
    } throws: { error in
      let error = error as? AdapterError
      return error?.kind == .config && error?.position?.file == "f.toml"
        && error?.position?.line == line && error?.message.isEmpty == false
    }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    #expect(throws: AdapterError.self) {
      try TOMLDocument([0x61, 0x3D, 0x22, 0xFF, 0x22], file: "f.toml")
    }
  }

  @Test func deepNestingIsRefusedNotOverflowing() {
    let text = "a = " + String(repeating: "[", count: 100_000)
    #expect(throws: AdapterError.self) { try TOMLDocument(Array(text.utf8), file: "f.toml") }
  }
}
