import TestSupport
import Testing

@Suite struct SearchTests {
  private func makeDocs() throws -> Fixture {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      """
      create table docs (id integer primary key, title text, body text);
      insert into docs values (1, 'Birds', 'The swift is a swift bird'),
        (2, 'Languages', 'Swift is a language, and so on'), (3, 'Bread', 'Slow food');
      """)
    return fixture
  }

  @Test func indexesAndSearchesInOneGo() throws {
    let fixture = try makeDocs()
    #expect(
      try fixture.ok(
        "db", "search", "app.db", "docs", "swift", "--create-index", "-o", "csv", "--highlight",
        "<b>,</b>"
      ).split(separator: "\n").map { $0.split(separator: ",").first } == ["id", "1", "2"])
    let csv = try fixture.ok("db", "search", "app.db", "docs", "food", "-o", "json")
    #expect(csv.contains("\"snippet\":\"Slow [food]\""), "\(csv)")
  }

  @Test func followsWhatOtherProgramsWrite() throws {
    let fixture = try makeDocs()
    try fixture.ok("db", "search", "app.db", "docs", "--create-index")
    try fixture.ok("db", "exec", "app.db", "delete from docs where id = 1")
    try fixture.ok(
      "db", "load", "app.db", "docs", "-", "--mode", "upsert", "--key", "id",
      input: "id,title,body\n2,Languages,Rust\n7,New,a swift one\n")
    #expect(try ids(fixture, "swift") == ["7"])
    try fixture.ok(
      "db", "load", "app.db", "docs", "-", "--mode", "replace",
      input: "id,title,body\n2,Languages,Swift\n")
    #expect(try ids(fixture, "swift") == ["2"])
    try fixture.ok("db", "exec", "app.db", "--no-tx", "vacuum")
    #expect(try ids(fixture, "swift") == ["2"])
  }

  private func ids(_ fixture: Fixture, _ query: String, _ flags: String...) throws -> [String] {
    let result = try NB.run(
      ["db", "search", "app.db", "docs", query] + flags, in: fixture.directory)
    #expect(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
  }

  @Test func wordsAndNativeSyntaxDiffer() throws {
    let fixture = try makeDocs()
    try fixture.ok("db", "search", "app.db", "docs", "--create-index")
    #expect(try ids(fixture, "bird OR language") == [])
    #expect(try ids(fixture, "bird OR language", "--syntax", "native").sorted() == ["1", "2"])
    #expect(try ids(fixture, "swift -bird") == ["2"])
    #expect(try ids(fixture, "swift", "-c", "title") == [])
    #expect(try ids(fixture, "swift", "-n", "1") == ["1"])
  }

  @Test(arguments: [
    (["docs", "swift"], 66, "--create-index"), (["dcos", "swift"], 66, "did you mean 'docs'"),
    (["docs"], 2, "QUERY"), (["docs", "--create-index", "--drop-index"], 2, "exclude"),
    (["docs", "x", "--drop-index"], 2, "exclude"),
    (["docs", "--drop-index"], 66, "no search index"),
    (["docs", "--create-index", "-c", "titel"], 66, "title"),
    (["docs", "--create-index", "--tokenizer", "x"], 2, "porter"),
    (["docs", "x", "--tokenizer", "porter"], 2, "--create-index"),
    (["docs", " "], 1, "word"), (["docs", "x", "--highlight", "b"], 2, "comma"),
    (["docs", "x", "-n", "0"], 2, "--limit"),
  ])
  func saysWhatIsWrong(_ arguments: [String], _ status: Int, _ word: String) throws {
    let fixture = try makeDocs()
    let before = try fixture.ok("db", "schema", "app.db", "-o", "json")
    let result = try NB.run(["db", "search", "app.db"] + arguments, in: fixture.directory)
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(try fixture.ok("db", "schema", "app.db", "-o", "json") == before)
  }

  @Test func aMalformedNativeQueryFailsWithAHint() throws {
    let fixture = try makeDocs()
    try fixture.ok("db", "search", "app.db", "docs", "--create-index")
    let result = try fixture.nb(
      "db", "search", "app.db", "docs", "swift AND", "--syntax", "native")
    #expect(result.status == 1)
    #expect(result.errors.contains("hint: put words with punctuation in double quotes"))
    let conflict = try fixture.nb(
      "db", "search", "app.db", "docs", "--create-index", "-c", "title")
    #expect(conflict.status == 73)
    try fixture.ok("db", "search", "app.db", "docs", "--drop-index")
    #expect(try fixture.ok("db", "schema", "app.db") == "docs\ttable\t3\tid\t0\t0\t0\n")
  }
}
