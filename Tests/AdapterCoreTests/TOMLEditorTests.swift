import Testing

@testable import AdapterCore

@Suite struct TOMLEditorTests {
  private func set(
    _ text: String, _ path: String..., to value: TOMLValue
  ) throws -> String {
    var editor = try TOMLEditor(Array(text.utf8), file: "f.toml")
    try editor.set(path, to: value)
    return String(decoding: editor.bytes, as: UTF8.self)
  }

  private func remove(_ text: String, _ path: String...) throws -> String? {
    var editor = try TOMLEditor(Array(text.utf8), file: "f.toml")
    guard try editor.remove(path) else { return nil }
    return String(decoding: editor.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("a = 1 # note\nb = 2\n", "a = \"x\" # note\nb = 2\n"),
    ("# é\n\"a\" = 'é' # é\n", "# é\n\"a\" = \"x\" # é\n"),
    ("a = \"\"\"\nlong\ntext\"\"\"\nb=1", "a = \"x\"\nb=1"),
    ("  a=true", "  a=\"x\""), ("a = [1,\n 2] # c", "a = \"x\" # c"),
    ("a = 1\r\nb = 2\r\n", "a = \"x\"\r\nb = 2\r\n"), ("a = 1979-05-27\n", "a = \"x\"\n"),
    ("a = 1_000\n", "a = \"x\"\n"), ("a = -0.5e3 \n", "a = \"x\" \n"),
  ])
  func anExistingValueIsReplacedInItsPlace(_ before: String, _ after: String) throws {
    #expect(try set(before, "a", to: .string("x")) == after)
  }

  @Test(arguments: [
    ("", "k = 5\n"), ("# only a comment", "# only a comment\nk = 5\n"),
    ("a = 1", "a = 1\nk = 5\n"),
    ("a = 1\n\n# t\n[t]\nx = 1\n", "a = 1\nk = 5\n\n# t\n[t]\nx = 1\n"),
    ("# top\n\n# t\n[t]\nx = 1\n", "# top\n\nk = 5\n\n# t\n[t]\nx = 1\n"),
  ])
  func aNewKeyOfTheRootStandsBeforeTheTables(_ before: String, _ after: String) throws {
    #expect(try set(before, "k", to: .bare("5")) == after)
  }

  @Test(arguments: [
    ("", "[t.u]\nk = 5\n"), ("a = 1\n", "a = 1\n\n[t.u]\nk = 5\n"),
    ("[t.u] # c\n[v]\n", "[t.u] # c\nk = 5\n[v]\n"),
    ("[t.u]\na = 1\n\n[v]\n", "[t.u]\na = 1\nk = 5\n\n[v]\n"),
    ("[t]\n  u.a = 1\n[v]\n", "[t]\n  u.a = 1\n  u.k = 5\n[v]\n"),
    ("t.u.a = 1\nb = 2\n", "t.u.a = 1\nt.u.k = 5\nb = 2\n"),
    ("[t.u.w]\na = 1\n", "[t.u.w]\na = 1\n\n[t.u]\nk = 5\n"),
  ])
  func aNewKeyOfATableJoinsTheTable(_ before: String, _ after: String) throws {
    #expect(try set(before, "t", "u", "k", to: .bare("5")) == after)
  }

  @Test func stringsAndKeysAreQuotedAsNeeded() throws {
    let text = "a\"b\\c\nd\te\u{1}é"
    let edited = try set("", "t", "odd key", to: .string(text))
    #expect(edited == "[t]\n\"odd key\" = \"a\\\"b\\\\c\\nd\\te\\u0001é\"\n")
    #expect(try TOMLDocument(Array(edited.utf8), file: "f").entries.last?.value == text)
  }

  @Test(arguments: ["t = {u = 1}", "[t.k]\nx = 1", "t = 1"])
  func whatCannotBeChangedSafelyIsRefused(_ text: String) {
    #expect {
      try set(text, "t", "k", to: .bare("5"))
    } throws: { ($0 as? AdapterError)?.hint == "change it with an editor" }
  }

  @Test func aValueInAnInlineTableCanBeReplaced() throws {
    #expect(try set("t = { k = 1, l = 2 }", "t", "k", to: .bare("5")) == "t = { k = 5, l = 2 }")
  }

  @Test func aKeyIsRemovedWithItsLines() throws {
    #expect(try remove("a = 1 # c\nb = '''\nx\n''' # d\nc = 3\n", "b") == "a = 1 # c\nc = 3\n")
    #expect(try remove("[t]\nu.k = 1\nu.l = 2", "t", "u", "l") == "[t]\nu.k = 1\n")
    #expect(try remove("a = 1", "b") == nil)
    #expect(throws: AdapterError.self) { try remove("t = {k = 1, l = 2}", "t", "k") }
    #expect(throws: AdapterError.self) { try remove("[t]\nk = 1", "t") }
  }

  @Test func guessedValuesKeepTheirText() {
    for text in ["5", "-2000", "true", "007", "1.0", "5s", "", "truely"] {
      #expect(TOMLValue(guessing: text).plain == text)
    }
    #expect(TOMLValue(guessing: "007").text == "\"007\"")
    #expect(TOMLValue(guessing: "-7").text == "-7")
  }
}
