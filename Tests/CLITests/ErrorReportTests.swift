import AdapterCore
import CLI
import Testing

@Suite struct ErrorReportTests {
  static let error = AdapterError(
    .data, "expected 3 fields, found 2", code: "RAGGED",
    position: SourcePosition(file: "users.csv", line: 7, column: 12), hint: "use --reject FILE",
    details: ["  1,\"a", "  ^"], isRetryable: false)

  @Test func textHasThePlaceTheDetailsAndTheHint() {
    #expect(
      ErrorReport.text(Self.error, useColor: false) == """
        nb: users.csv:7:12: expected 3 fields, found 2
          1,"a
          ^
        hint: use --reject FILE

        """)
  }

  @Test func colourOnlyAddsSequences() {
    let coloured = ErrorReport.text(Self.error, useColor: true)
    #expect(coloured.contains("\u{1B}[1;31mnb:\u{1B}[0m"))
    #expect(coloured.contains("\u{1B}[36mhint:\u{1B}[0m"))
  }

  @Test func controlCharactersOfDataCannotSteerTheTerminal() {
    let error = AdapterError(
      .notFound, "no table '\u{1B}[2Jx\n\u{7F}\u{9B}'", hint: "\u{7}bell\ttab", details: ["\r"])
    #expect(
      ErrorReport.text(error, useColor: false) == """
        nb: no table '\\x1b[2Jx\\n\\x7f\\x9b'
        \\r
        hint: \\x07bell\ttab

        """)
  }

  @Test func jsonIsOneLineWithEveryField() {
    #expect(
      ErrorReport.json(Self.error) == #"{"kind":"data","status":65,"#
        + #""message":"expected 3 fields, found 2","code":"RAGGED","#
        + #""position":{"file":"users.csv","line":7,"column":12},"hint":"use --reject FILE","#
        + #""details":["  1,\"a","  ^"],"retryable":false}"# + "\n")
  }

  @Test func jsonSaysNullForWhatThereIsNot() {
    #expect(
      ErrorReport.json(AdapterError(.timeout, "a\u{1}\\\n", isRetryable: true))
        == #"{"kind":"timeout","status":124,"message":"a\u0001\\\n","code":null,"position":null,"#
        + #""hint":null,"details":[],"retryable":true}"# + "\n")
  }
}
