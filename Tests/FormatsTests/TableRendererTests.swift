import AdapterCore
import Formats
import Platform
import Testing

@Suite struct TableRendererTests {
  @Test func alignsByKindAndDisplayWidth() throws {
    let rows: [[Value]] = [
      [.int(1), .text("Ada"), .double(1.5)], [.int(10), .text("日本"), .null],
      [.int(-100), .text("e\u{301}👩‍👩‍👧"), .double(22.25)],
    ]
    #expect(
      try render(.table, ["id", "name", "score"], rows)
        == """
           id │ name │ score
        ──────┼──────┼───────
            1 │ Ada  │   1.5
           10 │ 日本 │     ∅
         -100 │ é👩‍👩‍👧  │ 22.25

        """.replacing("é", with: "e\u{301}"))
  }

  @Test func escapesWhatWouldBreakTheLine() throws {
    #expect(
      try render(.table, ["a\nb"], [[.text("x\ty\r\n\u{1B}")], [.bytes([1])]])
        == " a\\nb\n──────────────\n x\\ty\\r\\n\\x1b\n \\x01\n")
  }

  @Test func asciiLinesForThoseWhoNeedThem() throws {
    var options = RenderOptions()
    options.lines = .ascii
    #expect(
      try render(.table, ["a", "b"], [[.text("x"), .null]], options: options)
        == " a | b\n---+--------\n x | <null>\n")
  }

  @Test func cutsTheWidestColumnsToFit() throws {
    var options = RenderOptions()
    options.maximumWidth = 30
    let row: [Value] = [.int(1_234_567_890), .text(String(repeating: "x", count: 50)), .text("yy")]
    let text = try render(.table, ["n", "long", "s"], [row], options: options)
    let lines = text.split(separator: "\n")
    #expect(lines[2] == " 1234567890 │ xxxxxxxxx… │ yy")
    #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= 30 })
  }

  @Test func streamsBehindTheFirstPage() throws {
    let output = OutputBuffer.inMemory()
    let sink = OutputFormat.table.makeRenderer(output)
    try sink.begin(columns: [Column(name: "a"), Column(name: "b")])
    for row in 1...1001 {
      #expect((output.byteCount > 0) == (row > 1000))
      sink.push(.text(row == 1001 ? "wider than the page" : "x"))
      sink.push(.int(Int64(row)))
      try sink.endRow()
    }
    try sink.finish()
    let lines = output.takeString().split(separator: "\n")
    #expect(lines[2] == " x │    1")
    #expect(lines.last == " wider than the page │ 1001")
  }

  @Test func emphasisIsOnlyAroundText() throws {
    var options = RenderOptions()
    options.isStyled = true
    let text = try render(.table, ["a"], [[.null]], options: options)
    #expect(text == " \u{1B}[1ma\u{1B}[0m\n\u{1B}[2m───\u{1B}[0m\n \u{1B}[2m∅\u{1B}[0m\n")
  }

  @Test func verticalPutsAColumnALine() throws {
    let row: [Value] = [.int(7), .text("one\ntwo"), .null]
    #expect(
      try render(.vertical, ["id", "text", "missing"], [row]) == """
        ─[ 1 ]──────────────────────────────────
        id      │ 7
        text    │ one
                │ two
        missing │ ∅

        """)
  }

  @Test func markdownEscapesMarkup() throws {
    #expect(
      try render(.markdown, ["a|b", "c"], [[.text("x|*y*\n_z_ user_name <b>"), .null]]) == """
        | a\\|b | c |
        | --- | --- |
        | x\\|\\*y\\*<br>\\_z\\_ user_name \\<b> | *NULL* |

        """)
  }
}
