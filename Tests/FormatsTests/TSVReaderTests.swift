import AdapterCore
import Formats
import Testing

@Suite struct TSVReaderTests {
  @Test(arguments: [1, 2, 5, Int.max])
  func resolvesTheEscapesOfCopy(_ pieceSize: Int) throws {
    let text = "a\tb\tc\n\\N\t\t\\\\N\nx\\ty\\nz\\r\t\\b\\f\\v\t\\101\\x42\\q\nü\\\nv\t1\t2\r\n"
    let read = try readAll(.tsv, text, pieceSize: pieceSize)
    #expect(
      read.rows == [
        [.null, .text(""), .text("\\N")],
        [.text("x\ty\nz\r"), .text("\u{8}\u{C}\u{B}"), .text("ABq")],
        [.text("ü\nv"), .text("1"), .text("2")],
      ])
  }

  @Test func endsAtTheEndMarker() throws {
    #expect(try readAll(.tsv, "a\n1\n\\.\nnot read\n").rows == [[.text("1")]])
  }

  @Test(
    arguments: [
      ("a\tb\n1\\\n2\t3\n4\n", 4, nil, "expected 2 fields, found 1"),
      ("a\tb\n1\t\\xff\n", 2, 3, "the escapes of a field give invalid UTF-8"),
    ] as [(String, Int, Int?, String)])
  func tellsWhatIsWrongAndWhere(_ text: String, line: Int, column: Int?, message: String) {
    let error = adapterError { _ = try readAll(.tsv, text) }
    #expect(error?.kind == .data)
    #expect(error?.message == message)
    #expect(error?.position == SourcePosition(line: line, column: column))
  }

  @Test func readsWithoutAHeader() throws {
    var options = ReaderOptions()
    options.header = false
    let read = try readAll(.tsv, "1\t2\n3\t\n", options: options)
    #expect(read.columns.map(\.name) == ["c1", "c2"])
    #expect(read.rows == [[.text("1"), .text("2")], [.text("3"), .text("")]])
  }
}
